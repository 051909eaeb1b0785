package judgement

import "ivalt-radius/policy"

// Decider is policy's judgement; *policy.Policy is one.
type Decider interface {
	Decide(f policy.Facts) policy.Decision
}

// Of asks policy about the name of a login and about the listed name of its person, where that is another one (empty: there is
// none). The stricter word counts, so that nobody escapes a rule by writing the name differently; where both say the same the
// listed name's rule decides, and the hours of both bound the session.
func Of(p Decider, facts policy.Facts, listed string) policy.Decision {
	d := p.Decide(facts)
	if listed != "" && listed != facts.User {
		facts.User = listed
		other := p.Decide(facts)
		switch {
		case other.Action < d.Action:
			d = other
		case other.Action == d.Action:
			if other.Until.IsZero() || !d.Until.IsZero() && d.Until.Before(other.Until) {
				other.Until = d.Until
			}
			d = other
		}
	}
	if d.Action != policy.RequirePush && d.Action != policy.Exempt {
		d.Action = policy.Deny
	}
	return d
}
