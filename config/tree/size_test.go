package tree

import (
	"math"
	"testing"
)

func TestSizes(t *testing.T) {
	key := Key{Kind: Size, Min: 1024, Max: 1 << 40}
	for text, want := range map[string]int64{
		"1KiB": 1024, "1024B": 1024, "64MiB": 64 << 20, "1GiB": 1 << 30, "1024GiB": 1 << 40,
		"": -1, "64": -1, "64MB": -1, "64 MiB": -1, "-1KiB": -1, "01KiB": -1, "1.5GiB": -1, "KiB": -1, "1kib": -1, "1B": -1, "1025GiB": -1,
		"9223372036854775807GiB": -1, "8589934592GiB": -1, // which would turn over
	} {
		got, err := key.value(text)
		if n, _ := got.(int64); (err == nil) != (want >= 0) || err == nil && n != want {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	for n, want := range map[int64]string{0: "0B", 1: "1B", 1024: "1KiB", 1536: "1536B", 64 << 20: "64MiB", 1 << 40: "1024GiB", math.MaxInt64: "9223372036854775807B"} {
		if got := Octets(n); got != want {
			t.Errorf("%d: %s", n, got)
		}
	}
}
