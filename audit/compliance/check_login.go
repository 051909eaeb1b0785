package compliance

import (
	"fmt"
	"time"
)

const (
	none   = "none"
	deny   = "deny"
	exempt = "exempt"
)

func loginChecks() []Check {
	return []Check{
		{"password-first", "A password is checked before the phone, for every client and rule (partial: how strong passwords are is up to who checks them)", ofSettings(passwordFirst)},
		{"push-for-all", "No login is exempt from the phone", ofSettings(pushForAll)},
		{"push-every-time", "No approval of an earlier login is taken for a new one", ofSettings(pushEveryTime)},
		{"fail-closed", "Nobody comes in without the phone while iVALT cannot be asked", ofSettings(failClosed)},
		{"approvals-bound", "An approval counts for the login that it was given for, alone", ofSettings(approvalsBound)},
		{"guesses-slowed", "Every Access-Reject is held for a second at least (partial: it slows guessing)", ofSettings(guessesSlowed)},
	}
}

func passwordFirst(f Facts) Result {
	without := ofClients(f, func(c Client) string {
		if c.FirstFactor == none || c.FirstFactor == "" {
			return "client " + c.Name
		}
		return ""
	})
	without = append(without, ofRules(f, func(r Rule) bool { return r.FirstFactor == none && r.Decision != deny })...)
	if len(without) > 0 {
		return fail("set primary.method, or the client's or rule's primary, to file, ldap or radius", "the phone is the only factor: %s", names(without))
	}
	return clientsPass(f, "each with a first factor")
}

func pushForAll(f Facts) Result {
	open := ofRules(f, func(r Rule) bool { return r.Decision == exempt })
	if f.Policy.Default == exempt {
		open = append(open, "policy.default")
	}
	if len(open) > 0 {
		return fail("set the decision to require_push or deny, or document who is exempt and why", "exempt: %s", names(open))
	}
	return pass("policy.default is %s, no rule is exempt", f.Policy.Default)
}

func pushEveryTime(f Facts) Result {
	if remembering := each(f.Policy.Rules, remembers); len(remembering) > 0 {
		return fail("remove remember.for and allow_remembered, or document them as an accepted risk", "%s", names(remembering))
	}
	return pass("no rule remembers approvals")
}

func remembers(r Rule) string {
	switch {
	case r.Remember > 0:
		return "rule " + r.Name + " remembers approvals for " + r.Remember.String()
	case r.FailMode == "allow_remembered":
		return "rule " + r.Name + " takes remembered approvals while iVALT cannot be asked"
	}
	return ""
}

func failClosed(f Facts) Result {
	open := each(f.Policy.Rules, func(r Rule) string {
		if r.FailMode == "insecure_allow" && (r.FailUntil.IsZero() || f.At.Before(r.FailUntil)) {
			return fmt.Sprintf("rule %s until %s", r.Name, date(r.FailUntil))
		}
		return ""
	})
	if len(open) > 0 {
		return fail("remove fail.mode: insecure_allow", "insecure_allow is in force: %s", names(open))
	}
	return pass("no rule has insecure_allow in force")
}

func approvalsBound(f Facts) Result {
	var open []string
	if f.Network.AllowMissingDetails {
		open = append(open, "ivalt.allow_missing_details")
	}
	if f.Network.InsecureLateCredit > 0 {
		open = append(open, "ivalt.insecure_late_credit")
	}
	if f.Network.Sentinel != "always" {
		open = append(open, "ivalt.sentinel is not always")
	}
	if len(open) > 0 {
		return fail("remove these settings", "%s", names(open))
	}
	return pass("ivalt.sentinel is always, no missing details and no late credit without a first factor are taken")
}

func guessesSlowed(f Facts) Result {
	if f.Network.RejectDelay < time.Second {
		return fail("set reject_delay to 1s", "reject_delay is %s", f.Network.RejectDelay)
	}
	return pass("reject_delay is %s", f.Network.RejectDelay)
}

func ruleChecks() []Check {
	return []Check{
		{"denied-by-default", "Whom no rule names is denied, and no rule for everyone takes that back", ofSettings(deniedByDefault)},
		{"hours-zoned", "Hours are judged in a time zone that the settings name", ofSettings(hoursZoned)},
		{"clients-limited", "No client may ask from every address (partial: it is the server's own list, a firewall cannot be seen)", ofSettings(clientsLimited)},
	}
}

func deniedByDefault(f Facts) Result {
	open := ofRules(f, func(r Rule) bool { return r.ForEveryone && r.Decision != deny })
	if f.Policy.Default != deny {
		open = append(open, "policy.default is "+f.Policy.Default)
	}
	if len(open) > 0 {
		return fail("set policy.default: deny, and rules for those who may come in", "open to whoever is enrolled: %s", names(open))
	}
	return pass("policy.default is deny")
}

func hoursZoned(f Facts) Result {
	windows := 0
	for _, r := range f.Policy.Rules {
		windows += r.Windows
	}
	loose := ofRules(f, func(r Rule) bool { return r.WithoutZone > 0 && f.Policy.Timezone == "" })
	switch {
	case windows == 0:
		return notApplicable("no rule has hours")
	case len(loose) > 0:
		return fail("set policy.timezone", "in the machine's zone, which can change under them: %s", names(loose))
	}
	return pass("%s, each in a named zone", times(windows, "window"))
}

func clientsLimited(f Facts) Result {
	open := ofClients(f, func(c Client) string {
		for _, p := range c.Networks {
			if p.Bits() <= 0 {
				return c.Name
			}
		}
		return ""
	})
	if len(open) > 0 {
		return fail("name the gateways' own addresses in clients[].networks", "any address may ask as: %s", names(open))
	}
	return clientsPass(f, "each with prefixes of its own")
}

// ofRules names the rules of which something holds.
func ofRules(f Facts, holds func(Rule) bool) []string {
	return each(f.Policy.Rules, func(r Rule) string {
		if holds(r) {
			return "rule " + r.Name
		}
		return ""
	})
}

// ofClients collects what a question finds wrong with the clients.
func ofClients(f Facts, wrong func(Client) string) []string { return each(f.Clients, wrong) }

// clientsPass is a pass where there is a client: settings without one serve nobody.
func clientsPass(f Facts, how string) Result {
	if len(f.Clients) == 0 {
		return unknown("name a client", "there is no client")
	}
	return pass("%s, %s", times(len(f.Clients), "client"), how)
}
