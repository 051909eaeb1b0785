package sessions

import (
	"cmp"
	"encoding/binary"
	"net/netip"
	"time"

	"ivalt-radius/radius/accounting"
	"ivalt-radius/radius/wire"
)

// Session is one session as its NAS told of it. Its slices are shared and never changed.
type Session struct {
	Client     string     // the configured client's name
	Source     netip.Addr // where the NAS sends from, IPv4 never as IPv6
	Local      netip.Addr // the address of ours that it sends to; zero: unknown
	Key        *wire.Key  // the secret under which its last packet was believed; nil: another node believed it
	Node       string     // the node that believed it, where that is another one
	User       string     // in canonical form
	Station    netip.Addr // of the person; zero: the NAS told no address
	Attributes []byte     // what names it to its NAS (RFC 5176 section 3), encoded as the NAS sent it
	Heard      time.Time  // when the last packet that told of it came

	Measure accounting.Measure // what that packet measured; zero for an Access-Accept
	Grant   Grant              // by which login it is there; zero: not known
	Started time.Time          // zero: the NAS has not told
	Until   time.Time          // the end that the login was given; zero: none, or not known
	Use     Use                // so far
	Overrun time.Time          // when it was found to go on behind Until; zero: it was not

	accounted bool // accounting told of it
	elsewhere bool // another node heard that packet
}

// Grant is the login that let a session in.
type Grant struct {
	Attempt string        // its identifier
	At      time.Time     // when its Access-Accept left; zero until Admitted has it
	Limit   time.Duration // the Session-Timeout in it; 0: none
}

// Use is what a session has used, as its NAS counts.
type Use struct {
	Time    time.Duration // since it started; 0: not told
	In, Out uint64        // octets from the person and to them
	Unsure  bool          // a counter went back, or beyond what can be: the figures are the last that could be believed
}

// Granted is the session with the login that let it in: its attempt, and the Access-Accept as it leaves.
func (s Session) Granted(attempt string, reply []byte) Session {
	s.Grant = Grant{Attempt: attempt}
	p, err := wire.Parse(reply)
	if err != nil {
		return s
	}
	p.Attributes(func(typ byte, value []byte) bool {
		if typ == sessionTimeout && len(value) == net4 {
			s.Grant.Limit = time.Duration(binary.BigEndian.Uint32(value)) * time.Second
		}
		return true
	})
	return s
}

// sessionTimeout is how long a session may last, in seconds (RFC 2865 section 5.27).
const sessionTimeout = 27

// Accounted reports that accounting told of the session; else its login alone did.
func (s *Session) Accounted() bool { return s.accounted }

// at is when what the last packet told of happened.
func (s *Session) at() time.Time {
	if s.Measure.At.IsZero() {
		return s.Heard
	}
	return s.Measure.At
}

// inherit takes what an earlier packet told and this one does not: some NAS name the person's address in the login alone. Of a packet that reached
// another node the way by which an earlier one reached this one is kept.
func (s *Session) inherit(old *Session) {
	if s.Key == nil && old.Key != nil {
		s.Key, s.Local, s.Node = old.Key, old.Local, ""
	}
	if !s.Station.IsValid() {
		s.Station = old.Station
	}
	if s.Measure.Framed6 == "" {
		s.Measure.Framed6 = old.Measure.Framed6
	}
}

// The attributes that name a NAS and a session, of those that RFC 5176 section 3 lists: what VPN gateways send.
const (
	userName         = 1
	nasIPAddress     = 4
	framedIPAddress  = 8
	callingStationID = 31
	nasIdentifier    = 32
	acctSessionID    = 44
	nasIPv6Address   = 95
)

// Identify copies the attributes by which a NAS knows a session, as the packet has them and in its order: of each type the first that fits
// it. A Framed-IP-Address counts in an Accounting-Request alone; elsewhere it is a wish (RFC 2865 section 5.8).
func Identify(p wire.Packet) []byte {
	var room [mostNames]byte
	out := room[:0]
	var seen [nasIPv6Address + 1]bool
	p.Attributes(func(typ byte, value []byte) bool {
		if !names(typ, len(value)) || seen[typ] || typ == framedIPAddress && p.Code() != wire.AccountingRequest {
			return true
		}
		seen[typ] = true
		out = wire.Append(out, typ, value)
		return true
	})
	return append([]byte(nil), out...)
}

// names reports whether an attribute names a NAS or a session, and may have a value of that many octets.
func names(typ byte, size int) bool {
	switch typ {
	case userName, callingStationID, nasIdentifier, acctSessionID:
		return size > 0
	case nasIPAddress, framedIPAddress:
		return size == net4
	case nasIPv6Address:
		return size == net6
	}
	return false
}

// mostNames is how many octets the seven attributes have at most.
const mostNames = 7 * (wire.MaxValue + 2)

// The octets of an address.
const (
	net4 = 4
	net6 = 16
)

// attribute is the value as sent; empty: it has none.
func (s *Session) attribute(typ byte) string {
	found := ""
	_ = wire.Walk(s.Attributes, func(t byte, value []byte) bool {
		if t == typ {
			found = string(value)
		}
		return t != typ
	})
	return found
}

// ID is the Acct-Session-Id where it can be shown; empty: the NAS has told none.
func (s *Session) ID() string { return wire.Text([]byte(s.attribute(acctSessionID))) }

// NAS is the box as it names itself, where it can be shown: NAS-Identifier, else its address; empty: it does not.
func (s *Session) NAS() string {
	if id := s.attribute(nasIdentifier); id != "" {
		return wire.Text([]byte(id))
	}
	return cmp.Or(s.address(nasIPAddress), s.address(nasIPv6Address))
}

// FramedIP is the address that the person has within; empty: the NAS has told none.
func (s *Session) FramedIP() string { return s.address(framedIPAddress) }

func (s *Session) address(typ byte) string {
	addr, ok := netip.AddrFromSlice([]byte(s.attribute(typ)))
	if !ok {
		return ""
	}
	return addr.String()
}

// nas is the box as it names itself: NAS-Identifier, else its address, as sent.
func (s *Session) nas() string {
	for _, typ := range []byte{nasIdentifier, nasIPAddress, nasIPv6Address} {
		if name := s.attribute(typ); name != "" {
			return name
		}
	}
	return ""
}

// key names a session: where its NAS sends from, the NAS as it names itself and its Acct-Session-Id, or else the person and the calling station, as sent.
type key struct {
	client string
	source netip.Addr
	id     string
}

// byID is the session's key by its Acct-Session-Id; ok is false where it has none.
func (s *Session) byID() (k key, ok bool) {
	id := s.attribute(acctSessionID)
	return key{s.Client, s.Source, "i" + s.nas() + "\x00" + id}, id != ""
}

// byPair is the session's key by person and calling station.
func (s *Session) byPair() key {
	return key{s.Client, s.Source, "p" + s.attribute(userName) + "\x00" + s.attribute(callingStationID)}
}

// name is the key by Acct-Session-Id, else that by person and calling station.
func (s *Session) name() key {
	if k, ok := s.byID(); ok {
		return k
	}
	return s.byPair()
}
