package gateway

import (
	"net/http"
	"testing"
	"time"
)

// TestTimesAreHeldAgainstTheirOwnClock: an approval's time is iVALT's, so where the answer does not tell iVALT's "now", ours is set
// right by the skew that was measured.
func TestTimesAreHeldAgainstTheirOwnClock(t *testing.T) {
	now := time.Date(2026, 11, 10, 17, 28, 37, 0, time.UTC)
	sent := now.Add(-10 * time.Second)
	for _, tc := range []struct {
		name     string
		approved time.Time
		skew     time.Duration
		want     Class
	}{
		{"equal clocks", now.Add(-3 * time.Second), 0, Approved},
		{"equal clocks, before the push", now.Add(-20 * time.Second), 0, Drift},
		{"theirs is an hour behind", now.Add(-time.Hour - 3*time.Second), -time.Hour, Approved},
		{"theirs is an hour behind, before the push", now.Add(-time.Hour - 20*time.Second), -time.Hour, Drift},
		{"theirs is an hour ahead, before the push", now.Add(time.Hour - 20*time.Second), time.Hour, Drift},
		{"theirs is an hour ahead, and nobody has measured it", now.Add(time.Hour - 20*time.Second), 0, Approved}, // all that can be known
	} {
		t.Run(tc.name, func(t *testing.T) {
			body := `{"data":{"status":true,"message":"done","details":{"mobile":"` + testMobile + `","approved_at":"` + tc.approved.Format(time.RFC3339) + `"}},"error":null}`
			r := response{status: http.StatusOK, header: http.Header{"Content-Type": {"application/json"}}, body: []byte(body)}
			if got := classifyResult(r, Question{Mobile: ourMobile(t), Sent: sent, Skew: tc.skew}, now).Class; got != tc.want {
				t.Errorf("%s, want %s", got, tc.want)
			}
		})
	}
}
