package ivalt

import (
	"strings"
	"time"

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
