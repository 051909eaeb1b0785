package policy

import (
	"net/netip"
	"time"
)

// Policy is the operator's rules, understood. It never changes, so any number of goroutines may ask it. The zero Policy and
// the nil *Policy deny.
type Policy struct {
	rules    []rule
	fallback Action // where no rule matched
	groups   []groupReply
	names    names
}

// rule is one rule. The zero rule matches everyone and denies.
type rule struct {
	name   string
	action Action

	factor   Factor // empty: the client's
	remember time.Duration
	fail     Fail

	reply     []Attribute
	templates bool // one of them holds {group}

	users        []userPattern
	groups       patterns
	clients      patterns
	networks     networks
	onlyNetworks networks
	onlyHours    hours
}

// clause is one condition of a rule.
type clause uint8

const (
	matchUsers clause = iota
	matchGroups
	matchClients
	matchNetworks
	onlyNetworks
	onlyHours
	clauseCount
)

// subject is Facts in the forms that are compared.
type subject struct {
	user, local string
	groups      []string
	client      string
	addr        netip.Addr
	at          time.Time
}

// person is what the directory says of the subject, as it writes it. It stands beside the subject, and not in it, since it goes into
// replies, and with it the subject's place on the stack would.
type person struct {
	groups []string // in the order of the subject's
	reply  []Attribute
}

// Decide gives the decision on a login. It is pure and total: every Facts has a decision, the same one every time. Where both
// `only` conditions fail the denial is ByNetwork. The Reply of a Decision is shared and must not be written to. With the
// names that New was told of, it does not allocate for a person of up to 16 groups where the reply is the rule's alone, without templates.
func (p *Policy) Decide(f Facts) Decision {
	if p == nil {
		return Decision{Rule: DefaultRule}
	}
	var room [16]string
	s := p.subject(f, room[:0])
	d, _ := p.decide(&s, person{groups: f.Groups, reply: f.Reply})
	return d
}

// subject brings facts to the forms that are compared; groups go to room.
func (p *Policy) subject(f Facts, room []string) subject {
	for _, group := range f.Groups {
		room = append(room, p.names.canon(group))
	}
	return subject{
		user: f.User, local: localPart(f.User), groups: room, client: p.names.canon(f.Client),
		addr: plainAddr(f.CallingStation), at: f.At,
	}
}

// decide gives the decision and the index of the deciding rule, -1 for the default.
func (p *Policy) decide(s *subject, who person) (Decision, int) {
	for i := range p.rules {
		if r := &p.rules[i]; r.matches(s) {
			return p.answer(r.conclude(s), r, s, who), i
		}
	}
	return p.answer(Decision{Action: p.fallback, Rule: DefaultRule}, &rule{name: DefaultRule}, s, who), -1
}

// answer completes a decision by its reply, unless it denies.
func (p *Policy) answer(d Decision, r *rule, s *subject, who person) Decision {
	if d.Action != Deny {
		d.Reply = p.reply(r, s, who)
	}
	return d
}

// matches reports whether every `match` clause holds.
func (r *rule) matches(s *subject) bool {
	for c := matchUsers; c <= matchNetworks; c++ {
		if !r.holds(c, s) {
			return false
		}
	}
	return true
}

// conclude decides a login that the rule matches.
func (r *rule) conclude(s *subject) Decision {
	if !r.holds(onlyNetworks, s) {
		return Decision{Denial: ByNetwork, Rule: r.name}
	}
	until, open := r.onlyHours.until(s.at)
	if !open {
		return Decision{Denial: ByHours, Rule: r.name}
	}
	d := r.decision()
	if d.Action != Deny {
		d.Until = until
	}
	return d
}

// decision is the rule's own word, without what hangs on the login.
func (r *rule) decision() Decision {
	switch r.action {
	case RequirePush:
		return Decision{Action: RequirePush, Rule: r.name, Factor: r.factor, Remember: r.remember, Fail: r.fail}
	case Exempt:
		return Decision{Action: Exempt, Rule: r.name, Factor: r.factor} // no phone is asked, so nothing can be remembered, or fail
	case Deny:
	}
	return Decision{Rule: r.name}
}

// holds is the one place where a condition is judged. A condition left out holds.
func (r *rule) holds(c clause, s *subject) bool {
	if !r.has(c) {
		return true
	}
	switch c {
	case matchUsers:
		return matchUser(r.users, s.user, s.local)
	case matchGroups:
		return meetAny(r.groups, s.groups)
	case matchClients:
		return r.clients.match(s.client)
	case matchNetworks:
		return r.networks.contain(s.addr)
	case onlyNetworks:
		return r.onlyNetworks.contain(s.addr)
	case onlyHours:
		_, open := r.onlyHours.until(s.at)
		return open
	case clauseCount:
	}
	return false
}

// has reports whether the rule states a condition.
func (r *rule) has(c clause) bool {
	switch c {
	case matchUsers:
		return r.users != nil
	case matchGroups:
		return r.groups != nil
	case matchClients:
		return r.clients != nil
	case matchNetworks:
		return r.networks != nil
	case onlyNetworks:
		return r.onlyNetworks != nil
	case onlyHours:
		return r.onlyHours.windows != nil
	case clauseCount:
	}
	return false
}

// meetAny reports whether any of the person's groups meets any pattern.
func meetAny(ps patterns, groups []string) bool {
	for _, group := range groups {
		if ps.match(group) {
			return true
		}
	}
	return false
}
