package probe

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ivalt-radius/ivalt/gateway"
	"ivalt-radius/ivalt/ivalttest"
	"ivalt-radius/ivalt/ivalttest/habit"
	"ivalt-radius/secret"
)

// TestPauses: a 429 is waited for as long as it asks, once, and not for hours.
func TestPauses(t *testing.T) {
	for name, c := range map[string]struct {
		after string
		least time.Duration
		most  time.Duration
		calls int // to the endpoint that throttles
		ended error
	}{
		"seconds":      {"7", 7 * time.Second, 8 * time.Second, 2, errNoYes},
		"nothing":      {"", ownPause, ownPause + time.Second, 2, errNoYes},
		"ten minutes":  {"600", 0, 0, 1, errLimit},
		"five minutes": {"300", 5 * time.Minute, 301 * time.Second, 2, errNoYes},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var came []time.Time
				r, _ := walkTwisted(t, habit.Gateway, func(*gateway.Options) {}, func(w http.ResponseWriter, r *http.Request) bool {
					if r.URL.Path != habit.PathPush {
						return false
					}
					if came = append(came, time.Now()); len(came) > 1 {
						return false
					}
					w.Header().Set("Retry-After", c.after)
					return refuse(w, http.StatusTooManyRequests, "Too Many Requests")
				})
				if r.Ended == nil || r.Ended.Error() != c.ended.Error() || len(came) != c.calls {
					t.Fatalf("ended with %v after %d calls", r.Ended, len(came))
				}
				if gap := came[len(came)-1].Sub(came[0]); gap < c.least || gap > c.most {
					t.Errorf("the second call came %s after the first", gap)
				}
			})
		})
	}
}

// TestNoCallTooMany: the number that was announced is a bound, not a forecast.
func TestNoCallTooMany(t *testing.T) {
	for _, o := range []Options{{}, {WaitExpiry: true}} {
		w := &walk{Options: o, calls: make([]call, o.Calls())}
		if _, err := w.once(t.Context(), asks{}); !errors.Is(err, errCalls) || len(w.calls) != o.Calls() {
			t.Errorf("call %d: %v", o.Calls()+1, err)
		}
	}
}

// TestEndpointsApart: a result that is gone where it was read and still there at the other endpoint is neither sticky nor consumed.
func TestEndpointsApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ada := ivalttest.Person{Email: testEmail, Mobile: testMobile, Name: testName, Behaviour: ivalttest.Approve, After: 12 * time.Second}
		first, second := ivalttest.New(ivalttest.Options{APIKey: secret.New(testKey)}), ivalttest.New(ivalttest.Options{APIKey: secret.New(testKey)})
		first.Set(ada)
		second.Set(ada)
		o := serve(t, twisted{first, func(w http.ResponseWriter, r *http.Request) bool {
			switch r.URL.Path {
			case habit.PathResult:
				second.ServeHTTP(w, r)
				return true
			case habit.PathPush:
				body, err := io.ReadAll(r.Body)
				if err != nil {
					return refuse(w, http.StatusBadRequest, "Bad")
				}
				copied := r.Clone(r.Context())
				copied.Body, r.Body = io.NopCloser(bytes.NewReader(body)), io.NopCloser(strings.NewReader(string(body)))
				second.ServeHTTP(&kept{header: http.Header{}}, copied)
			}
			return false
		}})
		p := &person{cloud: first, limp: true}
		o.Person = p
		r := Run(t.Context(), o)
		if got := answersOf(r)["result"]; r.Settings.Result != Unknown || r.Settings.Complete() || !strings.Contains(got, "still there at the other one") {
			t.Errorf("%+v, %s", r.Settings, got)
		}
		noCanary(t, outputs(t, r, p))
	})
}
