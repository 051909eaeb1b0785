package wire

import (
	"encoding/binary"
	"errors"
	"slices"
)

// ErrTooLong says that a reply would exceed 4096 octets, or hold more attributes than a NAS must take.
var ErrTooLong = errors.New("reply is longer than 4096 octets")

// Origin is what a reply needs of its request. It shares nothing with the datagram, so that the datagram's memory is free
// while a login waits.
type Origin struct {
	Identifier    byte
	Authenticator [authenticatorSize]byte
	ProxyState    []byte // the request's Proxy-State attributes, encoded, in order; nil where there is none
}

// OriginOf copies what a reply will need.
func OriginOf(p Packet) Origin {
	o := Origin{Identifier: p.Identifier()}
	copy(o.Authenticator[:], p.Authenticator())
	p.Attributes(func(typ byte, value []byte) bool {
		if typ == ProxyState {
			o.ProxyState = Append(o.ProxyState, typ, value)
		}
		return true
	})
	return o
}

// Reply is a packet to send. The zero Signature signs: a Message-Authenticator is the first attribute.
type Reply struct {
	Code       Code
	Attributes []byte // encoded, without Message-Authenticator and Proxy-State
	Signature  Signature
}

// Signature says whether a reply carries a Message-Authenticator.
type Signature uint8

// The signatures. The zero Signature is the safe one (CVE-2024-3596).
const (
	Signed   Signature = iota // Message-Authenticator first
	Unsigned                  // none: an Accounting-Response, or a gateway that drops replies with it
)

// AppendReply appends the reply to a request: Message-Authenticator first, then the attributes, then the request's
// Proxy-State in order; Message-Authenticator and Response Authenticator are computed with the Request Authenticator (RFC
// 2865 section 3, RFC 3579 section 3.2). It returns ErrTooLong, and dst as it was, where 4096 octets do not suffice.
func (k *Key) AppendReply(dst []byte, o Origin, r Reply) ([]byte, error) {
	length := HeaderSize + len(r.Attributes) + len(o.ProxyState)
	if r.Signature == Signed {
		length += maSize
	}
	if length > MaxPacket {
		return dst, ErrTooLong
	}
	start := len(dst)
	dst = slices.Grow(dst, length)
	dst = append(dst, byte(r.Code), o.Identifier)
	dst = binary.BigEndian.AppendUint16(dst, uint16(length))
	dst = append(dst, o.Authenticator[:]...)
	if r.Signature == Signed {
		dst = append(dst, MessageAuthenticator, maSize)
		dst = append(dst, zeros[:]...)
	}
	dst = append(dst, r.Attributes...)
	dst = append(dst, o.ProxyState...)
	k.sign(dst[start:], r.Signature)
	return dst, nil
}

// AppendRequest appends a Disconnect-Request: Message-Authenticator first, computed under a Request Authenticator of zeros, then the encoded
// attributes; the Request Authenticator is computed over the whole (RFC 5176 sections 2.3 and 3.4). It returns ErrTooLong, and dst as it
// was, where 4096 octets do not suffice.
func (k *Key) AppendRequest(dst []byte, identifier byte, attributes []byte) ([]byte, error) {
	return k.AppendReply(dst, Origin{Identifier: identifier}, Reply{Code: DisconnectRequest, Attributes: attributes})
}

// sign fills in the Message-Authenticator, then the Response Authenticator over the whole.
func (k *Key) sign(raw []byte, s Signature) {
	m := k.machine()
	defer k.machines.Put(m)
	if s == Signed {
		m.mac.Reset()
		m.mac.Write(raw)
		copy(raw[HeaderSize+2:], m.mac.Sum(m.sum[:0]))
	}
	m.md.Reset()
	m.md.Write(raw)
	m.md.Write(m.secret)
	copy(raw[authenticatorAt:], m.md.Sum(m.sum[:0]))
}
