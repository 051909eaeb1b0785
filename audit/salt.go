package audit

import (
	"crypto/rand"
	"encoding/hex"
)

// saltSize is the octets of a salt.
const saltSize = 16

// salter gives the lines that may name a person a last field of their own, random: once the person is forgotten, the hash of the
// line is no oracle for whoever guesses the name. The log does not have it. One goroutine owns it.
type salter struct {
	random [64 * saltSize]byte
	left   []byte // of random
	fields []byte
}

// salted reports the types whose lines get a salt.
func salted(kind Type) bool {
	return kind == AuthenticationAttempt || kind == SecurityEvent || kind == UserAction || kind == DataAccess
}

// add returns fields with a salt behind them where the type has one. It is valid until the next call.
func (s *salter) add(kind Type, fields []byte) []byte {
	if !salted(kind) {
		return fields
	}
	if len(s.left) == 0 {
		_, _ = rand.Read(s.random[:]) // never fails
		s.left = s.random[:]
	}
	s.fields = append(s.fields[:0], fields...)
	if len(fields) > 0 {
		s.fields = append(s.fields, ',')
	}
	s.fields = append(s.fields, `"salt":"`...)
	s.fields = hex.AppendEncode(s.fields, s.left[:saltSize])
	s.left = s.left[saltSize:]
	return append(s.fields, '"')
}
