package blackbox

import (
	"crypto/hmac"
	"crypto/md5" //nolint:gosec // RADIUS is built on MD5 (RFC 2865 section 3)
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
)

// The codes and attributes that these tests speak (RFC 2865, RFC 2866, RFC 3579).
const (
	AccessRequest = 1
	AccessAccept  = 2
	AccessReject  = 3
	// AccessChallenge is RFC 2865 section 4.4.
	AccessChallenge = 11

	attrUserName             = 1
	attrUserPassword         = 2
	attrReplyMessage         = 18
	attrState                = 24
	attrCallingStation       = 31
	attrNASIdentifier        = 32
	attrMessageAuthenticator = 80
)

// Login is what a person types at a gateway, and how the gateway asks.
type Login struct {
	User, Password string
	CallingStation string // empty: the gateway does not tell
	ID             byte   // the packet's identifier
	Unsigned       bool   // no Message-Authenticator
	State          string // of an Access-Challenge that the gateway claims to answer; empty: none
}

// Request is one Access-Request, ready to be sent any number of times.
type Request struct {
	Bytes  []byte
	secret string
}

// NewRequest encodes a login with a fresh Request Authenticator.
func NewRequest(l Login, secret string) Request {
	var authenticator [16]byte
	_, _ = rand.Read(authenticator[:]) // never fails
	packet := append([]byte{AccessRequest, l.ID, 0, 0}, authenticator[:]...)
	if !l.Unsigned {
		packet = attribute(packet, attrMessageAuthenticator, make([]byte, 16))
	}
	packet = attribute(packet, attrUserName, []byte(l.User))
	packet = attribute(packet, attrUserPassword, hidden(l.Password, secret, authenticator[:]))
	packet = attribute(packet, attrNASIdentifier, []byte("blackbox"))
	if l.State != "" {
		packet = attribute(packet, attrState, []byte(l.State))
	}
	if l.CallingStation != "" {
		packet = attribute(packet, attrCallingStation, []byte(l.CallingStation))
	}
	binary.BigEndian.PutUint16(packet[2:], uint16(len(packet))) //nolint:gosec // far below 4096
	if !l.Unsigned {
		copy(packet[22:38], sign(packet, secret))
	}
	return Request{Bytes: packet, secret: secret}
}

func attribute(packet []byte, kind byte, value []byte) []byte {
	return append(append(packet, kind, byte(len(value)+2)), value...) //nolint:gosec // at most 253 octets
}

// hidden is RFC 2865 section 5.2.
func hidden(password, secret string, authenticator []byte) []byte {
	out := make([]byte, max(16, (len(password)+15)/16*16))
	copy(out, password)
	last := authenticator
	for i := 0; i < len(out); i += 16 {
		key := md5.Sum(append([]byte(secret), last...)) //nolint:gosec // RFC 2865 section 5.2
		for j := range key {
			out[i+j] ^= key[j]
		}
		last = out[i : i+16]
	}
	return out
}

func sign(packet []byte, secret string) []byte {
	mac := hmac.New(md5.New, []byte(secret))
	mac.Write(packet)
	return mac.Sum(nil)
}

// Reply is a verified answer.
type Reply struct {
	Code    byte
	ID      byte
	Message string // Reply-Message
	State   string // of an Access-Challenge
	Bytes   []byte
}

// Attribute is one attribute as it stands in a reply.
type Attribute struct {
	Kind  byte
	Value string
}

// Attributes are those of the reply, in its order, without the Message-Authenticator, which stands first.
func (r Reply) Attributes() []Attribute { return attributes(r.Bytes[38:]) }

// Verify checks an answer to the request: identifier, lengths, Response Authenticator, and a Message-Authenticator that is
// right and the first attribute.
func (r Request) Verify(answer []byte) (Reply, error) {
	if len(answer) < 20 || int(binary.BigEndian.Uint16(answer[2:])) != len(answer) {
		return Reply{}, errors.New("not a RADIUS packet")
	}
	if answer[1] != r.Bytes[1] {
		return Reply{}, fmt.Errorf("identifier %d, asked with %d", answer[1], r.Bytes[1])
	}
	signed := append([]byte(nil), answer...)
	copy(signed[4:20], r.Bytes[4:20])
	sum := md5.Sum(append(signed, r.secret...)) //nolint:gosec // RFC 2865 section 3
	if !hmac.Equal(sum[:], answer[4:20]) {
		return Reply{}, errors.New("wrong Response Authenticator")
	}
	if len(answer) < 38 || answer[20] != attrMessageAuthenticator || answer[21] != 18 {
		return Reply{}, errors.New("the first attribute is no Message-Authenticator")
	}
	signed = signed[:len(answer)]
	clear(signed[22:38])
	if !hmac.Equal(sign(signed, r.secret), answer[22:38]) {
		return Reply{}, errors.New("wrong Message-Authenticator")
	}
	reply := Reply{Code: answer[0], ID: answer[1], Bytes: answer}
	for _, a := range reply.Attributes() {
		switch a.Kind {
		case attrReplyMessage:
			reply.Message += a.Value
		case attrState:
			reply.State = a.Value
		}
	}
	return reply, nil
}

func attributes(octets []byte) (all []Attribute) {
	for len(octets) >= 2 && int(octets[1]) >= 2 && int(octets[1]) <= len(octets) {
		all = append(all, Attribute{Kind: octets[0], Value: string(octets[2:octets[1]])})
		octets = octets[octets[1]:]
	}
	return all
}
