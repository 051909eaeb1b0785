package password

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"
	"strconv"

	"golang.org/x/crypto/argon2"

	"ivalt-radius/secret"
)

// Cost is the work of one derivation (RFC 9106 section 3.1). The zero Cost is none that a hash may have.
type Cost struct {
	Memory uint32 // KiB
	Passes uint32
	Lanes  uint8 // each is a thread of its own
}

// The costs that Parse takes. The least memory is that of the leanest of OWASP's equal choices (Password Storage Cheat Sheet: 7 MiB, 5 passes); the most is
// libsodium's "moderate". A server has almost a derivation a core under way, so on sixteen cores that is 4 GiB already, which an entry of
// users.file must not multiply.
const (
	leastMemory, mostMemory = 7 << 10, 256 << 10 // KiB
	mostPasses              = 10
	mostLanes               = 4
	leastSalt, mostSalt     = 8, 64 // octets; RFC 9106 section 3.1 asks for 8 at least
	leastKey, mostKey       = 16, 64
)

// What Make takes: salt and key of the lengths that RFC 9106 section 4 recommends.
const saltSize, keySize = 16, 32

// Standard is the cost of Make, OWASP's first choice: 19 MiB, two passes, one lane. All of OWASP's choices cost an attacker the same. This one takes little
// memory for a server that has almost as many under way as cores, and its one lane takes one core, as Verifier counts.
func Standard() Cost { return Cost{Memory: 19 << 10, Passes: 2, Lanes: 1} }

// String is the cost as the PHC form writes it.
func (c Cost) String() string { return fmt.Sprintf("m=%d,t=%d,p=%d", c.Memory, c.Passes, c.Lanes) }

// Hash is the argon2id hash of a password. It never prints itself; Text gives it. The zero Hash is nobody's: no password matches it,
// with the work of one that Make made.
type Hash struct{ parts *parts } // behind a pointer, as in secret.Secret

// parts are what a hash consists of. Without a key no password matches.
type parts struct {
	cost      Cost
	salt, key []byte
}

// Make hashes a password under a fresh salt, at the Standard cost.
func Make(password secret.Secret) Hash {
	p := &parts{cost: Standard(), salt: make([]byte, saltSize)}
	_, _ = rand.Read(p.salt) // never fails
	p.key = p.derive(password)
	return Hash{p}
}

// Decoy is a hash that no password matches, and that takes the work of one of this cost: for people who have none.
func Decoy(c Cost) Hash { return Hash{&parts{cost: c, salt: make([]byte, saltSize)}} }

// phc is the one form that is taken: all parameters, in this order, base64 without padding.
var phc = regexp.MustCompile(`^\$argon2id\$v=19\$m=([1-9][0-9]{0,6}),t=([1-9][0-9]?),p=([1-9])\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$`)

// longest is more octets than any hash within the bounds has.
const longest = 256

var (
	errForm = errors.New("is no hash of the form $argon2id$v=19$m=19456,t=2,p=1$SALT$HASH: make one with `ivalt-radius hash-password`")
	errSalt = fmt.Errorf("the salt must have %d to %d octets", leastSalt, mostSalt)
	errKey  = fmt.Errorf("the hash must have %d to %d octets: was it cut off when it was copied?", leastKey, mostKey)
)

// Parse reads a hash in PHC form, as Text writes it: argon2id of version 19 alone, memory 7 MiB to 256 MiB, 1 to 10 passes, 1 to 4 lanes, a
// salt of 8 to 64 octets and a hash of 16 to 64. Anything else is an error, which quotes nothing of the text.
func Parse(text string) (Hash, error) {
	if len(text) > longest {
		return Hash{}, errForm
	}
	found := phc.FindStringSubmatch(text)
	if found == nil {
		return Hash{}, errForm
	}
	p := &parts{}
	for i, bound := range []struct {
		name        string
		least, most uint64
		set         func(n uint64)
	}{
		{"m", leastMemory, mostMemory, func(n uint64) { p.cost.Memory = uint32(n) }}, //nolint:gosec // G115: bounded right here
		{"t", 1, mostPasses, func(n uint64) { p.cost.Passes = uint32(n) }},           //nolint:gosec // G115: bounded right here
		{"p", 1, mostLanes, func(n uint64) { p.cost.Lanes = uint8(n) }},              //nolint:gosec // G115: bounded right here
	} {
		n, err := strconv.ParseUint(found[1+i], 10, 32)
		if err != nil || n < bound.least || n > bound.most {
			return Hash{}, fmt.Errorf("the cost %s of the hash must be %d to %d", bound.name, bound.least, bound.most)
		}
		bound.set(n)
	}
	var err error
	if p.salt, err = octets(found[4], leastSalt, mostSalt); err != nil {
		return Hash{}, errSalt
	}
	if p.key, err = octets(found[5], leastKey, mostKey); err != nil {
		return Hash{}, errKey
	}
	return Hash{p}, nil
}

// octets reads base64 without padding, in its one form.
func octets(text string, least, most int) ([]byte, error) {
	out, err := base64.RawStdEncoding.Strict().DecodeString(text)
	if err != nil || len(out) < least || len(out) > most {
		return nil, errForm
	}
	return out, nil
}

// Empty reports the zero Hash and a Decoy, which no password matches.
func (h Hash) Empty() bool { return h.parts == nil || h.parts.key == nil }

// Text is the hash in PHC form, which whoever has may try passwords against; empty where the Hash is.
func (h Hash) Text() secret.Secret {
	if h.Empty() {
		return secret.Secret{}
	}
	p, b64 := h.parts, base64.RawStdEncoding
	return secret.New(fmt.Sprintf("$argon2id$v=%d$%s$%s$%s", argon2.Version, p.cost, b64.EncodeToString(p.salt), b64.EncodeToString(p.key)))
}

// Cost is the work of one check; the zero Hash takes that of Make.
func (h Hash) Cost() Cost {
	if h.parts == nil {
		return Standard()
	}
	return h.parts.cost
}

// matches derives the password's key, whoever's the hash is, and compares in constant time.
func (h Hash) matches(password secret.Secret) bool {
	p := h.parts
	if p == nil {
		p = Decoy(Standard()).parts
	}
	return subtle.ConstantTimeCompare(p.derive(password), p.key) == 1
}

// derive makes the key of a password, as long as the one that is known.
func (p *parts) derive(password secret.Secret) []byte {
	size := uint32(keySize)
	if n := len(p.key); n > 0 {
		size = uint32(n) //nolint:gosec // G115: 64 at most
	}
	return argon2.IDKey([]byte(password.Reveal()), p.salt, p.cost.Passes, p.cost.Memory, p.cost.Lanes, size)
}

// String implements fmt.Stringer.
func (Hash) String() string { return secret.Redacted }

// GoString implements fmt.GoStringer, for %#v.
func (Hash) GoString() string { return secret.Redacted }

// Format implements fmt.Formatter, so that no verb reaches the hash.
func (Hash) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(secret.Redacted)) }

// MarshalText implements encoding.TextMarshaler, and so that of JSON.
func (Hash) MarshalText() ([]byte, error) { return []byte(secret.Redacted), nil }

// MarshalYAML implements the marshaller of YAML libraries.
func (Hash) MarshalYAML() (any, error) { return secret.Redacted, nil }
