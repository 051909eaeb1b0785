package wire

import (
	"crypto/md5" // demanded by RFC 2868 section 3.5
	"crypto/rand"
	"crypto/subtle"
	"encoding/binary"
	"errors"
)

// MaxSealed is how many octets a value may have that is sealed: with its length, its padding and a salt it fits one attribute,
// behind a tag or inside a Vendor-Specific one.
const MaxSealed = 239

// ErrSealed says that a value is too long to be sealed.
var ErrSealed = errors.New("a value of more than 239 octets cannot travel encrypted")

const (
	saltSize = 2
	saltMark = 1 << 15 // the top bit, which is always set
)

// Salts are the salts of one reply: random, each with its top bit set, none twice (RFC 2868 section 3.5). The zero Salts
// is ready. It is not safe for concurrent use.
type Salts struct {
	begun bool
	last  uint16
}

// next is the salt after the last one; the first is random.
func (s *Salts) next() (salt [saltSize]byte) {
	if !s.begun {
		var random [saltSize]byte
		_, _ = rand.Read(random[:]) // it never fails
		s.last, s.begun = binary.BigEndian.Uint16(random[:]), true
	}
	s.last++
	binary.BigEndian.PutUint16(salt[:], s.last|saltMark)
	return salt
}

// AppendSealed appends a value as it travels encrypted from here to the NAS: a salt, then, under the secret and the Request
// Authenticator, the value with its length before it and zeros behind it to a multiple of 16 octets (RFC 2868 section 3.5; RFC
// 2548 section 2.4.2 has the same). The tag of a Tunnel-Password is no part of it. It returns ErrSealed, and dst as it was, where
// the value is longer than MaxSealed. One Salts serves at most 32768 values.
func (k *Key) AppendSealed(dst, value, authenticator []byte, salts *Salts) ([]byte, error) {
	if len(value) > MaxSealed {
		return dst, ErrSealed
	}
	var plain [1 + MaxSealed]byte
	plain[0] = byte(len(value)) //nolint:gosec // at most 239
	copy(plain[1:], value)
	size := (1 + len(value) + md5.Size - 1) / md5.Size * md5.Size
	salt := salts.next()
	dst = append(dst, salt[:]...)
	start := len(dst)
	dst = append(dst, plain[:size]...)
	clear(plain[:])
	k.cover(dst[start:], authenticator, salt[:])
	return dst, nil
}

// cover is the chain of RFC 2868 section 3.5, in place: each block is covered by MD5 over the secret and the covered block
// before, the first by MD5 over the secret, the Request Authenticator and the salt.
func (k *Key) cover(octets, authenticator, salt []byte) {
	m := k.machine()
	defer k.machines.Put(m)
	m.md.Reset()
	m.md.Write(m.secret)
	m.md.Write(authenticator)
	m.md.Write(salt)
	for at := 0; at < len(octets); at += md5.Size {
		block := octets[at : at+md5.Size]
		subtle.XORBytes(block, block, m.md.Sum(m.sum[:0]))
		m.md.Reset()
		m.md.Write(m.secret)
		m.md.Write(block)
	}
}
