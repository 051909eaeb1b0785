package gating

import (
	"ivalt-radius/config"
	"ivalt-radius/guard/gate"
	"ivalt-radius/guard/gate/lockout"
)

// Settings are the gate's.
func Settings(s *config.Settings) gate.Settings {
	return gate.Settings{
		Attempts: gate.Rates(s.Guard.Attempts), WrongPasswords: gate.Rates(s.Guard.WrongPasswords), Pushes: gate.Rates(s.Guard.Pushes),
		Lockout: lockout.Settings(s.Guard.Lockout), Unanswered: gate.Unanswered(s.Guard.Unanswered), Denied: s.Guard.Denied.For,
	}
}
