package gateway

import (
	"net/http"
	"os"
	"testing"
	"time"
)

func TestPause(t *testing.T) {
	now := theTime()
	header := func(name, value string) http.Header {
		h := http.Header{}
		h.Set(name, value)
		return h
	}
	for _, tc := range []struct {
		name   string
		header http.Header
		body   string
		want   time.Duration
	}{
		{"nothing", nil, `{}`, 0},
		{"seconds", header("Retry-After", "7"), `{"retry_after":60}`, 7 * time.Second},
		{"a date", header("Retry-After", now.Add(9*time.Second).Format(http.TimeFormat)), `{}`, 9 * time.Second},
		{"a date gone by", header("Retry-After", now.Add(-9*time.Second).Format(http.TimeFormat)), `{}`, 0},
		{"body", nil, `{"retry_after":60}`, time.Minute},
		{"body, in the error", nil, `{"error":{"code":"RATE_LIMIT_EXCEEDED","retry_after":"60"}}`, time.Minute},
		{"reset in seconds", header("X-RateLimit-Reset", "30"), `{}`, 30 * time.Second},
		{"reset since 1970", header("X-RateLimit-Reset", "1794331725"), `{}`, 5 * time.Second},
		{"a day", header("Retry-After", "86400"), `{}`, askedPause},
		{"nonsense", header("Retry-After", "soon"), `{"retry_after":[1]}`, 0},
		{"negative", header("Retry-After", "-5"), `{"retry_after":-5}`, 0},
		{"no body", nil, `x`, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			doc, _ := parse([]byte(tc.body))
			if got := pause(tc.header, doc, now); got != tc.want {
				t.Errorf("%s, want %s", got, tc.want)
			}
		})
	}
}

func FuzzPause(f *testing.F) {
	f.Add("7", "", `{"retry_after":60}`)
	f.Add("Tue, 10 Nov 2026 17:29:40 GMT", "1794331780", `{"error":{"retry_after":"60"}}`)
	f.Add("-1", "99999999999999999999", `{}`)
	f.Fuzz(func(t *testing.T, after, reset, body string) {
		doc, _ := parse([]byte(body))
		header := http.Header{"Retry-After": {after}, "X-Ratelimit-Reset": {reset}}
		if d := pause(header, doc, theTime()); d < 0 || d > askedPause {
			t.Errorf("pause %s", d)
		}
	})
}

func TestCorpusIsKept(t *testing.T) {
	for _, target := range []string{"FuzzResult", "FuzzPause", "FuzzParse", "FuzzRate"} {
		if seeds, err := os.ReadDir("testdata/fuzz/" + target); err != nil || len(seeds) == 0 {
			t.Errorf("%s has no committed seeds: %v", target, err)
		}
	}
}
