package conclusion

import (
	"errors"
	"testing"
	"time"

	"ivalt-radius/auth/outcome"
	"ivalt-radius/auth/reason"
	"ivalt-radius/policy"
)

// TestDetail: an error outweighs what the phone said, and a note stands before either.
func TestDetail(t *testing.T) {
	at := time.Date(2026, 3, 1, 9, 0, 0, 0, time.FixedZone("", 3600))
	said := Proof{Answer: outcome.Answer{Detail: "HTTP 503"}, SameLogin: at, SameStation: at.Add(time.Hour)}
	open := policy.Decision{Fail: policy.Fail{Mode: policy.FailOpen, Until: at, Why: "ticket 7"}}
	for _, c := range []struct {
		name string
		d    policy.Decision
		p    Proof
		v    Verdict
		note string
		err  error
		want string
	}{
		{name: "nothing to say"},
		{name: "what the phone said", p: said, want: "HTTP 503"},
		{name: "an error", p: said, err: errors.New("disk full"), want: "disk full"},
		{name: "remembered", p: said, v: Verdict{Reason: reason.Remembered}, want: "approved at 2026-03-01T08:00:00Z"},
		{name: "a note alone", note: "another node", want: "another node"},
		{name: "a note", p: said, note: "another node", want: "another node; HTTP 503"},
		{
			name: "fail open", d: open, p: said, v: Verdict{FailMode: true},
			want: "iVALT cannot be asked (HTTP 503); fail mode insecure_allow until 2026-03-01T08:00:00Z: ticket 7",
		},
		{
			name: "fail remembered", p: said, v: Verdict{FailMode: true},
			want: "iVALT cannot be asked (HTTP 503); fail mode allow_remembered: approved at 2026-03-01T09:00:00Z from this calling station",
		},
	} {
		if got := Detail(c.d, c.p, c.v, c.note, c.err); got != c.want {
			t.Errorf("%s: %q, not %q", c.name, got, c.want)
		}
	}
}
