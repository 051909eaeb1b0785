package sessions

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"ivalt-radius/auth"
	"ivalt-radius/state"
)

// Bucket is the store's bucket.
const Bucket = "sessions"

// kept is a session on disk. It has no secret.
type kept struct {
	Client     string        `json:"client"`
	Source     netip.Addr    `json:"source"`
	Local      netip.Addr    `json:"local,omitzero"`
	Node       string        `json:"node,omitempty"`
	User       string        `json:"user,omitempty"`
	Station    netip.Addr    `json:"station,omitzero"`
	Attributes []byte        `json:"attributes"`
	Heard      time.Time     `json:"heard"`
	Framed6    string        `json:"framed6,omitempty"`
	Attempt    string        `json:"attempt,omitempty"`
	Granted    time.Time     `json:"granted,omitzero"`
	Limit      time.Duration `json:"limit,omitzero"` // nanoseconds, as the one below
	Started    time.Time     `json:"started,omitzero"`
	Until      time.Time     `json:"until,omitzero"`
	Time       time.Duration `json:"time,omitzero"`
	In         uint64        `json:"in,omitzero"`
	Out        uint64        `json:"out,omitzero"`
	Unsure     bool          `json:"unsure,omitzero"`
	Overrun    time.Time     `json:"overrun,omitzero"`
	Accounted  bool          `json:"accounted,omitzero"`
	Elsewhere  bool          `json:"elsewhere,omitzero"`
}

func keep(s *Session) kept {
	return kept{
		Client: s.Client, Source: s.Source, Local: s.Local, Node: s.Node, User: s.User, Station: s.Station, Attributes: s.Attributes, Heard: s.Heard,
		Framed6: s.Measure.Framed6, Attempt: s.Grant.Attempt, Granted: s.Grant.At, Limit: s.Grant.Limit, Started: s.Started, Until: s.Until,
		Time: s.Use.Time, In: s.Use.In, Out: s.Use.Out, Unsure: s.Use.Unsure, Overrun: s.Overrun, Accounted: s.accounted, Elsewhere: s.elsewhere,
	}
}

// session is what was kept, where it is one that can have been.
func (k kept) session(now time.Time) (s Session, ok bool) {
	if k.Client == "" || !plain(k.Source) || k.Station.IsValid() && !plain(k.Station) || !named(k.Attributes) || now.Sub(k.Heard) >= life {
		return s, false
	}
	if user, err := auth.ParseUsername(k.User); k.User != "" && (err != nil || user.String() != k.User) {
		return s, false
	}
	s = Session{
		Client: k.Client, Source: k.Source, Local: k.Local, Node: k.Node, User: k.User, Station: k.Station, Attributes: k.Attributes, Heard: earlier(k.Heard, now),
		Grant: Grant{Attempt: k.Attempt, At: k.Granted, Limit: k.Limit}, Started: k.Started, Until: k.Until,
		Use: Use{Time: k.Time, In: k.In, Out: k.Out, Unsure: k.Unsure}, Overrun: k.Overrun, accounted: k.Accounted, elsewhere: k.Elsewhere,
	}
	s.Measure.Framed6 = k.Framed6
	return s, true
}

// earlier bounds a time by now: a clock may have been set back.
func earlier(at, now time.Time) time.Time {
	if at.After(now) {
		return now
	}
	return at
}

// Open fills the table with what a run before has kept, and has Close keep it again. Between them nothing of it lies on disk, so that a crash brings no
// session back that may have ended, and who is forgotten (Forget) is named there no more. It is called once, before the table is used. failing is told
// why the disk cannot be written. The disk stays the caller's, to be closed after the table.
func (t *Table) Open(disk state.Disk, failing func(error)) error {
	now := t.now()
	var all []Session
	kept, err := state.OpenKept(disk, Bucket, func(name string, k kept) bool {
		if s, ok := k.session(now); ok && named16(s.name()) == name && len(all) < most {
			all = append(all, s)
		}
		return false // it is in the table now
	}, failing)
	if err != nil {
		return fmt.Errorf("sessions: %w", err)
	}
	slices.SortStableFunc(all, func(a, b Session) int { return a.Heard.Compare(b.Heard) })
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kept = kept
	for _, s := range all {
		t.put(s.name(), s)
		t.grant(&s, s.Until)
	}
	return nil
}

// Close writes what is known. What changes later is not kept. A table that was not opened needs no Close.
func (t *Table) Close() error {
	t.mu.Lock()
	for k, e := range t.known {
		t.kept.Set(named16(k), keep(&e.Session))
	}
	t.mu.Unlock()
	if err := t.kept.Close(); err != nil {
		return fmt.Errorf("sessions: %w", err)
	}
	return nil
}

// Forget takes the sessions of a person, by canonical name, out of the table. What their NAS tells of them later is known again.
func (t *Table) Forget(user string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, e := range t.known {
		if e.User == user {
			t.drop(e)
		}
	}
}

// named16 is a key's name on disk: as long as a key may be, and the same for the same key.
func named16(k key) string {
	const octets = 16
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %s %q", k.client, k.source, k.id))
	return hex.EncodeToString(sum[:octets])
}
