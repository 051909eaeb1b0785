package doctoring

import (
	"time"

	"ivalt-radius/admin"
	"ivalt-radius/cmd/ivalt-radius/window"
	"ivalt-radius/config"
	"ivalt-radius/doctor"
)

// windowOf is what the settings say of the operator's window, and what its certificate is.
func windowOf(s *config.Settings, now time.Time) doctor.Fact[doctor.Window] {
	at, tls := s.Listen.Admin, s.Admin.TLS
	w := doctor.Window{On: at.IsValid(), Loopback: at.Addr().IsLoopback(), TLS: tls.On(), Accounts: len(s.Admin.Accounts)}
	if w.On && w.TLS {
		expires, err := admin.CheckPair(tls.Certificate, tls.Key)
		if w.Expires = expires; err != nil {
			w.Trouble = err.Error()
		}
	}
	who, _ := window.Access(s, now)
	for _, t := range who.Tokens {
		if w.Tokens++; !now.Before(t.Expires) {
			w.Expired = append(w.Expired, t.Name)
		}
	}
	return doctor.Known(w)
}
