package inforce

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"ivalt-radius/admin/view"
	"ivalt-radius/audit"
	"ivalt-radius/cmd/ivalt-radius/control"
	"ivalt-radius/config"
	"ivalt-radius/fault"
	"ivalt-radius/guard"
)

// Outcome is what a reload came to.
type Outcome struct {
	Before, After *config.Settings // After is nil where the file could not be understood
	Faults        fault.List       // and warnings
	Taken         bool             // After is in force
}

// Running is the running server, as far as its settings go. All of it is required, and safe for concurrent use.
type Running struct {
	File     string
	Settings func() *config.Settings                  // in force
	Look     func() Outcome                           // what a reload would come to now; it changes nothing
	Reload   func(ctx context.Context) Outcome        // as SIGHUP does
	Commit   func(context.Context, audit.Event) error // to the trail, on disk
	Draining func() bool
	Now      func() time.Time
}

// lookFor is how long a look at the file counts, however many want one.
const lookFor = 2 * time.Second

// desk answers the commands.
type desk struct {
	Running

	first   *config.Settings // at the start
	started time.Time

	mu     sync.Mutex
	since  time.Time // when those in force were taken
	latest *config.Settings
	looked time.Time
	seen   Outcome
}

// Handle serves the running server's side. It is called at the start, with the settings of the start in force.
func Handle(mux *http.ServeMux, r Running) {
	first := r.Settings()
	d := &desk{Running: r, first: first, latest: first, started: r.Now(), since: r.Now()}
	mux.HandleFunc("POST "+view.PathSettings, func(w http.ResponseWriter, _ *http.Request) { control.Answer(w, d.settings(), nil) })
	mux.HandleFunc("POST "+view.PathReload, func(w http.ResponseWriter, r *http.Request) {
		var reason view.Reason
		err := control.Decode(w, r, &reason)
		var answer view.Reloaded
		if err == nil {
			answer, err = d.reload(r.Context(), control.Actor(r.Context()), strings.TrimSpace(reason.Reason))
		}
		control.Answer(w, answer, err)
	})
}

// settings are those in force, and the file as it is now.
func (d *desk) settings() view.Settings {
	now, seen, since := d.look()
	out := view.Settings{
		Digest: now.Digest(), File: d.File, Since: since, Started: d.started,
		Entries: entries(now), Changes: changes(d.first, now), Pending: []view.Change{}, Faults: faults(seen.Faults),
	}
	if seen.After != nil {
		out.Pending = changes(now, seen.After)
	}
	return out
}

// look looks at the file, unless somebody has just done so.
func (d *desk) look() (now *config.Settings, seen Outcome, since time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	now = d.Settings() // under the lock: of two who look, the later one has the later settings
	at := d.Now()
	if now != d.latest {
		d.latest, d.since, d.looked = now, at, time.Time{} // by a signal
	}
	if age := at.Sub(d.looked); d.looked.IsZero() || age < 0 || age >= lookFor {
		d.seen, d.looked = d.Look(), at
	}
	return now, d.seen, d.since
}

// reload carries a reload out, once it is recorded who wants it.
func (d *desk) reload(ctx context.Context, actor, reason string) (view.Reloaded, error) {
	if d.Draining() {
		return view.Reloaded{}, view.Refusal{Kind: view.Unavailable, Words: "the server is stopping: it takes no new settings"}
	}
	if reason != "" {
		if err := guard.CheckReason(reason); err != nil {
			return view.Reloaded{}, fmt.Errorf("reason: %w", err)
		}
	}
	if err := d.Commit(ctx, audit.Action{Action: "reload", Actor: actor, Target: d.File, Detail: reason}); err != nil {
		return view.Reloaded{}, view.Refusal{Kind: view.Unavailable, Words: "the reload cannot be recorded, so it does not take place: " + err.Error()}
	}
	o := d.Reload(context.WithoutCancel(ctx)) // whoever asked may go
	d.mu.Lock()
	d.looked = time.Time{}
	d.mu.Unlock()
	out := view.Reloaded{Taken: o.Taken, Digest: o.Before.Digest(), Changes: []view.Change{}, Faults: faults(o.Faults)}
	if o.After != nil {
		out.Changes = changes(o.Before, o.After)
	}
	if o.Taken {
		out.Digest = o.After.Digest()
	}
	return out, nil
}

// changes are the keys that differ, redacted.
func changes(before, after *config.Settings) []view.Change {
	restart := config.Restart(before, after)
	out := []view.Change{}
	for _, c := range config.Changes(before, after) {
		out = append(out, view.Change{
			Key: c.Key, Before: c.Before, After: c.After,
			Restart: slices.ContainsFunc(restart, func(f fault.Fault) bool { return f.Key == c.Key }),
		})
	}
	return out
}

func faults(list fault.List) []view.Fault {
	out := make([]view.Fault, len(list))
	for i, f := range list {
		out[i] = view.Fault{Key: f.Key, File: f.File, Line: f.Line, Message: f.Message, Warning: f.Warning}
	}
	return out
}
