package gate

import (
	"time"

	"ivalt-radius/fault"
	"ivalt-radius/guard/gate/limit"
	"ivalt-radius/guard/gate/lockout"
	"ivalt-radius/guard/gate/pause"
)

// Settings are those of `guard` that the gate is made of.
type Settings struct {
	Attempts       Rates
	WrongPasswords Rates
	Pushes         Rates
	Lockout        lockout.Settings
	Unanswered     Unanswered
	Denied         time.Duration // guard.denied.for; 0: no cool-down
}

// Rates are how many there may be within a window; 0 is unlimited.
type Rates struct {
	Window            time.Duration
	PerUser           int // of one familiar place, and of all others of the person together
	PerCallingStation int
	PerClient         int
	InAll             int
}

// Unanswered is for pushes that nobody answers.
type Unanswered struct {
	After int // in a row; 0: never
	For   time.Duration
	Most  time.Duration
}

func (s Settings) pauses() pause.Settings {
	return pause.Settings{After: s.Unanswered.After, For: s.Unanswered.For, Most: s.Unanswered.Most, Denied: s.Denied}
}

// kind is what is counted.
type kind uint8

const (
	attempts kind = iota
	wrongPasswords
	pushes
	kinds
)

// scope is whom a count belongs to.
type scope uint8

const (
	perUser scope = iota
	perStation
	perClient
	inAll
	scopes
)

// word is the setting's key.
func (k kind) word() string {
	return [kinds]string{"guard.attempts", "guard.wrong_passwords", "guard.pushes"}[k]
}

func (s scope) word() string {
	return [scopes]string{".per_user", ".per_calling_station", ".per_client", ".in_all"}[s]
}

// rates are those of a kind.
func (s *Settings) rates(k kind) *Rates {
	return [kinds]*Rates{&s.Attempts, &s.WrongPasswords, &s.Pushes}[k]
}

// rate is that of a scope.
func (r *Rates) rate(s scope) limit.Rate {
	return limit.Rate{Most: [scopes]int{r.PerUser, r.PerCallingStation, r.PerClient, r.InAll}[s], Window: r.Window}
}

// What Check measures by. OpenVPN Access Server documents its own lockout, other gateways none that is known (docs/decisions/0009).
const (
	accessServer = 5   // failures in a row after which Access Server locks an account for 900 s; 3 before its version 2.10
	mostGuesses  = 100 // failed attempts in a row that NIST SP 800-63B section 5.2.2 allows
)

// Check finds what does not fit together, and warns of limits that protect nothing, or that a gateway's own lockout comes before.
func (s Settings) Check() fault.List {
	var l fault.List
	s.checkLengths(&l)
	for k := range kinds {
		s.rates(k).check(&l, k.word())
	}
	s.checkWidth(&l)
	if n := s.Pushes.PerUser; n >= accessServer {
		l.Warn("guard.pushes.per_user", "%d pushes that nobody answers are as many Rejects: OpenVPN Access Server locks an account out after %d (3 before 2.10); let it be less", n, accessServer)
	}
	if n := s.Unanswered.After; n >= accessServer {
		l.Warn("guard.unanswered.after", "OpenVPN Access Server locks an account out after %d failures (3 before 2.10): let it be less than %d, so that it does not come first", accessServer, n)
	}
	if n := s.Lockout.After; n >= accessServer {
		l.Warn("guard.lockout.after", "OpenVPN Access Server locks an account out after %d failures (3 before 2.10), for strangers and the person alike: let it be less than %d, so that it does not come first", accessServer, n)
	}
	return l
}

// checkLengths: no length is above its longest.
func (s Settings) checkLengths(l *fault.List) {
	longest := "is %s, less than guard.%s.for (%s): make it at least as long"
	if o := s.Lockout; o.After > 0 && o.Most < o.For {
		l.Add("guard.lockout.most", longest, o.Most, "lockout", o.For)
	}
	if u := s.Unanswered; u.After > 0 && u.Most < u.For {
		l.Add("guard.unanswered.most", longest, u.Most, "unanswered", u.For)
	}
	if n := s.WrongPasswords.PerUser; n > 0 && n < s.Lockout.After && s.WrongPasswords.Window >= s.Lockout.Window {
		l.Warn("guard.lockout.after", "is never reached: guard.wrong_passwords.per_user (%d) comes first, with no lockout", n)
	}
}

// check warns of a limit that another one always comes before.
func (r *Rates) check(l *fault.List, key string) {
	for s := perUser; s < inAll; s++ {
		if n := r.rate(s).Most; r.InAll > 0 && n > r.InAll {
			l.Warn(key+s.word(), "is %d, more than %s.in_all (%d), which comes first: it limits nothing", n, key, r.InAll)
		}
	}
}

// checkWidth warns of limits that protect nothing.
func (s Settings) checkWidth(l *fault.List) {
	guesses := s.WrongPasswords.PerUser
	if s.Lockout.After == 0 {
		l.Warn("guard.lockout.after", "is 0: nobody is ever locked out, however many wrong passwords come from one place")
	}
	if guesses == 0 {
		l.Warn("guard.wrong_passwords.per_user", "is 0: strangers with many addresses may guess one person's password without end")
	}
	for _, most := range []struct {
		key string
		n   int
	}{{"guard.lockout.after", s.Lockout.After}, {"guard.wrong_passwords.per_user", guesses}} {
		if most.n > mostGuesses {
			l.Warn(most.key, "is %d: so many guesses protect no password that people choose; %d are the most that NIST SP 800-63B allows", most.n, mostGuesses)
		}
	}
	if s.Pushes.PerUser == 0 && s.Unanswered.After == 0 {
		l.Warn("guard.pushes.per_user", "is 0, as guard.unanswered.after is: who knows a password may let a phone ring until somebody gives in")
	}
	if s.Attempts.PerUser == 0 && s.Attempts.PerCallingStation == 0 && s.Attempts.PerClient == 0 && s.Attempts.InAll == 0 {
		l.Warn("guard.attempts", "has no limit at all: one broken gateway may keep the server busy")
	}
}
