package responding

import (
	"context"
	"errors"
	"sync"
	"time"

	"ivalt-radius/audit/keep"
	"ivalt-radius/audit/query"
	"ivalt-radius/config"
	"ivalt-radius/guard/incident"
	"ivalt-radius/guard/respond"
)

// Settings are those of guard.respond.
func Settings(s *config.Settings) respond.Settings {
	r := s.Guard.Respond
	out := respond.Settings{
		Low: r.Low, Medium: r.Medium, High: r.High, Critical: r.Critical, DryRun: r.DryRun, BlockFor: r.BlockFor,
		NeverBlockUsers: r.NeverBlockUsers, NeverBlockNetworks: r.NeverBlockNetworks,
	}
	for _, c := range s.Clients {
		out.Clients = append(out.Clients, c.Networks...)
	}
	return out
}

// Incidents are the settings of guard.incidents.
func Incidents(s *config.Settings) incident.Settings {
	return incident.Settings{Retention: s.Guard.Incidents.Retention}
}

// Holder holds records of incidents in a trail. It is an incident.Holder.
type Holder struct {
	Directory string      // state.directory
	Segments  sync.Locker // held meanwhile: keep.Keeper's; nil where no keeper is at work
}

// prefix begins the name of an incident's hold.
const prefix = "incident-"

// Hold implements incident.Holder.
func (h Holder) Hold(id string, from, to time.Time, reason string) error {
	return h.locked(func() error {
		if err := release(h.Directory, prefix+id); err != nil {
			return err
		}
		return keep.Place(h.Directory, keep.Hold{Name: prefix + id, Reason: reason, From: from, To: to})
	})
}

// Release implements incident.Holder.
func (h Holder) Release(id string) error {
	return h.locked(func() error { return release(h.Directory, prefix+id) })
}

func (h Holder) locked(do func() error) error {
	if h.Segments != nil {
		h.Segments.Lock()
		defer h.Segments.Unlock()
	}
	return do()
}

func release(dir, name string) error {
	if err := keep.Release(dir, name); !errors.Is(err, keep.ErrNoHold) {
		return err
	}
	return nil
}

// day is how far back Seed reads.
const day = 24 * time.Hour

// Seed tells a Responder who was let in by an approval within a day, as the trail has it. Until it has returned without an error, no
// address is blocked automatically.
func Seed(ctx context.Context, t query.Trail, r *respond.Responder, now time.Time) error {
	_, err := t.Read(ctx, query.Filter{Since: now.Add(-day), Types: []string{"authentication_attempt"}}, func(rec *query.Record) error {
		if rec.Verdict == "accept" && respond.ByPhone(rec.Reason) {
			r.Approved(rec.User, rec.CallingStation, rec.Time)
		}
		return nil
	})
	if err == nil {
		r.Seeded()
	}
	return err
}
