package sessioning

import (
	"context"
	"encoding/json"
	"math"
	"slices"
	"time"

	"ivalt-radius/admin/view"
	"ivalt-radius/audit"
	"ivalt-radius/audit/query"
	"ivalt-radius/cmd/ivalt-radius/control"
	"ivalt-radius/radius/accounting"
)

// What a search for sessions that have ended is bounded by.
const (
	atATime    = 1
	turnWithin = 2 * time.Second
	searchFor  = 5 * time.Second
	usualSince = 24 * time.Hour
	batch      = 2000 // records that are held at once
)

// told is what names a session in the trail. A stop that was told to two nodes, or long after, is on record twice.
type told struct{ client, nas, session, user string }

// ended are the sessions whose stops a trail has, the newest first, for as long as the search may take.
func ended(ctx context.Context, t query.Trail, f query.Filter) (view.Sessions, error) {
	if f.Since.IsZero() {
		f.Since = time.Now().Add(-usualSince)
	}
	f.Types = []string{audit.UserAction.String()}
	ctx, cancel := context.WithTimeout(ctx, searchFor)
	defer cancel()
	h := history{out: view.Sessions{Sessions: []view.Session{}}, known: map[told]bool{}}
	for before := uint64(0); ; {
		found, err := t.Newest(ctx, query.Search{Filter: f, Before: before, Most: batch})
		if err != nil {
			return h.out, control.Refused(view.Failed, err)
		}
		full := slices.ContainsFunc(found.Records, func(r *query.Record) bool { return !h.take(r) })
		if found.Done && !full {
			return h.out, nil
		}
		if full || ctx.Err() != nil || len(found.Records) == 0 {
			h.out.Left = 1
			return h.out, nil
		}
		before = found.Records[len(found.Records)-1].Seq
	}
}

// history is what was found so far.
type history struct {
	out   view.Sessions
	known map[told]bool
}

// take takes a record where it is a stop that is not known. It is false where there is no room for it.
func (h *history) take(r *query.Record) bool {
	name := told{r.Client, r.NAS, r.Session, r.User}
	switch {
	case !stopped(r) || r.Session != "" && h.known[name]:
		return true
	case len(h.out.Sessions) == most:
		return false
	}
	h.known[name] = true
	s := session(r)
	h.out.Sessions = append(h.out.Sessions, s)
	h.out.Input, h.out.Output = plus(h.out.Input, s.Input), plus(h.out.Output, s.Output)
	return true
}

// stopped reports the record of a session's stop.
func stopped(r *query.Record) bool {
	var status string
	return r.Action == "accounting" && json.Unmarshal(r.Status, &status) == nil && status == "stop"
}

// session is one that has ended, as its record says it.
func session(r *query.Record) view.Session {
	cause, _ := accounting.Cause(uint32(min(r.TerminateCause, math.MaxUint32)))
	s := view.Session{
		ID: r.Session, User: r.User, Client: r.Client, NAS: r.NAS, CallingStation: r.CallingStation, FramedIP: r.FramedIP,
		Heard: r.Time, State: view.SessionEnded, Ended: r.Time, Cause: cause, Input: r.InputOctets, Output: r.OutputOctets,
	}
	if r.SessionTime > 0 && r.SessionTime <= math.MaxUint32 {
		s.Started = r.Time.Add(-time.Duration(r.SessionTime) * time.Second)
	}
	return s
}

// plus is a sum that does not wrap.
func plus(a, b uint64) uint64 {
	if a > math.MaxUint64-b {
		return math.MaxUint64
	}
	return a + b
}
