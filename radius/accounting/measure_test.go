package accounting

import (
	"strings"
	"testing"
	"time"
)

// TestMeasured: when it happened, how long, how much, and where within.
func TestMeasured(t *testing.T) {
	came := time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC)
	stamp := func(at time.Time) attr { return attr{eventTimestamp, number(uint32(at.Unix()))} } //nolint:gosec // until 2106
	prefix := "\x00\x40\x20\x01\x0d\xb8\x00\x00\x00\x01"
	for _, c := range []struct {
		name  string
		attrs []attr
		want  Measure
	}{
		{"nothing", nil, Measure{At: came}},
		{"a delay", []attr{{acctDelayTime, number(90)}}, Measure{At: came.Add(-90 * time.Second)}},
		{"a delay beside a clock that is off", []attr{{acctDelayTime, number(2)}, stamp(came.Add(-time.Hour))}, Measure{At: came.Add(-2 * time.Second)}},
		{"no delay is one too", []attr{{acctDelayTime, number(0)}, stamp(came.Add(-time.Hour))}, Measure{At: came}},
		{"a delay that cannot be", []attr{{acctDelayTime, number(1<<32 - 1)}}, Measure{At: came}},
		{"a clock", []attr{stamp(came.Add(-time.Minute))}, Measure{At: came.Add(-time.Minute)}},
		{"a clock ahead", []attr{stamp(came.Add(time.Minute))}, Measure{At: came}},
		{"a clock of another year", []attr{stamp(came.AddDate(-1, 0, 0))}, Measure{At: came}},
		{"how long", []attr{{acctSessionTime, number(60)}}, Measure{At: came, Time: time.Minute}},
		{"too long", []attr{{acctSessionTime, number(1<<32 - 1)}}, Measure{At: came}},
		{"octets", []attr{{acctInputOctets, number(5)}, {acctOutputOctets, number(7)}, {acctOutputGigaword, number(2)}}, Measure{At: came, In: 5, Out: 2<<32 | 7, Counted: true, Wide: true}},
		{"half of the octets", []attr{{acctInputOctets, number(5)}}, Measure{At: came, In: 5}},
		{"a cause", []attr{{acctTerminateCause, number(5)}}, Measure{At: came, Cause: 5}},
		{"IPv6", []attr{{framedIPv6Address, "\x20\x01\x0d\xb8" + strings.Repeat("\x00", 11) + "\x07"}, {framedIPv6Prefix, prefix}}, Measure{At: came, Framed6: "2001:db8::7"}},
		{"a prefix", []attr{{framedIPv6Prefix, prefix}}, Measure{At: came, Framed6: "2001:db8:0:1::/64"}},
		{"a delegated prefix", []attr{{delegatedIPv6Prefix, "\x00\x38\x20\x01\x0d\xb8\xff\xff\xff\xff"}}, Measure{At: came, Framed6: "2001:db8:ffff:ff00::/56"}},
		{"a prefix that is none", []attr{{framedIPv6Prefix, "\x00\x81" + strings.Repeat("a", 16)}}, Measure{At: came}},
		{"a prefix too short", []attr{{framedIPv6Prefix, "\x00"}}, Measure{At: came}},
	} {
		if got := Measured(seq(c.attrs...), came); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}

func TestCause(t *testing.T) {
	for n, want := range map[uint32]string{0: "", 1: "User-Request", 5: "Session-Timeout", 22: "Port-Disabled", 23: "23", 1<<32 - 1: "4294967295"} {
		if word, meaning := Cause(n); word != want || (meaning == "") != (n == 0) {
			t.Errorf("%d: %q, %q", n, word, meaning)
		}
	}
}

// FuzzMeasured: whatever is told, it happened within the day before it came, and lasted as long as can be.
func FuzzMeasured(f *testing.F) {
	f.Add([]byte{acctDelayTime, 6, 0, 0, 0, 9, acctSessionTime, 6, 0xff, 0, 0, 1})
	f.Add([]byte{eventTimestamp, 6, 0x69, 0, 0, 0, framedIPv6Prefix, 5, 0, 8, 0x20})
	came := time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, b []byte) {
		m := Measured(walk(b), came)
		if m.At.After(came) || came.Sub(m.At) > longestDelay || m.Time < 0 || m.Time > longestSession || !printable(m.Framed6) {
			t.Fatalf("%+v", m)
		}
	})
}
