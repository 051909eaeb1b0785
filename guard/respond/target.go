package respond

import (
	"encoding/json"
	"net/netip"
	"slices"

	"ivalt-radius/audit"
	"ivalt-radius/guard"
	"ivalt-radius/guard/block"
	"ivalt-radius/guard/incident"
)

// target is whom an incident shuts out: a person or an address.
type target struct {
	user string
	addr netip.Addr
}

func (t target) block() block.Block {
	if t.user != "" {
		return block.Block{User: t.user}
	}
	return block.Block{Prefix: guard.Network(t.addr)}
}

// station is the target's address as the trail's calling_station; empty for a person.
func (t target) station() string {
	if t.addr.IsValid() {
		return t.addr.String()
	}
	return ""
}

// target is whom an incident may shut out, or why nobody.
func (r *Responder) target(p *plan, i incident.Incident) (t target, whyNot string) {
	if i.Folded > 0 {
		return t, "the incident stands for many subjects"
	}
	switch i.Rule {
	case guard.BruteForce, guard.PasswordSpray, guard.SuspiciousSource, guard.APIAbuse:
		return r.address(p, i.Subject)
	case guard.PushRefused:
		if i.Severity < guard.Critical {
			return t, "one push that was refused does not show that somebody else has the person's password"
		}
		return person(p, i)
	case guard.BombedApproval, guard.PushBombing:
		return person(p, i)
	case guard.Collisions, guard.UnknownClient, guard.SpoofedClient, guard.MessageAuthenticator, guard.GeofenceProbing, guard.TimeProbing,
		guard.ClockJump, guard.TrailTampered, guard.FailedLogins, guard.APIErrors, guard.APISlow:
	}
	return t, "this rule names nobody whom to shut out"
}

// address is the address from which strangers attack, with all that whoever has it has as well. A person whom they attack is never shut out for it.
func (r *Responder) address(p *plan, s guard.Subject) (t target, whyNot string) {
	a := s.Address
	switch {
	case !a.IsValid():
		return t, "no address is known, and whoever attacks a person must not have the person shut out"
	case a.IsUnspecified() || a.IsLoopback() || a.IsMulticast():
		return t, "no person comes from such an address"
	case within(p.NeverBlockNetworks, a):
		return t, "guard.respond.never_block_networks has the address"
	case within(p.Clients, a):
		return t, "the address is in a client's networks"
	}
	return target{addr: a}, r.visitors.whyNot(a, s.User, r.deps.Now())
}

// person is somebody whose credentials are in other hands.
func person(p *plan, i incident.Incident) (t target, whyNot string) {
	switch {
	case i.Subject.User == "":
		return t, "no person is known"
	case p.sparesUser(i.Subject.User):
		return t, "guard.respond.never_block_users has the person"
	case !passwordKnown(i.Evidence):
		return t, "the evidence does not show that a password was checked: whoever knows the name may have made the phone ring"
	}
	return target{user: i.Subject.User}, ""
}

// passwordKnown reports that each login of the evidence had the person's password. Where the phone is the only factor (primary.method: none) no
// login has.
func passwordKnown(evidence []guard.Line) bool {
	logins := 0
	for _, line := range evidence {
		var record struct {
			Type    string   `json:"type"`
			Factors []string `json:"factors"`
		}
		if json.Unmarshal(line.Record, &record) != nil {
			return false
		}
		if record.Type != audit.AuthenticationAttempt.String() {
			continue
		}
		if !slices.Contains(record.Factors, "password") {
			return false
		}
		logins++
	}
	return logins > 0
}
