package addresses

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"ivalt-radius/auth"
	"ivalt-radius/state"
)

// How many addresses are remembered, and for how long: one that has a mobile, one that has none.
const (
	mostAddresses = 10_000
	Lives         = 30 * time.Minute
	StrangerLives = time.Minute
)

// Book remembers which mobile belongs to an e-mail, and for a shorter while which e-mail has none. Safe for concurrent
// use.
type Book struct{ cache *state.Cache[auth.Mobile] }

// New makes an empty book. Close ends it.
func New() *Book {
	return &Book{cache: state.NewCache[auth.Mobile](Lives, mostAddresses)}
}

// Get reports what is known; an empty mobile is "iVALT knows nobody".
func (a *Book) Get(email string) (auth.Mobile, bool) { return a.cache.Get(strings.ToLower(email)) }

// Set keeps a mobile; an empty one for a shorter while.
func (a *Book) Set(email string, m auth.Mobile) {
	life := Lives
	if m.Empty() {
		life = StrangerLives
	}
	a.cache.SetFor(strings.ToLower(email), m, life) // full: the next login asks again
}

// Forget has the next login ask.
func (a *Book) Forget(email string) { a.cache.Delete(strings.ToLower(email)) }

// Close ends the book.
func (a *Book) Close() { a.cache.Close() }

// longestAddress is what an e-mail address may have (RFC 5321 section 4.5.3.1.3, without the brackets).
const longestAddress = 254

// Plausible reports whether a text can be an e-mail address at all: iVALT is not asked for a bare login name.
func Plausible(email string) bool {
	local, host, ok := strings.Cut(email, "@")
	return ok && local != "" && host != "" && !strings.Contains(host, "@") && len(email) <= longestAddress &&
		utf8.ValidString(email) && !strings.ContainsFunc(email, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) })
}
