package gate

import (
	"strings"
	"testing"
	"time"
)

func TestCheck(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*Settings)
		want   []string // key, then a word of the message; "!" says that it is fatal
	}{
		{"the defaults", func(*Settings) {}, nil},
		{"as long as the first", func(s *Settings) { s.Lockout.Most, s.Unanswered.Most = s.Lockout.For, s.Unanswered.For }, nil},
		{"a lockout's longest", func(s *Settings) { s.Lockout.Most = s.Lockout.For - 1 }, []string{"!guard.lockout.most", "at least as long"}},
		{"a pause's longest", func(s *Settings) { s.Unanswered.Most = time.Second }, []string{"!guard.unanswered.most", "guard.unanswered.for (5m0s)"}},
		{"off, whatever its lengths", func(s *Settings) { s.Unanswered = Unanswered{For: 2, Most: 1} }, nil},
		{"no lockout", func(s *Settings) { s.Lockout.After = 0 }, []string{"guard.lockout.after", "nobody is ever locked out"}},
		{"just below Access Server's lockout", func(s *Settings) { s.Lockout.After, s.Pushes.PerUser, s.Unanswered.After = 4, 4, 4 }, nil},
		{"lockout at Access Server's", func(s *Settings) { s.Lockout.After = 5 }, []string{"guard.lockout.after", "3 before 2.10"}},
		{"pushes at Access Server's", func(s *Settings) { s.Pushes.PerUser = 5 }, []string{"guard.pushes.per_user", "3 before 2.10"}},
		{"unanswered at Access Server's", func(s *Settings) { s.Unanswered.After = 5 }, []string{"guard.unanswered.after", "3 before 2.10"}},
		{"no limit of guesses", func(s *Settings) { s.WrongPasswords.PerUser = 0 }, []string{"guard.wrong_passwords.per_user", "without end"}},
		{"100 guesses", func(s *Settings) { s.WrongPasswords.PerUser = 100 }, nil},
		{"101 guesses", func(s *Settings) { s.WrongPasswords.PerUser = 101 }, []string{"guard.wrong_passwords.per_user", "NIST SP 800-63B"}},
		{"101 of both, in one order", func(s *Settings) { s.Lockout.After, s.WrongPasswords.PerUser = 102, 101 }, []string{
			"guard.lockout.after", "is 102", "guard.wrong_passwords.per_user", "is 101", "guard.lockout.after", "3 before 2.10",
		}},
		{"pushes without end", func(s *Settings) { s.Pushes.PerUser, s.Unanswered.After = 0, 0 }, []string{"guard.pushes.per_user", "until somebody gives in"}},
		{"one of both", func(s *Settings) { s.Pushes.PerUser = 0 }, nil},
		{"no limit of logins", func(s *Settings) { s.Attempts = Rates{} }, []string{"guard.attempts", "no limit at all"}},
		{"a lockout that is never reached", func(s *Settings) { s.WrongPasswords.PerUser, s.WrongPasswords.Window = 3, 15*time.Minute }, []string{"guard.lockout.after", "never reached"}},
		{"one that is, later", func(s *Settings) { s.WrongPasswords.PerUser = 3 }, nil},
		{"more than in all", func(s *Settings) { s.Pushes.InAll = 29 }, []string{"guard.pushes.per_calling_station", "limits nothing", "guard.pushes.per_client", "limits nothing"}},
		{"in all unlimited", func(s *Settings) { s.Pushes.InAll = 0 }, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := defaults()
			c.change(&s)
			found := s.Check()
			if len(found) != len(c.want)/2 {
				t.Fatalf("found %v", found)
			}
			for i, f := range found {
				key, fatal := strings.CutPrefix(c.want[2*i], "!")
				if f.Key != key || f.Warning == fatal || !strings.Contains(f.Message, c.want[2*i+1]) {
					t.Errorf("found %+v", f)
				}
			}
		})
	}
}
