package api

import (
	"math"
	"net/netip"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"ivalt-radius/guard"
)

// kind is what a field holds. The zero kind is a text.
type kind uint8

const (
	text    kind = iota // printable, of at most `most` octets
	word                // one of a closed list
	reason              // why something is done, as guard.CheckReason has it
	secret              // a text that no answer repeats
	handle              // an identifier of ours
	flag                // true or false
	count               // a whole number from 1 to `most`; 0 in the table: any that 64 bits hold
	moment              // RFC 3339
	address             // an IP address without a zone
	network             // an IP address or a prefix
	length              // how long, as 24h or 1h30m
)

// Bounds of what is asked, in octets.
const (
	mostReason   = 500
	mostName     = 253 // of a user: RFC 2865 section 5 has so many in an attribute
	mostPassword = 128 // RFC 2865 section 5.2
	mostID       = 64
	mostMoment   = 40
	mostAddress  = 64
	mostLength   = 32
)

// field is one thing that is asked: in the path where that names it, else in the query of a GET or DELETE, or in the body.
type field struct {
	name  string
	kind  kind
	must  bool
	most  int      // octets of a text, the greatest count
	words []string // of the kind word
	says  string   // what it is, for the document
	as    string   // an example of it
}

// need is the field as one that must be there.
func (f field) need() field {
	f.must = true
	return f
}

// meant is the field with other words.
func (f field) meant(says string) field {
	f.says = says
	return f
}

// values are what a request asks, by field; those that are left out are not there.
type values map[string]any

func (v values) text(name string) string      { s, _ := v[name].(string); return s }
func (v values) flag(name string) bool        { b, _ := v[name].(bool); return b }
func (v values) count(name string) uint64     { n, _ := v[name].(uint64); return n }
func (v values) moment(name string) time.Time { t, _ := v[name].(time.Time); return t }
func (v values) address(name string) netip.Addr {
	a, _ := v[name].(netip.Addr)
	return a
}

// length is how long; the second is where nothing was asked.
func (v values) length(name string, otherwise time.Duration) time.Duration {
	if d, ok := v[name].(time.Duration); ok {
		return d
	}
	return otherwise
}

// longest is how many octets a value may have.
func (f field) longest() int {
	switch f.kind {
	case reason:
		return mostReason
	case secret:
		return mostPassword
	case handle:
		return mostID
	case moment:
		return mostMoment
	case address, network:
		return mostAddress
	case text:
		return f.most
	case word, flag, count, length:
	}
	return mostLength
}

// read makes a value of the text of a query, a path or a JSON string. The second says in words what it must be; empty: it is.
func (f field) read(raw string) (any, string) {
	if raw == "" {
		return nil, "is empty: leave it out, or say something"
	}
	if len(raw) > f.longest() {
		return nil, "is longer than " + strconv.Itoa(f.longest()) + " octets"
	}
	if !clean(raw) {
		return nil, "must be printable UTF-8, without control characters"
	}
	value, ok := f.parse(raw)
	if !ok {
		return nil, "must be " + f.wants()
	}
	return value, ""
}

// clean reports a text that is UTF-8 and steers no terminal. U+FFFD stands for what was none.
func clean(raw string) bool {
	return guard.Printable(raw) && !strings.ContainsRune(raw, unicode.ReplacementChar) && utf8.ValidString(raw)
}

// parse makes a value of a clean text.
func (f field) parse(raw string) (any, bool) {
	switch f.kind {
	case word:
		for _, w := range f.words {
			if w == raw {
				return raw, true
			}
		}
		return nil, false
	case reason:
		return raw, guard.CheckReason(raw) == nil
	case handle:
		return raw, identifier(raw)
	case flag:
		return raw == "true", raw == "true" || raw == "false"
	case count:
		n, err := strconv.ParseUint(raw, 10, 64)
		return n, err == nil && n >= 1 && n <= f.greatest()
	case moment:
		t, err := time.Parse(time.RFC3339, raw)
		return t, err == nil
	case address:
		a, err := netip.ParseAddr(raw)
		return a.Unmap(), err == nil && a.Zone() == ""
	case network:
		return raw, isNetwork(raw)
	case length:
		d, err := time.ParseDuration(raw)
		return d, err == nil && d > 0
	case text, secret:
	}
	return raw, true
}

func (f field) greatest() uint64 {
	if f.most > 0 {
		return uint64(f.most)
	}
	return math.MaxInt64 // what other languages' integers hold too
}

// wants is what a value must be, in words that follow "must be".
func (f field) wants() string {
	switch f.kind {
	case word:
		return "one of " + strings.Join(f.words, ", ")
	case reason:
		return "why, in a few words; it stands in the trail"
	case handle:
		return "an identifier: letters, digits and . _ : -"
	case flag:
		return "true or false"
	case count:
		return "a whole number from 1 to " + strconv.FormatUint(f.greatest(), 10)
	case moment:
		return "a time as 2026-01-31T12:00:00Z (RFC 3339)"
	case address:
		return "an IP address"
	case network:
		return "an IP address or a prefix, as 192.0.2.0/24"
	case length:
		return "how long, as 24h"
	case text, secret:
	}
	return "a text"
}

// identifier reports a name that this program makes: of attempts, incidents, rehearsals and sessions.
func identifier(raw string) bool {
	return !strings.ContainsFunc(raw, func(r rune) bool {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		return !letter && (r < '0' || r > '9') && !strings.ContainsRune("._:-", r)
	})
}

func isNetwork(raw string) bool {
	if a, err := netip.ParseAddr(raw); err == nil {
		return a.Zone() == ""
	}
	_, err := netip.ParsePrefix(raw)
	return err == nil
}
