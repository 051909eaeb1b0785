package sessioning

import (
	"context"
	"fmt"
	"sync"
	"time"

	"ivalt-radius/audit"
	"ivalt-radius/cmd/ivalt-radius/output"
	"ivalt-radius/radius/client"
	"ivalt-radius/radius/dynauth"
	"ivalt-radius/radius/dynauth/sessions"
)

// WatchEvery is how often a Watcher looks.
const WatchEvery = 10 * time.Second

// What one look does at most; the others wait for the next.
const (
	mostOverruns = 100
	endWithin    = 8 * time.Second
)

// Watched is a table of sessions; *sessions.Table is one.
type Watched interface {
	Overruns(limit int) []sessions.Overrun
}

// Names say which client has a name, by the settings in force; nil: none. *radius.Server is one.
type Names interface {
	ClientNamed(name string) *client.Client
}

// Ender has a NAS end a session; *dynauth.Disconnector is one.
type Ender interface {
	End(ctx context.Context, s sessions.Session) dynauth.Outcome
}

// Watcher says which sessions go on behind the end that their login was given, and has those ended whose client's session_end says so.
type Watcher struct {
	Table   Watched
	Clients Names
	Ender   Ender
	Note    func(audit.Event)
}

// Run looks at each tick, until stop is closed.
func (w Watcher) Run(tick <-chan time.Time, stop <-chan struct{}) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		select {
		case <-stop:
			cancel()
		case <-ctx.Done():
		}
	}()
	for {
		select {
		case <-stop:
			return
		case <-tick:
			w.look(ctx)
		}
	}
}

func (w Watcher) look(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, endWithin)
	defer cancel()
	var ending sync.WaitGroup
	for _, o := range w.Table.Overruns(mostOverruns) {
		w.Note(event(&o))
		if c := w.Clients.ClientNamed(o.Client); c != nil && c.EndsOverruns && o.Proof != sessions.Late {
			ending.Go(func() { w.Ender.End(ctx, o.Session) })
		}
	}
	ending.Wait()
}

// event is what the trail and the log say of an overrun.
func event(o *sessions.Overrun) audit.Security {
	how := map[sessions.Proof]string{
		sessions.Updated: "goes on: an update tells of it from behind its end",
		sessions.NoStop:  "may go on: its end is over, and no stop was told",
		sessions.Late:    "has stopped, behind its end",
	}[o.Proof]
	e := audit.Security{
		Event: "session_overrun", Attempt: o.Grant.Attempt, Client: o.Client, User: o.User,
		Detail: fmt.Sprintf("on %s since %s, to end by %s: it %s", output.Text(o.NAS()), output.Moment(o.Started), output.Moment(o.Until), how),
	}
	if o.Station.IsValid() {
		e.CallingStation = o.Station.String()
	}
	return e
}
