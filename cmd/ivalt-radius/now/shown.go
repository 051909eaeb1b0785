package now

import (
	"ivalt-radius/admin/view"
	"ivalt-radius/auth/waiting"
	"ivalt-radius/ivalt/standing"
	"ivalt-radius/state"
)

// stage is a login's, from what it waits for and where its push stands.
func stage(f waiting.For, s standing.Stage) view.Stage {
	switch f {
	case waiting.Question:
		return view.StageChallenge
	case waiting.OtherNode:
		return view.StageElsewhere
	case waiting.Phone:
		if s != standing.Unknown {
			return view.Stage(s.String())
		}
		return view.StageLookup
	case waiting.Turn:
	}
	return view.StageChecking
}

// login is one that has ended.
func login(e *ended) view.Login {
	a := &e.attempt
	factors := a.Factors
	if factors == nil {
		factors = []string{}
	}
	return view.Login{
		Time: e.at.UTC(), Attempt: a.Attempt, Client: a.Client, NAS: a.NAS, User: a.User, CallingStation: a.CallingStation, Decision: a.Decision, Rule: a.Rule,
		Factors: factors, Verdict: a.Verdict, Reason: a.Reason, DurationMS: a.Duration.Milliseconds(), Mobile: a.Mobile, Exchanges: a.Exchanges,
		Packets: int64(a.Packets), Detail: a.Detail,
	}
}

// Budget is what is left of the API budget.
func Budget(r state.Room) view.Budget {
	out := view.Budget{Windows: []view.Window{}, Held: r.Held, Shared: r.Shared, Alone: r.Alone}
	for _, w := range []struct {
		per  string
		room state.Window
	}{{"second", r.Second}, {"minute", r.Minute}, {"hour", r.Hour}} {
		if w.room.Limit > 0 {
			out.Windows = append(out.Windows, view.Window{Per: w.per, Limit: w.room.Limit, Left: w.room.Left})
		}
	}
	return out
}

// upstream is how iVALT is: since when the first of its endpoints is closed off, and why that is.
func upstream(shut []standing.Shut) view.Upstream {
	out := view.Upstream{Open: []string{}}
	for _, s := range shut {
		out.Open = append(out.Open, s.Endpoint.String())
		if out.Since.IsZero() || s.Since.Before(out.Since) {
			out.Since, out.Why = s.Since.UTC(), s.Why
		}
	}
	return out
}
