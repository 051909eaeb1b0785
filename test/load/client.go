package load

import (
	"context"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/sirupsen/logrus"

	"ivalt-radius/audit"
	"ivalt-radius/auth"
	"ivalt-radius/ivalt"
	"ivalt-radius/ivalt/gateway"
	"ivalt-radius/ivalt/pace"
	"ivalt-radius/secret"
	"ivalt-radius/state"
)

// patience is how long a NAS waits: the answer leaves a second before, and the final poll two seconds before that.
const patience = 60 * time.Second

// lateCredit is the default of ivalt.late_credit: phones are polled on behind the answer, as in a server with a first factor.
const lateCredit = 30 * time.Second

// client is one way of asking iVALT.
type client struct {
	name string
	// open makes the way over a link; ask then blocks for one login and reports whether it was approved.
	open func(l *link) (ask func(ctx context.Context, p *person) bool, done func(), err error)
}

// ours is the product's own scheduler.
func ours(name, sentinel string, rule pace.Rule) client {
	return client{name: name, open: func(l *link) (func(context.Context, *person) bool, func(), error) {
		log := logrus.New()
		log.SetOutput(io.Discard)
		s, faults := ivalt.New(ivalt.Settings{
			API:             gateway.Settings{URL: "https://api.ivalt.com", APIKey: secret.New("0123456789abcdefghijABCDEFGHIJ_-KEY")},
			ApprovalTimeout: time.Minute, Sentinel: sentinel, Limits: state.Limits{PerSecond: 20, PerMinute: 100, PerHour: 1000},
		}, ivalt.Deps{Recorder: nobody{}, Log: log, Transport: l, Rule: rule})
		return func(ctx context.Context, p *person) bool { return login(ctx, s, p) }, s.Close, faults.Err()
	}}
}

func login(ctx context.Context, s *ivalt.Service, p *person) bool {
	a := s.Begin(&auth.Push{Attempt: p.number, Client: "gate", Person: auth.Person{Mobile: p.mobile}, Deadline: time.Now().Add(patience - time.Second), LateCredit: lateCredit})
	select {
	case answer := <-a.Answer():
		return answer.Outcome == auth.Approved
	case <-ctx.Done():
		a.Withdraw()
		return false
	}
}

// nobody keeps no evidence.
type nobody struct{}

// Commit implements auth.Recorder.
func (nobody) Commit(context.Context, audit.Event) error { return nil }

// Note implements auth.Recorder.
func (nobody) Note(audit.Event) {}

// fixed is a client without a budget, as most are: it polls at once and then at an interval, and a push that is refused is a login
// that failed.
func fixed(name string, interval time.Duration) client {
	return client{name: name, open: func(l *link) (func(context.Context, *person) bool, func(), error) {
		return func(ctx context.Context, p *person) bool {
			deadline := time.Now().Add(patience - 3*time.Second)
			if l.post(ctx, pushPath, p) != http.StatusOK {
				return false
			}
			for !time.Now().After(deadline) {
				left := time.Now()
				if l.post(ctx, "/biometric-geo-fence-auth-results", p) == http.StatusOK {
					return true
				}
				<-time.After(max(0, interval-time.Since(left)))
			}
			return false
		}, func() {}, nil
	}}
}

// post is one call of a client without manners; 0 where nothing came back.
func (l *link) post(ctx context.Context, path string, p *person) int {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://api.ivalt.com"+path, strings.NewReader(`{"mobile":"`+p.number+`"}`))
	if err != nil {
		return 0
	}
	req.Header.Set("X-Api-Key", "key")
	req.Header.Set("Content-Type", "application/json")
	res, err := l.RoundTrip(req)
	if err != nil {
		return 0
	}
	_ = res.Body.Close()
	return res.StatusCode
}

// twoModes is the rule that others suggest: 4.5 s and then gaps of 1.5 s that grow by a fifth to 8 s, or, once half of the hour
// is used, 6 s and gaps of 2.5 s to 12 s; a first poll after 8 s from four fifths on.
func twoModes(w pace.Wait, u state.Use) time.Duration {
	first, gap, longest := 4500*time.Millisecond, 1500*time.Millisecond, 8*time.Second
	if u.Hour > 0.5 {
		first, gap, longest = 6*time.Second, 2500*time.Millisecond, 12*time.Second
	}
	if u.Hour > 0.8 {
		first = 8 * time.Second
	}
	at := first
	if w.Polls > 0 {
		for range w.Polls - 1 {
			gap = min(gap*6/5, longest)
		}
		at = w.Since + gap
	}
	return min(max(at, w.Floor), w.Latest)
}
