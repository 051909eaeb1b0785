package main

import (
	"bytes"
	"crypto/hmac"
	"crypto/md5" //nolint:gosec // RADIUS, RFC 2865
	"crypto/sha256"
	"encoding/binary"
	"math/rand/v2"
	"strconv"
)

// The bits of RADIUS that a generator needs, by hand so that the generator costs little.
const (
	accessRequest = 1
	accessAccept  = 2
	accessReject  = 3

	attrUser     = 1
	attrPassword = 2
	attrStation  = 31
	attrNAS      = 32
	attrMA       = 80

	headerSize = 20
	sealSize   = 16
	maAt       = headerSize + 2 // Message-Authenticator is the first attribute
)

// gateway makes requests and verifies answers under one shared secret. It belongs to one goroutine.
type gateway struct {
	secret []byte
	random *rand.ChaCha8
	pass   []byte
	from   string // Calling-Station-Id
}

// The passwords that people type.
const (
	rightPassword = "correct horse"
	wrongPassword = "another horse"
)

// padded is a password as RFC 2865 section 5.2 fills it up, 16 octets at most.
func padded(password string) []byte {
	return append([]byte(password), make([]byte, sealSize-len(password))...)
}

func newGateway(seed int) *gateway {
	return &gateway{
		secret: []byte(sharedSecret), random: rand.NewChaCha8(sha256.Sum256([]byte(strconv.Itoa(seed)))),
		pass: padded(rightPassword), from: "203.0.113.9",
	}
}

// request appends a signed PAP Access-Request with a fresh authenticator.
func (g *gateway) request(dst []byte, id byte, user string) []byte {
	p := append(dst[:0], accessRequest, id, 0, 0)
	var auth [sealSize]byte
	_, _ = g.random.Read(auth[:])
	p = append(p, auth[:]...)
	p = append(p, attrMA, sealSize+2)
	p = append(p, make([]byte, sealSize)...)
	p = text(p, attrUser, user)
	key := md5.Sum(append(bytes.Clone(g.secret), auth[:]...)) //nolint:gosec // RFC 2865 section 5.2
	p = append(p, attrPassword, sealSize+2)
	for i, c := range g.pass {
		p = append(p, c^key[i])
	}
	p = text(text(p, attrStation, g.from), attrNAS, "bench")
	binary.BigEndian.PutUint16(p[2:], uint16(len(p))) //nolint:gosec // some hundred octets
	mac := hmac.New(md5.New, g.secret)
	mac.Write(p)
	mac.Sum(p[:maAt])
	return p
}

func text(p []byte, typ byte, value string) []byte {
	return append(append(p, typ, byte(len(value)+2)), value...) //nolint:gosec // short texts
}

// seal says how much of an answer is verified.
type seal uint8

const (
	unsealed seal = iota // an echo
	bare                 // the Response Authenticator
	signed               // and the Message-Authenticator, the first attribute
)

// verify reports whether the answer is right for the request, and its code.
func (g *gateway) verify(request, answer []byte, s seal) (byte, bool) {
	if s == unsealed {
		return accessReject, bytes.Equal(request, answer)
	}
	if len(answer) < headerSize || answer[1] != request[1] {
		return 0, false
	}
	got := [sealSize]byte(answer[4:headerSize])
	copy(answer[4:headerSize], request[4:headerSize])
	if sum := md5.Sum(append(answer[:len(answer):len(answer)], g.secret...)); sum != got { //nolint:gosec // RFC 2865 section 3
		return 0, false
	}
	if s == bare {
		return answer[0], true
	}
	if len(answer) < maAt+sealSize || answer[headerSize] != attrMA {
		return 0, false
	}
	mac := [sealSize]byte(answer[maAt : maAt+sealSize])
	clear(answer[maAt : maAt+sealSize])
	h := hmac.New(md5.New, g.secret)
	h.Write(answer)
	return answer[0], hmac.Equal(h.Sum(nil), mac[:])
}
