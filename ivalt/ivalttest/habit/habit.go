package habit

import (
	"fmt"
	"net/http"
	"strings"

	"ivalt-radius/ivalt/ivalttest/plan"
)

// Dialect is which of the two path tables is answered. The zero Dialect is the gateway's.
type Dialect uint8

// The dialects.
const (
	Gateway Dialect = iota // "gateway": the paths of the public host
	Laravel                // "laravel": those of the application, bare and under /admin/public/api
	Both                   // "both"
)

func dialectWords() []string { return []string{"gateway", "laravel", "both"} }

// String is the word that flags and the control endpoint use, as for every switch below.
func (d Dialect) String() string { return wordOf(d, dialectWords()) }

// MarshalText implements encoding.TextMarshaler.
func (d Dialect) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *Dialect) UnmarshalText(text []byte) error {
	return readWord(d, "dialect", string(text), dialectWords())
}

// Denial is how a person's no is told. Clients disagree about it.
type Denial uint8

// The ways of telling a no; that none is told at all is a behaviour of people.
const (
	Denial401 Denial = iota // "401": 401 "Denied - User denied biometric authentication."
	Denial403               // "403": 403 "Authentication failed: biometric rejected."
)

func denialWords() []string { return []string{"401", "403"} }

// String is the denial's word.
func (d Denial) String() string { return wordOf(d, denialWords()) }

// MarshalText implements encoding.TextMarshaler.
func (d Denial) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *Denial) UnmarshalText(text []byte) error {
	return readWord(d, "denial", string(text), denialWords())
}

// Expiry is what a result endpoint says once a push or its answer is older than a push lives, until the next push.
type Expiry uint8

// What may be said then.
const (
	ExpiryPending Expiry = iota // "pending": the same as before anybody answered
	Expiry403                   // "403": 403 "Authentication request expired: …", as documents have it
)

func expiryWords() []string { return []string{"pending", "403"} }

// String is the expiry's word.
func (e Expiry) String() string { return wordOf(e, expiryWords()) }

// MarshalText implements encoding.TextMarshaler.
func (e Expiry) MarshalText() ([]byte, error) { return []byte(e.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (e *Expiry) UnmarshalText(text []byte) error {
	return readWord(e, "expiry", string(text), expiryWords())
}

// RateHeaders is what X-RateLimit-* speak of, where there are limits.
type RateHeaders uint8

// What the headers may speak of.
const (
	HeadersMinute RateHeaders = iota // "minute": the minute; of a refusal the limit that refused
	HeadersHour                      // "hour"
	HeadersNone                      // "none": there are none, and no Retry-After either
)

func headersWords() []string { return []string{"minute", "hour", "none"} }

// String is the headers' word.
func (h RateHeaders) String() string { return wordOf(h, headersWords()) }

// MarshalText implements encoding.TextMarshaler.
func (h RateHeaders) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (h *RateHeaders) UnmarshalText(text []byte) error {
	return readWord(h, "rate header", string(text), headersWords())
}

// Window is the one that the headers prefer.
func (h RateHeaders) Window() plan.Window {
	if h == HeadersHour {
		return plan.Hour
	}
	return plan.Minute
}

// Mobiles is which spellings of a mobile are taken.
type Mobiles uint8

// The spellings.
const (
	MobilesE164   Mobiles = iota // "e164": a plus and digits alone
	MobilesDigits                // "digits": digits without the plus too
)

func mobilesWords() []string { return []string{"e164", "digits"} }

// String is the spelling's word.
func (m Mobiles) String() string { return wordOf(m, mobilesWords()) }

// MarshalText implements encoding.TextMarshaler.
func (m Mobiles) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (m *Mobiles) UnmarshalText(text []byte) error {
	return readWord(m, "spelling of mobiles", string(text), mobilesWords())
}

// Spelled brings a mobile that is taken into its one form; others stay as they are, to be refused.
func (m Mobiles) Spelled(mobile string) string {
	if m == MobilesDigits && mobile != "" && mobile[0] != '+' {
		return "+" + mobile
	}
	return mobile
}

// Pending is what a result endpoint says while nobody has answered. Clients disagree about it, so a bridge must take all.
type Pending uint8

// The ways of saying that nobody has answered yet.
const (
	PendingCaptured Pending = iota // 404 "…was not found." after the geofence, 422 "Authentication pending" on the plain endpoint
	Pending404                     // 404 on both
	Pending422                     // 422 on both
	Pending400                     // 400 on both
)

func pendingWords() []string { return []string{"captured", "404", "422", "400"} }

// String is the word for the way of saying pending.
func (p Pending) String() string { return wordOf(p, pendingWords()) }

// ParsePending reads a word as String writes it.
func ParsePending(word string) (p Pending, err error) {
	err = p.UnmarshalText([]byte(word))
	return p, err
}

// MarshalText implements encoding.TextMarshaler.
func (p Pending) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (p *Pending) UnmarshalText(text []byte) error {
	return readWord(p, "way of saying pending", string(text), pendingWords())
}

// Status is the status on one of the two result endpoints.
func (p Pending) Status(e Policy) int {
	switch p {
	case PendingCaptured:
		if e == WithPolicy {
			return http.StatusNotFound
		}
	case Pending404:
		return http.StatusNotFound
	case Pending400:
		return http.StatusBadRequest
	case Pending422:
	}
	return http.StatusUnprocessableEntity
}

// wordOf is a switch's word; out of range it is the zero value's.
func wordOf[T ~uint8](value T, words []string) string {
	if int(value) < len(words) {
		return words[value]
	}
	return words[0]
}

// readWord sets a switch to what its word means, and leaves it alone where there is no such word.
func readWord[T ~uint8](to *T, what, word string, words []string) error {
	for value := range T(len(words)) {
		if words[value] == word {
			*to = value
			return nil
		}
	}
	return fmt.Errorf("no %s %q (known: %s)", what, word, strings.Join(words, ", "))
}
