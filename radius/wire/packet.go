package wire

import (
	"encoding/binary"
	"errors"
)

// Code is a packet's first octet (RFC 2865 section 3).
type Code uint8

// The codes that a server of ours reads or writes.
const (
	AccessRequest      Code = 1
	AccessAccept       Code = 2
	AccessReject       Code = 3
	AccountingRequest  Code = 4
	AccountingResponse Code = 5
	AccessChallenge    Code = 11
	StatusServer       Code = 12
	DisconnectRequest  Code = 40
	DisconnectACK      Code = 41
	DisconnectNAK      Code = 42

	coaRequest Code = 43
)

// The attribute types that this package knows by name (RFC 2865 section 5.26 and 5.33, RFC 2869 section 5.14).
const (
	VendorSpecific       byte = 26
	ProxyState           byte = 33
	MessageAuthenticator byte = 80
)

// Sizes in octets, and how many attributes a packet may hold (as FreeRADIUS limits them).
const (
	HeaderSize    = 20
	MaxPacket     = 4096
	MaxAttributes = 200
	MaxValue      = 253

	authenticatorSize = 16
	authenticatorAt   = 4
	maSize            = 18
)

// Errors of Parse. Each of them means: discard in silence.
var (
	ErrShort        = errors.New("packet is shorter than its header")
	ErrLength       = errors.New("packet's Length is below 20 or above 4096")
	ErrTruncated    = errors.New("packet is shorter than its Length")
	ErrAttributes   = errors.New("packet's attributes do not fill it")
	ErrTypeZero     = errors.New("packet holds an attribute of type 0")
	ErrMany         = errors.New("packet holds more than 200 attributes")
	ErrAuthenticity = errors.New("packet's Message-Authenticator is not exactly one of 18 octets")
)

// Packet is a datagram whose structure is sound. It shares the datagram's memory; the zero Packet holds nothing and
// must not be read. Parse makes one.
type Packet struct {
	raw []byte // exactly Length octets
	ma  int    // where the Message-Authenticator's value begins; 0: there is none
}

// Parse checks a datagram's structure: RFC 2865 section 3 and 5, and the limits of this package. Octets beyond Length are
// padding and no part of the Packet.
func Parse(datagram []byte) (Packet, error) {
	if len(datagram) < HeaderSize {
		return Packet{}, ErrShort
	}
	length := int(binary.BigEndian.Uint16(datagram[2:4]))
	switch {
	case length < HeaderSize, length > MaxPacket:
		return Packet{}, ErrLength
	case length > len(datagram):
		return Packet{}, ErrTruncated
	}
	p := Packet{raw: datagram[:length:length]}
	return p, p.index()
}

// index walks the attributes once, checks them and finds the Message-Authenticator.
func (p *Packet) index() error {
	count := 0
	for at := HeaderSize; at < len(p.raw); {
		rest := p.raw[at:]
		if len(rest) < 2 || rest[1] < 2 || int(rest[1]) > len(rest) {
			return ErrAttributes
		}
		switch rest[0] {
		case 0:
			return ErrTypeZero
		case MessageAuthenticator:
			if p.ma != 0 || rest[1] != maSize {
				return ErrAuthenticity
			}
			p.ma = at + 2
		}
		if count++; count > MaxAttributes {
			return ErrMany
		}
		at += int(rest[1])
	}
	return nil
}

// Code is the packet's code.
func (p Packet) Code() Code { return Code(p.raw[0]) }

// Identifier matches requests and replies.
func (p Packet) Identifier() byte { return p.raw[1] }

// Authenticator is the header's 16 octets, shared with the datagram.
func (p Packet) Authenticator() []byte {
	return p.raw[authenticatorAt : authenticatorAt+authenticatorSize]
}

// Bytes are the packet's octets without padding, shared with the datagram.
func (p Packet) Bytes() []byte { return p.raw }

// Signed reports whether there is a Message-Authenticator. It says nothing about whether that one is right.
func (p Packet) Signed() bool { return p.ma != 0 }

// Attributes calls yield for every attribute in order, until it returns false. The value is shared with the datagram.
func (p Packet) Attributes(yield func(typ byte, value []byte) bool) {
	walk(p.raw[HeaderSize:], yield)
}

// walk goes through encoded attributes and stops where they are unsound; it reports whether they were sound so far.
func walk(raw []byte, yield func(typ byte, value []byte) bool) bool {
	for len(raw) > 0 {
		if len(raw) < 2 || raw[1] < 2 || int(raw[1]) > len(raw) {
			return false
		}
		if !yield(raw[0], raw[2:raw[1]]) {
			return true
		}
		raw = raw[raw[1]:]
	}
	return true
}

// Walk calls yield for every attribute of raw (encoded type, length, value), until it returns false. It returns
// ErrAttributes where raw is unsound; what stood before that was yielded.
func Walk(raw []byte, yield func(typ byte, value []byte) bool) error {
	if !walk(raw, yield) {
		return ErrAttributes
	}
	return nil
}

// leastVendor is the shortest value that names a vendor and holds one sub-attribute (RFC 2865 section 5.26).
const leastVendor = 6

// Vendor walks the sub-attributes of a Vendor-Specific value that follows the recommended form (RFC 2865 section 5.26). A
// value that does not is opaque: nothing more is yielded (RFC 5080 section 2.5).
func Vendor(value []byte, yield func(vendor uint32, typ byte, value []byte) bool) {
	if len(value) < leastVendor || value[0] != 0 {
		return
	}
	vendor := binary.BigEndian.Uint32(value)
	walk(value[4:], func(typ byte, sub []byte) bool { return yield(vendor, typ, sub) })
}

// Append appends one attribute. A value longer than 253 octets is cut, which a caller who must not lose octets prevents.
func Append(dst []byte, typ byte, value []byte) []byte {
	value = value[:min(len(value), MaxValue)]
	dst = append(dst, typ, byte(len(value)+2)) //nolint:gosec // at most 255
	return append(dst, value...)
}
