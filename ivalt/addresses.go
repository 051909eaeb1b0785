package ivalt

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"ivalt-radius/auth"
	"ivalt-radius/state"
)

const (
	mostAddresses = 10_000
	addressLives  = 30 * time.Minute
	strangerLives = time.Minute
)

// addresses remembers which mobile belongs to an e-mail, and for a shorter while which e-mail has none. Safe for concurrent
// use.
type addresses struct{ cache *state.Cache[auth.Mobile] }

func newAddresses() *addresses {
	return &addresses{cache: state.NewCache[auth.Mobile](addressLives, mostAddresses)}
}

// get reports what is known; an empty mobile is "iVALT knows nobody".
func (a *addresses) get(email string) (auth.Mobile, bool) { return a.cache.Get(strings.ToLower(email)) }

func (a *addresses) set(email string, m auth.Mobile) {
	life := addressLives
	if m.Empty() {
		life = strangerLives
	}
	a.cache.SetFor(strings.ToLower(email), m, life) // full: the next login asks again
}

func (a *addresses) forget(email string) { a.cache.Delete(strings.ToLower(email)) }

func (a *addresses) close() { a.cache.Close() }

// longestAddress is what an e-mail address may have (RFC 5321 section 4.5.3.1.3, without the brackets).
const longestAddress = 254

// plausible reports whether a text can be an e-mail address at all: iVALT is not asked for a bare login name.
func plausible(email string) bool {
	local, host, ok := strings.Cut(email, "@")
	return ok && local != "" && host != "" && !strings.Contains(host, "@") && len(email) <= longestAddress &&
		utf8.ValidString(email) && !strings.ContainsFunc(email, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) })
}
