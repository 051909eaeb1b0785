package now

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"sync"
	"time"

	"ivalt-radius/admin/kept"
	"ivalt-radius/admin/view"
	"ivalt-radius/auth"
	"ivalt-radius/auth/waiting"
	"ivalt-radius/cmd/ivalt-radius/control"
	"ivalt-radius/config"
	"ivalt-radius/guard/incident"
	"ivalt-radius/ivalt/standing"
	"ivalt-radius/state"
)

// every is how long one document is good: whoever asks sooner gets the same one.
const every = kept.Fresh

// checking bounds the checks of readiness: what they cannot tell by then they do not.
const checking = 2 * time.Second

// Logins are those that wait; *auth.Flow has them.
type Logins interface {
	Look(most int) waiting.Snapshot
}

// Phone is who asks phones; *ivalt.Service is one.
type Phone interface {
	Standing(pushes []auth.Asked) []standing.Push
	Room() state.Room
	Outages() []standing.Shut
}

// Packets are those that came; *radius.Server counts them.
type Packets interface {
	Counters() map[string]uint64
	Drops() map[string]uint64
}

// Server is what a Board shows. All of it is required, but for Checks.
type Server struct {
	Node, Version string
	Settings      func() *config.Settings // in force
	Logins        Logins
	Phone         Phone
	Packets       Packets
	Incidents     func() []incident.Incident // that are not closed
	Checks        func(ctx context.Context) []view.Check
}

// Board makes the document. It is safe for concurrent use.
type Board struct {
	tally  *Tally
	server Server

	mu     sync.Mutex
	made   time.Time
	text   json.RawMessage
	digest string
	of     *config.Settings // whose digest it is
}

// NewBoard makes a Board of what a Tally counts and a server has.
func NewBoard(t *Tally, s Server) *Board { return &Board{tally: t, server: s} }

// Handle serves the running server's side of `top`. Nothing of it is recorded: it reads no trail, and whoever looks all day asks once a second.
func Handle(mux *http.ServeMux, b *Board) {
	mux.HandleFunc("POST "+view.PathNow, func(w http.ResponseWriter, r *http.Request) {
		text, err := b.Text(r.Context())
		control.Answer(w, text, err)
	})
}

// Text is the document, a second old at most, as JSON that must not be changed.
func (b *Board) Text(ctx context.Context) (json.RawMessage, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if age := b.tally.now().Sub(b.made); b.text != nil && age >= 0 && age < every {
		return b.text, nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), checking) // it is for all who ask
	defer cancel()
	text, err := json.Marshal(b.make(ctx))
	if err != nil {
		return nil, view.Refusal{Words: "what is so now cannot be written down: " + err.Error()}
	}
	b.made, b.text = b.tally.now(), text
	return text, nil
}

// make is the document of this moment. mu is held.
func (b *Board) make(ctx context.Context) view.Now {
	s := b.server.Settings()
	if b.of != s {
		b.of, b.digest = s, s.Digest()
	}
	at := b.tally.now()
	d := view.Now{
		At: at.UTC(), Node: b.server.Node, Version: b.server.Version, Digest: b.digest, MaxAttempts: s.MaxAttempts,
		InFlight: []view.InFlight{}, Recent: []view.Login{}, Minutes: []view.Minute{}, Checks: []view.Check{},
		Budget: Budget(b.server.Phone.Room()), IVALT: upstream(b.server.Phone.Outages()), Alerts: alerts(b.server.Incidents()),
	}
	b.inFlight(&d, at)
	b.tally.fill(&d)
	counters := b.server.Packets.Counters()
	d.Totals.Duplicates = counters["duplicate_dropped"] + counters["duplicate_answered"]
	d.Totals.Dropped = b.server.Packets.Drops()
	if b.server.Checks != nil {
		d.Checks = append(d.Checks, b.server.Checks(ctx)...)
	}
	return d
}

// inFlight fills in who waits, and where their pushes stand.
func (b *Board) inFlight(d *view.Now, at time.Time) {
	s := b.server.Logins.Look(view.MostInFlight)
	d.Waiting, d.Draining = s.Waiting, s.Draining
	if !s.Oldest.IsZero() {
		d.OldestMS = max(0, at.Sub(s.Oldest).Milliseconds())
	}
	pushes := make([]auth.Asked, len(s.Logins))
	for i := range s.Logins {
		pushes[i] = s.Logins[i].Asked
	}
	stands := b.server.Phone.Standing(pushes)
	for i := range s.Logins {
		l := &s.Logins[i]
		d.InFlight = append(d.InFlight, view.InFlight{
			Attempt: l.Attempt, Client: l.Client, User: l.User, CallingStation: l.CallingStation, Stage: stage(l.For, stands[i].Stage),
			Since: l.Since.UTC(), LeftMS: max(0, l.LeaveBy.Sub(at).Milliseconds()), Exchanges: l.Exchanges, Polls: stands[i].Polls,
		})
	}
}

// InFlight is a login that waits; nil: it does not, or so many have waited longer that it is not among those shown.
func (b *Board) InFlight(attempt string) *view.InFlight {
	var d view.Now
	b.inFlight(&d, b.tally.now())
	if i := slices.IndexFunc(d.InFlight, func(l view.InFlight) bool { return l.Attempt == attempt }); i >= 0 {
		return &d.InFlight[i]
	}
	return nil
}

// alerts are incidents in few words, the worst first, of those the newest.
func alerts(all []incident.Incident) []view.Alert {
	slices.SortFunc(all, func(a, b incident.Incident) int {
		return cmp.Or(cmp.Compare(b.Severity, a.Severity), b.Last.Compare(a.Last), cmp.Compare(a.ID, b.ID))
	})
	out := []view.Alert{}
	for i := range all[:min(len(all), view.MostAlerts)] {
		a := &all[i]
		out = append(out, view.Alert{
			ID: a.ID, Rule: string(a.Rule), Severity: a.Severity.String(), State: a.State.String(), Subject: a.Subject.String(), Count: a.Count, Last: a.Last,
		})
	}
	return out
}
