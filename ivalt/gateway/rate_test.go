package gateway

import (
	"net/http"
	"testing"
	"time"

	"ivalt-radius/ivalt/ivalttest/gatewaytest"
)

func rateHeader(limit, remaining, reset string) http.Header {
	return http.Header{"X-Ratelimit-Limit": {limit}, "X-Ratelimit-Remaining": {remaining}, "X-Ratelimit-Reset": {reset}}
}

func TestRate(t *testing.T) {
	now := theTime()
	for _, tc := range []struct {
		name                    string
		limit, remaining, reset string
		want                    Rate
	}{
		{"nothing", "", "", "", Rate{}},
		{"as documented", "100", "95", "30", Rate{100, 95, 30 * time.Second}},
		{"since 1970", "100", "0", "1794331725", Rate{100, 0, 5 * time.Second}},
		{"a date", "100", "1", now.Add(9 * time.Second).Format(http.TimeFormat), Rate{100, 1, 9 * time.Second}},
		{"a date gone by", "100", "1", now.Add(-time.Hour).Format(http.TimeFormat), Rate{100, 1, 0}},
		{"no reset", "100", "1", "", Rate{100, 1, 0}},
		{"a year", "100", "1", "31536000", Rate{100, 1, time.Hour}},
		{"with a window", " 100, 100;w=60", "7;x", "30", Rate{100, 7, 30 * time.Second}},
		{"more left than there is", "100", "2147483000", "1", Rate{}},
		{"a little more left", "100", "101", "1", Rate{100, 100, time.Second}},
		{"what is left is not said", "100", "", "30", Rate{}},
		{"no limit", "0", "0", "30", Rate{}},
		{"negative", "-1", "-1", "-1", Rate{}},
		{"negative rest", "100", "-1", "-1", Rate{}},
		{"huge", "99999999999999999999", "1", "1", Rate{}},
		{"words", "many", "few", "soon", Rate{}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := rateOf(rateHeader(tc.limit, tc.remaining, tc.reset), now); got != tc.want {
				t.Errorf("%+v, want %+v", got, tc.want)
			}
		})
	}
}

func FuzzRate(f *testing.F) {
	f.Add("100", "95", "30")
	f.Add("100, 100;w=60", "-1", "1794331725")
	f.Add("99999999999999999999", "0", "Tue, 10 Nov 2026 17:29:40 GMT")
	f.Fuzz(func(t *testing.T, limit, remaining, reset string) {
		r := rateOf(rateHeader(limit, remaining, reset), theTime())
		if r.Limit < 0 || r.Limit > mostCalls || r.Remaining < 0 || r.Remaining > r.Limit || r.Reset < 0 || r.Reset > longestReset {
			t.Errorf("%+v", r)
		}
	})
}

// TestRateAndClockOfAnswers: they are read of any answer that there is.
func TestRateAndClockOfAnswers(t *testing.T) {
	for _, tc := range []struct {
		name, body, date string
		status           int
		want             time.Time
	}{
		{"its own time", gatewaytest.Approved(testMobile), "Tue, 10 Nov 2026 17:00:00 GMT", 200, time.Date(2026, 11, 10, 17, 28, 37, 471373000, time.UTC)},
		{"the date of its header", gatewaytest.Pending, "Tue, 10 Nov 2026 17:00:00 GMT", 404, time.Date(2026, 11, 10, 17, 0, 0, 0, time.UTC)},
		{"a time that is none", `{"debug":{"timestamp":"now"}}`, "never", 404, time.Time{}},
		{"a page", "<html>", "Tue, 10 Nov 2026 17:00:00 GMT", 503, time.Date(2026, 11, 10, 17, 0, 0, 0, time.UTC)},
		{"nothing yet", "", "Tue, 10 Nov 2026 17:00:00 GMT", 204, time.Date(2026, 11, 10, 17, 0, 0, 0, time.UTC)},
		{"a throttle", gatewaytest.Throttle, "Tue, 10 Nov 2026 17:00:00 GMT", 429, time.Date(2026, 11, 10, 17, 0, 0, 0, time.UTC)},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := plain(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Date", tc.date)
				w.Header().Set("X-RateLimit-Limit", "100")
				w.Header().Set("X-RateLimit-Remaining", "7")
				w.Header().Set("X-RateLimit-Reset", "30")
				answer(w, tc.status, tc.body)
			})
			got := c.Poll(t.Context(), theQuestion(t))
			if !got.Clock.Equal(tc.want) || got.Rate != (Rate{100, 7, 30 * time.Second}) {
				t.Errorf("%s, %+v; want %s", got.Clock, got.Rate, tc.want)
			}
		})
	}
}
