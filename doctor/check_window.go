package doctor

import (
	"fmt"
	"time"
)

func hasWindow(f *Facts) bool { return !f.Window.Known || f.Window.Value.On }

// soonExpired is when a certificate is worth a word: a person must get a new one.
const soonExpired = 30 * 24 * time.Hour

func windowCertificate(f *Facts, v *verdict) {
	if !known(f.Window, v, "the operator's window") {
		return
	}
	w := f.Window.Value
	left := w.Expires.Sub(f.At)
	date := w.Expires.UTC().Format(time.DateOnly)
	const remedy = "put a new pair into the files of admin.tls; it is taken within 10 s"
	switch {
	case !w.TLS && w.Loopback:
		v.ok("plain HTTP at a loopback address: whoever is elsewhere comes through ssh or a proxy with TLS")
	case !w.TLS:
		v.fault("plain HTTP, where others can read passwords", "set admin.tls.certificate and admin.tls.key, or listen at 127.0.0.1")
	case w.Trouble != "":
		v.fault("the certificate cannot be used: "+w.Trouble, "mend the files of admin.tls")
	case left <= 0:
		v.fault("the certificate expired on "+date, remedy)
	case left < soonExpired:
		v.warning(fmt.Sprintf("the certificate expires on %s, in %d days", date, int(left/(24*time.Hour))), remedy)
	default:
		v.ok("the certificate is good until " + date)
	}
}

func windowAccess(f *Facts, v *verdict) {
	if !known(f.Window, v, "the operator's window") {
		return
	}
	w := f.Window.Value
	if len(w.Expired) > 0 {
		v.warning("tokens that have expired: "+list(w.Expired), "draw new ones, or take them out of admin.tokens")
	}
	switch {
	case w.Accounts == 0 && w.Tokens == 0:
		v.warning("nobody may sign in: it has health and metrics alone", "add an account with a hash of ivalt-radius hash-password to admin.accounts, or set listen.admin to \"\"")
	case w.Accounts == 0:
		v.ok(fmt.Sprintf("%d tokens, and no account", w.Tokens))
	default:
		v.ok(fmt.Sprintf("accounts: %d, tokens: %d", w.Accounts, w.Tokens))
	}
}
