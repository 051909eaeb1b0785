package measuring

import (
	"cmp"
	"slices"
	"time"

	"ivalt-radius/admin/kept"
	"ivalt-radius/admin/metrics"
	"ivalt-radius/admin/view"
	"ivalt-radius/audit/ship"
	"ivalt-radius/cmd/ivalt-radius/secretage"
	"ivalt-radius/cmd/ivalt-radius/sharing"
	"ivalt-radius/config"
	"ivalt-radius/guard/incident"
	"ivalt-radius/ivalt/standing"
	"ivalt-radius/radius/dynauth/sessions"
	"ivalt-radius/state"
)

// Server is what radius tells; *radius.Server is one.
type Server interface {
	Counters() map[string]uint64
	InFlight() int
}

// Flow is what auth tells; *auth.Flow is one.
type Flow interface{ Waiting() int }

// Trail is what the trail tells; *audit.Trail is one.
type Trail interface {
	Durable() uint64
	Lag() uint64
	Lost() uint64
	Failing() error
}

// Shipping is how receivers do; *ship.Shipping is one.
type Shipping interface{ Stats() []ship.Stats }

// Guard is what stands; *guarding.Guard is one, once it is open.
type Guard interface {
	Incidents() []incident.Incident
	Blocked() int
	LockedOut() int
	Missed() uint64
}

// Nodes is what is known of the other nodes; *sharing.Sharing is one, a nil one as well.
type Nodes interface {
	Glance() (sharing.Report, bool)
}

// Phone is what ivalt tells, from memory; *ivalt.Service is one.
type Phone interface {
	Room() state.Room
	Outages() []standing.Shut
}

// Rooms are where figures come from. What is nil has no metric.
type Rooms struct {
	Settings func() *config.Settings // in force; required
	Version  string
	Now      func() time.Time // nil: time.Now

	Server   Server
	Flow     Flow
	Trail    Trail
	Shipping Shipping
	Guard    Guard
	Nodes    Nodes
	Phone    Phone

	Oldest      func() time.Duration                // age of the login that waits longest; 0: none waits
	Ready       func() []view.Check                 // as /readyz has it; from memory
	Sessions    func() int                          // of the window
	Online      func() []sessions.Total             // who is in
	Files       func() map[string]string            // further files of certificates, PEM, by their use: "window"
	Upstream    func() (until time.Time, seen bool) // when iVALT's own certificate ends, as the last handshake showed it
	Unreachable func(what string, err error)        // told of a file that cannot be read; nil: nobody is
}

// How long is kept what is not asked at each scrape.
const (
	standingFor = 10 * time.Second // incidents, blocks
	lockoutsFor = 15 * time.Second
	settingsFor = 10 * time.Second
	filesFor    = time.Minute // secrets' ages, certificates
)

// Sources are the rooms as metrics ask them.
func Sources(r Rooms) metrics.Sources {
	if r.Now == nil {
		r.Now = time.Now
	}
	if r.Unreachable == nil {
		r.Unreachable = func(string, error) {}
	}
	s := metrics.Sources{
		Oldest: r.Oldest, Checks: r.Ready, Sessions: r.Sessions,
		MaxAttempts:  func() int { return r.Settings().MaxAttempts },
		Settings:     kept.For(settingsFor, r.Now, r.inForce),
		Secrets:      r.secrets(),
		Certificates: r.certificates(),
	}
	r.logins(&s)
	r.trail(&s)
	r.guard(&s)
	if r.Nodes != nil {
		s.Nodes = r.nodes
	}
	if r.Phone != nil {
		s.Budget, s.Breakers = r.budget, r.breakers
	}
	if r.Online != nil {
		s.Online = r.online
	}
	return s
}

func (r Rooms) logins(s *metrics.Sources) {
	if r.Flow != nil {
		s.Waiting = r.Flow.Waiting
	}
	if r.Server != nil {
		s.Packets, s.Exchanges = r.Server.Counters, r.Server.InFlight
	}
}

func (r Rooms) trail(s *metrics.Sources) {
	if t := r.Trail; t != nil {
		s.Trail = func() metrics.Trail {
			return metrics.Trail{Records: t.Durable(), Lag: t.Lag(), Lost: t.Lost(), Failing: t.Failing() != nil}
		}
	}
	if r.Shipping != nil {
		s.Shipping = r.receivers
	}
}

func (r Rooms) receivers() []metrics.Receiver {
	stats := r.Shipping.Stats()
	out := make([]metrics.Receiver, len(stats))
	for i, one := range stats {
		out[i] = metrics.Receiver{Name: one.Receiver, Records: one.Records, Behind: one.Behind, Skipped: one.Skipped, Failing: one.Failing != ""}
	}
	return out
}

func (r Rooms) guard(s *metrics.Sources) {
	if r.Guard == nil {
		return
	}
	s.Missed = r.Guard.Missed
	s.Incidents = kept.For(standingFor, r.Now, func() []metrics.Incident { return open(r.Guard.Incidents()) })
	s.Blocks = kept.For(standingFor, r.Now, r.Guard.Blocked)
	s.Lockouts = kept.For(lockoutsFor, r.Now, r.Guard.LockedOut)
}

// open counts the incidents that are not closed, by what they are.
func open(all []incident.Incident) []metrics.Incident {
	count := map[metrics.Incident]int{}
	for _, i := range all {
		if i.State != incident.Closed {
			count[metrics.Incident{Rule: string(i.Rule), Severity: i.Severity.String(), State: i.State.String()}]++
		}
	}
	out := make([]metrics.Incident, 0, len(count))
	for kind, n := range count {
		kind.Count = n
		out = append(out, kind)
	}
	slices.SortFunc(out, func(a, b metrics.Incident) int {
		return cmp.Or(cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Severity, b.Severity), cmp.Compare(a.State, b.State))
	})
	return out
}

func (r Rooms) nodes() (metrics.Nodes, bool) {
	report, shared := r.Nodes.Glance()
	n := metrics.Nodes{Reachable: report.Memory.Reachable, Alone: report.Memory.Alone}
	for _, m := range report.Nodes {
		switch m.State {
		case sharing.Alive:
			n.Alive++
		case sharing.Left:
			n.Left++
		case sharing.Dead:
			n.Dead++
		}
		if m.Differs {
			n.Differing++
		}
	}
	return n, shared
}

// online is who is in, client by client.
func (r Rooms) online() []metrics.Online {
	var out []metrics.Online
	for _, t := range r.Online() {
		out = append(out, metrics.Online{Client: t.Client, Accounted: t.Accounted, Logins: t.Logins, In: t.In, Out: t.Out, Overruns: t.Overruns})
	}
	slices.SortFunc(out, func(a, b metrics.Online) int { return cmp.Compare(a.Client, b.Client) })
	return out
}

func (r Rooms) inForce() metrics.Settings {
	return metrics.Settings{Version: r.Version, Digest: r.Settings().Digest()}
}

// secrets reads the register now and then, and says how old its secrets are at each scrape.
func (r Rooms) secrets() func() []metrics.Secret {
	type seen struct {
		key   string
		since time.Time
	}
	register := kept.For(filesFor, r.Now, func() (out []seen) {
		entries, err := secretage.List(r.Settings(), r.Now())
		if err != nil {
			r.Unreachable("the ages of the secrets", err)
		}
		for _, e := range entries {
			if e.FirstSeen != nil {
				out = append(out, seen{e.Key, *e.FirstSeen})
			}
		}
		return out
	})
	return func() (out []metrics.Secret) {
		for _, one := range register() {
			out = append(out, metrics.Secret{Key: one.key, Age: r.Now().Sub(one.since)})
		}
		return out
	}
}

// Clients are the names of the settings' clients, for metrics.Metrics.Adopt.
func Clients(s *config.Settings) []string {
	names := make([]string, len(s.Clients))
	for i, c := range s.Clients {
		names[i] = c.Name
	}
	return names
}
