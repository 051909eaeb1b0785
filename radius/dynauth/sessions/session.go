package sessions

import (
	"cmp"
	"net/netip"
	"time"

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

	accounted bool // accounting told of it
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

// key names a session: the NAS, and its Acct-Session-Id or else the person and the calling station, as sent.
type key struct {
	client string
	source netip.Addr
	id     string
}

// byID is the session's key by its Acct-Session-Id; ok is false where it has none.
func (s *Session) byID() (k key, ok bool) {
	id := s.attribute(acctSessionID)
	return key{s.Client, s.Source, "i" + id}, id != ""
}

// byPair is the session's key by person and calling station.
func (s *Session) byPair() key {
	return key{s.Client, s.Source, "p" + s.attribute(userName) + "\x00" + s.attribute(callingStationID)}
}
