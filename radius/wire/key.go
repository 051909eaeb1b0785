package wire

import (
	"crypto/hmac"
	"crypto/md5" // demanded by RFC 2865 section 3, RFC 2866 section 3 and RFC 3579 section 3.2
	"crypto/subtle"
	"errors"
	"fmt"
	"hash"
	"sync"

	"ivalt-radius/secret"
)

// Key is one shared secret, ready to verify and to sign. It is safe for concurrent use and prints nothing of the secret.
// NewKey makes one; the zero Key verifies nothing.
type Key struct {
	machines *sync.Pool
}

// machine is one working place: two hash states and the room for their sums, so that nothing is allocated per packet.
type machine struct {
	secret []byte
	mac    hash.Hash // HMAC-MD5 under the secret
	md     hash.Hash // MD5
	sum    [md5.Size]byte
	header [HeaderSize]byte
}

var zeros [authenticatorSize]byte //nolint:gochecknoglobals // never written

// NewKey prepares a shared secret.
func NewKey(shared secret.Secret) *Key {
	octets := []byte(shared.Reveal())
	return &Key{machines: &sync.Pool{New: func() any {
		return &machine{secret: octets, mac: hmac.New(md5.New, octets), md: md5.New()}
	}}}
}

// Format implements fmt.Formatter, so that no verb reaches the secret.
func (*Key) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(secret.Redacted)) }

func (k *Key) machine() *machine {
	m, _ := k.machines.Get().(*machine)
	return m
}

// Verify reports whether the packet has a Message-Authenticator and it is right (RFC 3579 section 3.2), in constant time. For an
// Accounting-Request, and for the requests of RFC 5176 (section 3.4), it is computed with a Request Authenticator of zeros.
func (k *Key) Verify(p Packet) bool {
	if p.ma == 0 {
		return false
	}
	m := k.machine()
	defer k.machines.Put(m)
	if c := p.Code(); c == AccountingRequest || c == DisconnectRequest || c == coaRequest {
		return m.signed(p, zeros[:])
	}
	return m.signed(p, p.Authenticator())
}

// signed reports whether the packet's Message-Authenticator, which it has, is right under an authenticator.
func (m *machine) signed(p Packet, authenticator []byte) bool {
	copy(m.header[:], p.raw)
	copy(m.header[authenticatorAt:], authenticator)
	m.mac.Reset()
	m.mac.Write(m.header[:])
	m.mac.Write(p.raw[HeaderSize:p.ma])
	m.mac.Write(zeros[:])
	m.mac.Write(p.raw[p.ma+authenticatorSize:])
	return subtle.ConstantTimeCompare(m.mac.Sum(m.sum[:0]), p.raw[p.ma:p.ma+authenticatorSize]) == 1
}

// VerifyAccounting reports whether an Accounting-Request's Request Authenticator is right (RFC 2866 section 3), in constant
// time.
func (k *Key) VerifyAccounting(p Packet) bool {
	m := k.machine()
	defer k.machines.Put(m)
	m.md.Reset()
	m.md.Write(p.raw[:authenticatorAt])
	m.md.Write(zeros[:])
	m.md.Write(p.raw[HeaderSize:])
	m.md.Write(m.secret)
	return subtle.ConstantTimeCompare(m.md.Sum(m.sum[:0]), p.Authenticator()) == 1
}

// VerifyReply reports whether a packet answers the request with that Request Authenticator: its Response Authenticator is right, and its
// Message-Authenticator where it has one (RFC 5176 sections 2.3 and 3.4), in constant time. Whoever calls it compares the identifiers.
func (k *Key) VerifyReply(p Packet, authenticator []byte) bool {
	m := k.machine()
	defer k.machines.Put(m)
	m.md.Reset()
	m.md.Write(p.raw[:authenticatorAt])
	m.md.Write(authenticator)
	m.md.Write(p.raw[HeaderSize:])
	m.md.Write(m.secret)
	if subtle.ConstantTimeCompare(m.md.Sum(m.sum[:0]), p.Authenticator()) != 1 {
		return false
	}
	return !p.Signed() || m.signed(p, authenticator)
}

// Same reports whether both are of one secret, in constant time. A nil Key is the same as none.
func (k *Key) Same(other *Key) bool {
	if k == nil || other == nil {
		return false
	}
	m, o := k.machine(), other.machine()
	defer k.machines.Put(m)
	defer other.machines.Put(o)
	return subtle.ConstantTimeCompare(m.secret, o.secret) == 1
}

// Errors of Password.
var (
	ErrPasswordLength = errors.New("User-Password is not 16 to 128 octets in steps of 16")
	ErrPasswordNUL    = errors.New("User-Password holds a NUL octet")
)

// maxPassword is the longest User-Password (RFC 2865 section 5.2).
const maxPassword = 128

// Password uncovers a User-Password (RFC 2865 section 5.2) and strips the trailing NULs of its padding, and those alone.
// ErrPasswordNUL, for a NUL that stands before other octets, comes with the password as it is: a caller refuses it.
func (k *Key) Password(cipher, authenticator []byte) (secret.Secret, error) {
	if len(cipher) < md5.Size || len(cipher) > maxPassword || len(cipher)%md5.Size != 0 {
		return secret.Secret{}, ErrPasswordLength
	}
	var plain [maxPassword]byte
	k.uncover(plain[:], cipher, authenticator)
	end := len(cipher)
	for end > 0 && plain[end-1] == 0 {
		end--
	}
	password := secret.New(string(plain[:end]))
	for _, b := range plain[:end] {
		if b == 0 {
			return password, ErrPasswordNUL
		}
	}
	return password, nil
}

// uncover is the chain of RFC 2865 section 5.2: each block is covered by MD5 over the secret and the block before.
func (k *Key) uncover(plain, cipher, authenticator []byte) {
	m := k.machine()
	defer k.machines.Put(m)
	before := authenticator
	for at := 0; at < len(cipher); at += md5.Size {
		m.md.Reset()
		m.md.Write(m.secret)
		m.md.Write(before)
		subtle.XORBytes(plain[at:], cipher[at:at+md5.Size], m.md.Sum(m.sum[:0]))
		before = cipher[at : at+md5.Size]
	}
}
