package factors

import (
	"fmt"
	"slices"
	"strings"

	"ivalt-radius/config"
	"ivalt-radius/fault"
	"ivalt-radius/policy"
)

// way is one way in: a client, and the rule that decides for its logins.
type way struct {
	client int
	rule   int // -1: the default
	policy.Decision
	factor policy.Factor // the one that counts
}

// ways are all ways in through all clients, in their order; what denies is none.
type ways []way

// Check judges the settings by their policy. A nil policy is one with faults, of which all else would only follow: nothing is
// said.
func Check(s *config.Settings, p *policy.Policy) fault.List {
	if p == nil {
		return nil
	}
	var faults fault.List
	all := open(s, p)
	phoneAlone(&faults, s, all)
	nobody(&faults, s, all)
	methods(&faults, s, all)
	lateCredit(&faults, s, all)
	proofless(&faults, s, all)
	strangersChoice(&faults, s, all)
	return faults
}

// open finds the ways in.
func open(s *config.Settings, p *policy.Policy) ways {
	var all ways
	for i, own := range s.Factors() {
		for rule, d := range p.Possible(s.Clients[i].Name) {
			// No factor at all is a word that config refused: of that nothing follows.
			if factor := effective(d, own); d.Action != policy.Deny && factor != "" {
				all = append(all, way{client: i, rule: rule, Decision: d, factor: factor})
			}
		}
	}
	return all
}

// effective is the first factor that counts where the client has its own.
func effective(d policy.Decision, own string) policy.Factor {
	if d.Factor != "" {
		return d.Factor
	}
	return policy.Factor(own)
}

// that are the ways that meet a condition.
func (all ways) that(meets func(w way) bool) ways {
	return slices.DeleteFunc(slices.Clone(all), func(w way) bool { return !meets(w) })
}

// through names the clients of the ways, for the end of a sentence; empty where they are all clients.
func (all ways) through(s *config.Settings) string {
	var names []string
	for _, w := range all {
		if name := s.Clients[w.client].Name; !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if len(names) == len(s.Clients) {
		return ""
	}
	return " through " + strings.Join(names, ", ")
}

// byKey sorts the ways by a key of the settings, in the order in which the keys first come.
func (all ways) byKey(key func(w way) string, each func(key string, some ways)) {
	var keys []string
	of := map[string]ways{}
	for _, w := range all {
		k := key(w)
		if of[k] == nil {
			keys = append(keys, k)
		}
		of[k] = append(of[k], w)
	}
	for _, k := range keys {
		each(k, of[k])
	}
}

// named is the key that names a way's first factor.
func named(s *config.Settings, w way) string {
	switch {
	case w.Factor != "":
		return fmt.Sprintf("policy.rules[%d].primary", w.rule)
	case s.Clients[w.client].Primary != "":
		return fmt.Sprintf("clients[%d].primary", w.client)
	}
	return "primary.method"
}

// decided is the key that holds a way's decision.
func decided(w way) string {
	if w.rule < 0 {
		return "policy.default"
	}
	return fmt.Sprintf("policy.rules[%d].decision", w.rule)
}

// phoneAlone warns of logins that the phone alone protects.
func phoneAlone(faults *fault.List, s *config.Settings, all ways) {
	alone := all.that(func(w way) bool { return w.factor == policy.NoFactor && w.Action == policy.RequirePush })
	alone.byKey(func(w way) string { return named(s, w) }, func(key string, some ways) {
		logins := ""
		if key == "primary.method" {
			logins = some.through(s)
		}
		faults.Warn(key, "none: the phone is the only factor%s, passwords are not checked", logins)
	})
}

// nobody warns of logins that nothing protects.
func nobody(faults *fault.List, s *config.Settings, all ways) {
	free := all.that(func(w way) bool { return w.factor == policy.NoFactor && w.Action == policy.Exempt })
	free.byKey(decided, func(key string, some ways) {
		faults.Warn(key, "exempt without a first factor%s: nobody checks anything", some.through(s))
	})
}

// checks reports whether a first factor can check a way in which a password comes. CHAP needs the password in the clear, MS-CHAPv2 its
// NT hash (RFC 2865 section 2.2, RFC 2759 section 8).
func checks(f policy.Factor, method string) bool {
	switch method {
	case "chap":
		return f == policy.RADIUSFactor
	case "mschapv2":
		return f == policy.RADIUSFactor || f == policy.FileFactor
	}
	return false
}

// able names the first factors that can check a method.
func able(method string) string {
	if method == "chap" {
		return "radius alone"
	}
	return "file (with an nt_hash) and radius"
}

// methods refuses the ways of a password that nothing behind a client can check, and warns where some first factors cannot. That they are
// insecure is said by radius.
func methods(faults *fault.List, s *config.Settings, all ways) {
	for i, c := range s.Clients {
		own := all.that(func(w way) bool { return w.client == i })
		if len(own) == 0 {
			continue // every login is denied
		}
		for j, method := range c.InsecureMethods {
			key := fmt.Sprintf("clients[%d].insecure_methods[%d]", i, j)
			unable := own.that(func(w way) bool { return !checks(w.factor, method) })
			if len(unable) == len(own) {
				faults.Add(key, "nothing can check %s here: %s can, and the first factor is %s; take it out, or name one that can", method, able(method), unable.factors())
				continue
			}
			if len(unable) > 0 {
				faults.Warn(key, "%s can check %s; where the first factor is %s, such a login ends `misconfigured`", able(method), method, unable.factors())
			}
		}
	}
}

// factors names the first factors of the ways.
func (all ways) factors() string {
	var names []string
	for _, w := range all {
		if !slices.Contains(names, string(w.factor)) {
			names = append(names, string(w.factor))
		}
	}
	return strings.Join(names, ", ")
}

// lateCredit warns of an ivalt.late_credit that the operator wrote in vain.
func lateCredit(faults *fault.List, s *config.Settings, all ways) {
	if !s.Given("ivalt.late_credit") || s.IVALT.LateCredit == 0 {
		return
	}
	checked := func(w way) bool { return w.factor != policy.NoFactor && w.Action == policy.RequirePush }
	if !slices.ContainsFunc(all, checked) {
		faults.Warn("ivalt.late_credit", "has no effect: no login that asks a phone has a first factor; name one in primary.method, or leave this out")
	}
}

// proofless refuses what lets people in without the phone where nothing else is checked either.
func proofless(faults *fault.List, s *config.Settings, all ways) {
	none := all.that(func(w way) bool { return w.factor == policy.NoFactor })
	for _, what := range []struct {
		key, words string
		asked      func(d policy.Decision) bool
	}{
		{"remember.for", "a login is remembered", func(d policy.Decision) bool { return d.Remember > 0 }},
		{"fail.mode", "a login comes in without the phone", func(d policy.Decision) bool { return d.Fail.Mode != policy.FailDeny }},
	} {
		asked := none.that(func(w way) bool { return what.asked(w.Decision) })
		asked.byKey(func(w way) string { return fmt.Sprintf("policy.rules[%d].%s", w.rule, what.key) }, func(key string, some ways) {
			faults.Add(key, "%s by its first factor alone, and there is none for client %s: name one in this rule's primary, or for that client",
				what.words, some.clients(s))
		})
	}
}

// strangersChoice warns of a choice between phones that nobody is ever given: who has shown no first factor is told of none.
func strangersChoice(faults *fault.List, s *config.Settings, all ways) {
	for i, c := range s.Clients {
		asked := func(w way) bool {
			return w.client == i && w.factor != policy.NoFactor && w.Action == policy.RequirePush
		}
		if c.Challenge == "choose" && !slices.ContainsFunc(all, asked) {
			faults.Warn(fmt.Sprintf("clients[%d].challenge", i), "choose has no effect without a first factor: whoever shows none is told of no phone, and the first one rings")
		}
	}
}

// clients names the clients of the ways.
func (all ways) clients(s *config.Settings) string {
	var names []string
	for _, w := range all {
		names = append(names, s.Clients[w.client].Name)
	}
	return strings.Join(names, ", ")
}
