package guarding

import (
	"context"
	"io"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sirupsen/logrus"

	"ivalt-radius/audit"
	"ivalt-radius/auth"
	"ivalt-radius/config"
	"ivalt-radius/guard"
	"ivalt-radius/guard/incident"
	"ivalt-radius/state"
)

// quiet is a recorder that keeps nothing.
type quiet struct{}

func (quiet) Commit(context.Context, audit.Event) error { return nil }

func (quiet) Note(audit.Event) {}

// TestCloseWhileAlertsArrive: whenever it is closed, each step of an incident is on disk, or the incident is answered at the next start.
func TestCloseWhileAlertsArrive(t *testing.T) {
	log := logrus.New()
	log.SetOutput(io.Discard)
	for range 5 {
		s := &config.Settings{}
		s.State.Directory = t.TempDir()
		s.Audit.File = s.State.Directory + "/audit.jsonl"
		s.Guard.Respond.Critical = []string{"disconnect"}
		store, err := state.OpenStore(s.State.Directory)
		if err != nil {
			t.Fatal(err)
		}
		g := New(s, func(audit.Event) {}, log)
		if err := g.Open(s, Server{Recorder: quiet{}, Log: log, Store: store, Segments: &sync.Mutex{}, Forget: func(auth.Username) {}, Disconnector: Ended(
			func(ctx context.Context, _ string, _ netip.Addr) (int, int, error) { <-ctx.Done(); return 0, 0, nil })}); err != nil {
			t.Fatal(err)
		}
		g.Start(t.Context(), s)
		var raising sync.WaitGroup
		some := make(chan struct{})
		raising.Go(func() {
			for i := range 40 {
				a := guard.Alert{Rule: guard.BombedApproval, Severity: guard.Critical, Subject: guard.Subject{User: strings.Repeat("x", i+1)}, Count: 1, First: time.Now(), Last: time.Now()}
				a.Evidence = []guard.Line{{Time: time.Now(), Record: []byte(`{"type":"authentication_attempt","factors":["password","push"]}`)}}
				g.book.Take(a)
				if i == 20 {
					close(some)
				}
			}
		})
		<-some
		if err := g.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		raising.Wait()
		again, err := incident.Open(s.State.Directory, incident.Settings{}, incident.Deps{Recorder: quiet{}, Log: log})
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range again.List() {
			if i.Answered && len(i.Actions) == 0 {
				t.Errorf("%s is answered, and nothing says what became of its sessions", i.ID)
			}
		}
		if err := store.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
