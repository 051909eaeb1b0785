package sessioning

import (
	"context"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ivalt-radius/audit"
	"ivalt-radius/radius/client"
	"ivalt-radius/radius/dynauth"
	"ivalt-radius/radius/dynauth/sessions"
)

// watched has the overruns of one look, and remembers what is done about them.
type watched struct {
	mu    sync.Mutex
	found []sessions.Overrun
	ends  bool // session_end: disconnect
	none  bool // the client is gone
	said  []audit.Security
	ended []string
}

func (w *watched) Overruns(limit int) []sessions.Overrun {
	found := w.found[:min(limit, len(w.found))]
	w.found = w.found[len(found):]
	return found
}

func (w *watched) ClientNamed(string) *client.Client {
	if w.none {
		return nil
	}
	return &client.Client{EndsOverruns: w.ends}
}

func (w *watched) End(_ context.Context, s sessions.Session) dynauth.Outcome {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ended = append(w.ended, s.User)
	return dynauth.Outcome{}
}

func (w *watched) note(e audit.Event) {
	if s, ok := e.(audit.Security); ok {
		w.said = append(w.said, s)
	}
}

func overrun(user string, proof sessions.Proof) sessions.Overrun {
	s := sessions.Session{Client: "vpn", User: user, Station: netip.MustParseAddr("203.0.113.9"), Started: heard(), Until: heard().Add(time.Hour), Grant: sessions.Grant{Attempt: "a1"}}
	return sessions.Overrun{Session: s, Proof: proof}
}

// TestWatcher: each overrun is said, and ended where the client's setting says so and it is not over yet.
func TestWatcher(t *testing.T) {
	t.Parallel()
	all := []sessions.Overrun{overrun("alice", sessions.Updated), overrun("bob", sessions.NoStop), overrun("carol", sessions.Late)}
	for name, c := range map[string]struct {
		ends, none bool
		ended      int
	}{"watch": {false, false, 0}, "disconnect": {true, false, 2}, "a client that is gone": {true, true, 0}} {
		synctest.Test(t, func(t *testing.T) {
			w := &watched{found: all, ends: c.ends, none: c.none}
			tick, stop, done := make(chan time.Time), make(chan struct{}), make(chan struct{})
			go func() {
				defer close(done)
				Watcher{Table: w, Clients: w, Ender: w, Note: w.note}.Run(tick, stop)
			}()
			tick <- heard()
			synctest.Wait()
			close(stop)
			<-done
			if len(w.said) != 3 || len(w.ended) != c.ended {
				t.Fatalf("%s: said %+v, ended %v", name, w.said, w.ended)
			}
			for i, part := range []string{"goes on: an update", "may go on: its end is over, and no stop", "has stopped, behind its end"} {
				e := w.said[i]
				if e.Event != "session_overrun" || e.User != all[i].User || e.Attempt != "a1" || e.Client != "vpn" || e.CallingStation != "203.0.113.9" ||
					!strings.Contains(e.Detail, part) || !strings.Contains(e.Detail, "since 2026-11-26T09:00:00Z, to end by 2026-11-26T10:00:00Z") {
					t.Errorf("%s: %+v", name, e)
				}
			}
		})
	}
}

type book map[string]string

func (b book) Forget(user, pseudonym string) (int, error) {
	b[user] = pseudonym
	return len(b), nil
}

// TestForgetting: who is forgotten is in no session, and no copy is written when the server stops.
func TestForgetting(t *testing.T) {
	table, incidents := sessions.New(time.Now), book{}
	for _, user := range []string{"eve", "bob"} {
		table.Admitted(sessions.Session{Client: "vpn", User: user, Attributes: []byte{1, 5, user[0], user[1], user[2]}, Heard: time.Now()})
	}
	n, err := Forgetting{Sessions: table, Incidents: incidents}.Forget("eve", "forgotten-1")
	if n != 1 || err != nil || incidents["eve"] != "forgotten-1" {
		t.Errorf("%d, %v: %v", n, err, incidents)
	}
	if all := table.Look(sessions.Filter{}, 10).Found; len(all) != 1 || all[0].User != "bob" {
		t.Errorf("%+v", all)
	}
}
