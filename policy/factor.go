package policy

import (
	"iter"
	"slices"
	"time"
)

// latest is how far ahead the end of `insecure_allow` may lie.
const latest = 30 * 24 * time.Hour

// factor reads a first factor's name; empty is the client's.
func (r *reader) factor(path, word string) Factor {
	switch f := Factor(word); f {
	case "", NoFactor, FileFactor, LDAPFactor, RADIUSFactor:
		return f
	}
	r.faults.Add(path, "%q is no first factor: write none, file, ldap or radius", word)
	return ""
}

// push reads what a rule says of a login on its way to the phone, and warns where the rule lets none come that far.
func (r *reader) push(path string, s RuleSettings, out *rule) {
	out.factor = r.factor(path+".primary", s.Primary)
	if s.Remember < 0 {
		r.faults.Add(path+".remember.for", "must not be negative")
	}
	out.remember = s.Remember
	out.fail = r.fail(path+".fail", s.Fail)
	if out.action == RequirePush && out.fail.Mode == FailOpen && out.fail.Until.After(r.now) {
		r.faults.Warn(path+".fail.mode", "INSECURE until %s: while iVALT cannot be asked, everybody whose first factor is right comes in WITHOUT THE PHONE (%q)",
			s.Fail.Until, s.Fail.Reason)
	}
	if out.action == RequirePush || s.Decision != out.action.String() { // an unknown word is a fault of its own
		return
	}
	if out.remember > 0 {
		r.faults.Warn(path+".remember.for", "has no effect: this rule asks no phone, so there is no approval to remember; leave it out")
	}
	if out.fail.Mode != FailDeny {
		r.faults.Warn(path+".fail.mode", "has no effect: this rule asks no phone, so iVALT cannot fail it; leave it out")
	}
	if out.factor != "" && out.action == Deny {
		r.faults.Warn(path+".primary", "is never asked: this rule denies whom it matches; leave it out")
	}
}

// fail reads a fail mode. What does not belong to it is a fault: the operator has something else in mind than the words say.
func (r *reader) fail(path string, s FailSettings) Fail {
	if s.Mode != "allow_remembered" && s.For != 0 {
		r.faults.Add(path+".for", "belongs to mode: allow_remembered alone; write that, or leave it out")
	}
	if s.Mode != "insecure_allow" {
		for _, key := range []struct{ name, text string }{{"until", s.Until}, {"reason", s.Reason}} {
			if key.text != "" {
				r.faults.Add(path+"."+key.name, "belongs to mode: insecure_allow alone; write that, or leave it out")
			}
		}
	}
	switch s.Mode {
	case "", "deny":
		return Fail{}
	case "allow_remembered":
		if s.For <= 0 {
			r.faults.Add(path+".for", "is required with allow_remembered: write how old an approval may be, as in 72h")
		}
		return Fail{Mode: FailRemembered, For: s.For}
	case "insecure_allow":
		return r.failOpen(path, s)
	}
	r.faults.Add(path+".mode", "%q is no fail mode: write deny, allow_remembered or insecure_allow", s.Mode)
	return Fail{}
}

// failOpen reads `insecure_allow`, which nobody may have for long, or without saying why.
func (r *reader) failOpen(path string, s FailSettings) Fail {
	if s.Reason == "" {
		r.faults.Add(path+".reason", "is required with insecure_allow: say why, for the log and the trail")
	}
	if s.Until == "" {
		r.faults.Add(path+".until", "is required with insecure_allow: write when it ends by itself, as in 2026-12-24T18:00:00+01:00")
		return Fail{}
	}
	until, err := time.Parse(time.RFC3339, s.Until)
	switch {
	case err != nil:
		r.faults.Add(path+".until", "%q is no time: write it as in 2026-12-24T18:00:00+01:00", s.Until)
		return Fail{}
	case until.After(r.now.Add(latest)):
		r.faults.Add(path+".until", "%q lies more than 30 days ahead, which is no emergency: write an earlier end", s.Until)
		return Fail{}
	case !until.After(r.now):
		r.faults.Warn(path+".until", "%q is over: where iVALT cannot be asked the rule denies again; take fail out", s.Until)
	}
	return Fail{Mode: FailOpen, Until: until, Why: s.Reason}
}

// Possible are the decisions that a login through a client may get, each with the index of its rule, in their order; -1 is the
// default. A rule is left out that no login through the client can reach: one for other clients, or one behind a rule for
// everybody. What hours and networks deny is not told. The nil *Policy has the default alone, which denies.
func (p *Policy) Possible(client string) iter.Seq2[int, Decision] {
	return func(yield func(int, Decision) bool) {
		if p == nil {
			yield(-1, Decision{Rule: DefaultRule})
			return
		}
		name := p.names.canon(client)
		for i := range p.rules {
			r := &p.rules[i]
			if r.clients != nil && !r.clients.match(name) {
				continue
			}
			if !yield(i, r.decision()) || r.anybody() {
				return
			}
		}
		yield(-1, Decision{Action: p.fallback, Rule: DefaultRule})
	}
}

// anybody reports a rule that every login meets whose client it is for. `groups` and `networks` never do: a person may have no
// group, and a login no address.
func (r *rule) anybody() bool {
	users := r.users == nil || slices.ContainsFunc(r.users, func(p userPattern) bool { return p.everything() })
	return users && r.groups == nil && r.networks == nil
}
