package policy

import (
	"fmt"
	"time"
)

// Trace is a decision with its reasons, for people. It reads the same rules through the same conditions as Decide, and holds
// what Decide decides.
type Trace struct {
	Facts    Facts
	Rules    []RuleTrace // every rule, in order
	Default  Action      // of a login that no rule matches
	Decision Decision
	Reply    []ReplyTrace // what stands in Decision.Reply, in its order
}

// ReplyTrace is one reply attribute with its origin.
type ReplyTrace struct {
	Attribute Attribute
	From      string // `person`, `group "NAME"`, `rule "NAME"`
	Failed    error  // why a template has no octets, so that no answer can be made; nil: it has
}

// RuleTrace is what became of one rule.
type RuleTrace struct {
	Name     string
	Action   Action    // the rule's own word
	Match    []Finding // a finding for each `match` key that the rule states
	Only     []Finding // and for each `only` key
	Matches  bool      // every `match` key holds; true where there is none
	Decides  bool      // it is the first that matches
	Unheeded bool      // it stands behind the one that decides, so nothing of it counts
}

// Finding is one condition, judged.
type Finding struct {
	Key   string // "match.users", "only.hours"
	Holds bool
	Words string // what was compared with what, and for hours when they end
}

// Explain tells how Decide comes to its decision. A nil Policy has no rules and denies.
func (p *Policy) Explain(f Facts) Trace {
	if p == nil {
		p = &Policy{}
	}
	s := p.subject(f, nil)
	who := person{groups: f.Groups, reply: f.Reply}
	decision, decider := p.decide(&s, who)
	t := Trace{Facts: f, Default: p.fallback, Decision: decision}
	if decision.Action != Deny {
		t.Reply = p.replyTraces(decider, &s, who)
	}
	for i := range p.rules {
		r := &p.rules[i]
		t.Rules = append(t.Rules, RuleTrace{
			Name: r.name, Action: r.action,
			Match: r.findings(matchUsers, matchNetworks, &s), Only: r.findings(onlyNetworks, onlyHours, &s),
			Matches: r.matches(&s), Decides: i == decider, Unheeded: decider >= 0 && i > decider,
		})
	}
	return t
}

// replyTraces tell where each attribute of the reply comes from.
func (p *Policy) replyTraces(decider int, s *subject, who person) []ReplyTrace {
	r := &rule{name: DefaultRule}
	if decider >= 0 {
		r = &p.rules[decider]
	}
	var out []ReplyTrace
	for _, part := range p.compose(r, s, who) {
		out = append(out, ReplyTrace{Attribute: part.attribute, From: part.from, Failed: part.failed})
	}
	return out
}

// findings judges the stated conditions from first to last.
func (r *rule) findings(first, last clause, s *subject) []Finding {
	var out []Finding
	for c := first; c <= last; c++ {
		if r.has(c) {
			out = append(out, Finding{Key: c.key(), Holds: r.holds(c, s), Words: r.words(c, s)})
		}
	}
	return out
}

// key is the condition's key within a rule.
func (c clause) key() string {
	switch c {
	case matchUsers:
		return "match.users"
	case matchGroups:
		return "match.groups"
	case matchClients:
		return "match.clients"
	case matchNetworks:
		return "match.networks"
	case onlyNetworks:
		return "only.networks"
	case onlyHours:
		return "only.hours"
	case clauseCount:
	}
	return ""
}

// words say what a condition compares. Whether it holds is not theirs to say.
func (r *rule) words(c clause, s *subject) string {
	switch c {
	case matchUsers:
		return userWords(r.users, s)
	case matchGroups:
		groups := "no group"
		if len(s.groups) > 0 {
			groups = quoted(s.groups)
		}
		return groups + " against " + r.groups.String()
	case matchClients:
		return fmt.Sprintf("%q against %s", s.client, r.clients)
	case matchNetworks:
		return addressWords(r.networks, s)
	case onlyNetworks:
		return addressWords(r.onlyNetworks, s)
	case onlyHours:
		return hoursWords(&r.onlyHours, s.at)
	case clauseCount:
	}
	return ""
}

func userWords(ps []userPattern, s *subject) string {
	var local, whole []string
	for i := range ps {
		if ps[i].whole {
			whole = append(whole, ps[i].text)
		} else {
			local = append(local, ps[i].text)
		}
	}
	words := ""
	if local != nil {
		words = fmt.Sprintf("%q against %s", s.local, quoted(local))
	}
	if whole != nil {
		if words != "" {
			words += "; "
		}
		words += fmt.Sprintf("whole name %q against %s", s.user, quoted(whole))
	}
	return words
}

func addressWords(ns networks, s *subject) string {
	address := "unknown address"
	if s.addr.IsValid() {
		address = s.addr.String()
	}
	return address + " against " + ns.String()
}

// hoursWords show what the clocks of each window's zone say, and when what is open now ends.
func hoursWords(h *hours, at time.Time) string {
	words := ""
	for i := range h.windows {
		w := &h.windows[i]
		if words != "" {
			words += "; "
		}
		words += fmt.Sprintf("%s against %s", clockWords(at.In(w.loc)), w.text)
	}
	switch until, open := h.until(at); {
	case open && until.IsZero():
		words += "; open without end"
	case open:
		words += "; open until " + clockWords(until.In(h.windows[0].loc))
	}
	return words
}

func clockWords(t time.Time) string { return t.Format("Mon 2006-01-02 15:04:05 -07:00") }
