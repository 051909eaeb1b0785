package mschap

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"unicode/utf16"

	"layeh.com/radius/rfc2759"

	"ivalt-radius/secret"
)

// hashSize is an NT hash's length in octets.
const hashSize = 16

// ErrHash says that a text is no NT hash. It holds nothing of the text.
var ErrHash = errors.New("is no NT hash: 32 hexadecimal digits")

// Hash is a person's NT hash: MD4 over the password in UTF-16, little-endian (RFC 2759 section 8.3). It never prints itself. The
// zero Hash is nobody's.
type Hash struct{ octets secret.Secret }

// ParseHash reads 32 hexadecimal digits, in either case. Any other text is ErrHash.
func ParseHash(digits secret.Secret) (Hash, error) {
	octets, err := hex.DecodeString(digits.Reveal())
	if err != nil || len(octets) != hashSize {
		return Hash{}, ErrHash
	}
	return Hash{octets: secret.New(string(octets))}, nil
}

// HashOf is the hash of a password. Octets that are no UTF-8 count as U+FFFD.
func HashOf(password secret.Secret) Hash {
	var units []byte
	for _, unit := range utf16.Encode([]rune(password.Reveal())) {
		units = binary.LittleEndian.AppendUint16(units, unit)
	}
	return Hash{octets: secret.New(string(rfc2759.NTPasswordHash(units)))}
}

// Digits are the hash as ParseHash reads it, in lower case: whoever has them logs in as with the password. Empty where the Hash is.
func (h Hash) Digits() secret.Secret {
	return secret.New(hex.EncodeToString([]byte(h.octets.Reveal())))
}

// Empty reports the zero Hash.
func (h Hash) Empty() bool { return h.octets.Empty() }

// Format implements fmt.Formatter, so that no verb reaches the hash.
func (Hash) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(secret.Redacted)) }

// MarshalText implements encoding.TextMarshaler.
func (Hash) MarshalText() ([]byte, error) { return []byte(secret.Redacted), nil }
