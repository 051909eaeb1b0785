package factors

import (
	"slices"
	"strings"
	"time"

	"ivalt-radius/config"
	"ivalt-radius/fault"
	"ivalt-radius/policy"
)

// Strangers warns where somebody of any realm may log in with the phone alone: a name with @ is iVALT's e-mail as it stands, a
// pattern without @ meets the local part of every realm, and whether iVALT keeps one company's key from another company's people
// is not known. It warns of an upstream RADIUS server too: one that ignores realms lets bob@elsewhere in with bob's password, and iVALT is
// asked for bob@elsewhere. The policy must be without faults.
func Strangers(s *config.Settings, p *policy.Policy, now time.Time) (faults fault.List) {
	names := []string{"somebody"}
	for _, rule := range s.Policy.Rules {
		for _, pattern := range rule.Match.Users {
			if !strings.ContainsAny(pattern, `@\`) {
				names = append(names, strings.ReplaceAll(pattern, "*", "x"))
			}
		}
	}
	all := open(s, p)
	for i, c := range s.Clients {
		for _, of := range []struct {
			factor policy.Factor
			words  string
		}{
			{policy.NoFactor, "anybody whom iVALT knows may try to log in through client %s, as %s@elsewhere: "},
			{policy.RADIUSFactor, "through client %s an upstream server that ignores realms takes somebody's password for %s@elsewhere, whose phone is then asked: "},
		} {
			open := all.that(func(w way) bool { return w.client == i && w.factor == of.factor })
			admitted := slices.IndexFunc(names, func(name string) bool {
				d := p.Decide(policy.Facts{User: name + "@elsewhere.invalid", Client: c.Name, At: now})
				return slices.ContainsFunc(open, func(w way) bool { return w.Rule == d.Rule })
			})
			if admitted >= 0 {
				faults.Warn("policy.rules", of.words+"put a rule before that denies foreign realms, match: {users: [\"*@*\"]}, behind one for your own", c.Name, names[admitted])
			}
		}
	}
	return faults
}
