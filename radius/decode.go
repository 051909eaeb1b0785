package radius

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"strconv"

	"ivalt-radius/audit"
	"ivalt-radius/auth"
	"ivalt-radius/radius/client"
	"ivalt-radius/radius/wire"
	"ivalt-radius/secret"
)

// The attribute types that decode reads (RFC 2865 section 5, RFC 2869 section 5, RFC 3162 section 2).
const (
	attrUserName       = 1
	attrUserPassword   = 2
	attrCHAPPassword   = 3
	attrNASIPAddress   = 4
	attrReplyMessage   = 18
	attrState          = 24
	attrSessionTimeout = 27
	attrNASIdentifier  = 32
	attrARAPPassword   = 70
	attrEAPMessage     = 79
	attrNASIPv6Address = 95

	vendorMicrosoft = 311 // RFC 2548
	msCHAPResponse  = 1
	msCHAP2Response = 25
	chapSize        = 17
)

// question is a packet that may be answered: whole, from its client, in order.
type question struct {
	packet  wire.Packet
	key     *wire.Key         // the secret that signs the answer
	request auth.Request      // of an Access-Request
	told    *audit.Accounting // of an Accounting-Request
}

// decode makes a question of a datagram, or says why it is dropped.
func (s *Server) decode(d *datagram) (question, cause) {
	p, err := wire.Parse(d.buf[:d.size])
	switch {
	case errors.Is(err, wire.ErrAuthenticity):
		return question{}, badAuthenticator
	case err != nil:
		return question{}, malformed
	}
	q := question{packet: p}
	switch {
	case p.Code() == wire.StatusServer:
		q.key, err = verified(d.client, p)
	case p.Code() == wire.AccessRequest && d.socket.port == authentication:
		return s.decodeAccess(d, q)
	case p.Code() == wire.AccountingRequest && d.socket.port == accountingPort:
		return decodeAccounting(d, q)
	default:
		return question{}, wrongCode
	}
	return q, causeOf(err)
}

// Why a packet is not believed.
var (
	errUnsigned = errors.New("no Message-Authenticator")
	errForged   = errors.New("no shared secret of the client verifies the packet")
)

func causeOf(err error) cause {
	switch {
	case err == nil:
		return sound
	case errors.Is(err, errUnsigned):
		return missingMessageAuthenticator
	}
	return badAuthenticator
}

// verified finds the secret under which the Message-Authenticator is right.
func verified(c *client.Client, p wire.Packet) (*wire.Key, error) {
	if !p.Signed() {
		return nil, errUnsigned
	}
	for _, k := range c.Keys {
		if k.Verify(p) {
			return k, nil
		}
	}
	return nil, errForged
}

// decodeAccess makes a login's request. From here on a packet that is believed is answered: what is wrong with it is its
// Defect.
func (s *Server) decodeAccess(d *datagram, q question) (question, cause) {
	f := &d.facts
	f.gather(q.packet)
	key, err := verified(d.client, q.packet)
	switch {
	case errors.Is(err, errForged):
		return q, badAuthenticator
	case err == nil:
		s.learn(d, f)
	case f.count[attrEAPMessage] > 0, !s.mayOmit(d, f):
		return q, missingMessageAuthenticator
	case f.credentials() == 0:
		return q, noCredential
	default:
		key = d.client.Keys[0]
	}
	q.key = key
	q.request = d.request(q, f)
	return q, sound
}

// learn remembers, under `auto`, that the address signs its requests. One with EAP-Message teaches nothing: that kind must
// be signed anyway.
func (s *Server) learn(d *datagram, f *facts) {
	if d.client.Policy != client.Auto || f.count[attrEAPMessage] > 0 {
		return
	}
	if key := LearnedKey(d.client.Auth.Name, d.source.Addr()); !s.learned.Has(key) {
		s.learned.Learn(key)
	}
}

// mayOmit reports whether a request without Message-Authenticator is taken.
func (s *Server) mayOmit(d *datagram, f *facts) bool {
	switch d.client.Policy {
	case client.Optional:
		return true
	case client.Auto:
		return f.count[wire.ProxyState] == 0 && !s.learned.Has(LearnedKey(d.client.Auth.Name, d.source.Addr()))
	case client.Required:
	}
	return false
}

// facts are the attributes that matter, as they stand in the packet: nothing of them is decoded yet.
type facts struct {
	count         [wire.MessageAuthenticator + 1]uint8 // how many of each type up to 80
	user          []byte
	password      []byte
	chap          []byte
	state         []byte
	nasIdentifier []byte
	nasAddress    []byte
	nasAddress6   []byte
	mschap        bool
}

// gather reads a packet: it walks the attributes once. Of an attribute that stands there twice the first counts here; those for which that
// is no answer are counted.
func (f *facts) gather(p wire.Packet) {
	*f = facts{}
	p.Attributes(func(typ byte, value []byte) bool {
		if int(typ) < len(f.count) {
			f.count[typ]++ // at most 200 attributes
		}
		if place := f.place(typ); place != nil && *place == nil {
			*place = value
		}
		if typ == wire.VendorSpecific && vendorOf(value) == vendorMicrosoft {
			wire.Vendor(value, func(_ uint32, typ byte, _ []byte) bool {
				f.mschap = f.mschap || typ == msCHAPResponse || typ == msCHAP2Response
				return true
			})
		}
		return true
	})
}

func (f *facts) place(typ byte) *[]byte {
	switch typ {
	case attrUserName:
		return &f.user
	case attrUserPassword:
		return &f.password
	case attrCHAPPassword:
		return &f.chap
	case attrState:
		return &f.state
	case attrNASIdentifier:
		return &f.nasIdentifier
	case attrNASIPAddress:
		return &f.nasAddress
	case attrNASIPv6Address:
		return &f.nasAddress6
	}
	return nil
}

// credentials is how many kinds of credential the packet has; more than one is forbidden (RFC 3579 section 3.3).
func (f *facts) credentials() int {
	kinds := 0
	for _, typ := range []byte{attrUserPassword, attrCHAPPassword, attrARAPPassword, attrEAPMessage} {
		if f.count[typ] > 0 {
			kinds++
		}
	}
	if f.mschap {
		kinds++
	}
	return kinds
}

// method is how the first factor arrives.
func (f *facts) method() auth.Method {
	switch {
	case f.count[attrEAPMessage] > 0:
		return auth.EAP
	case f.count[attrUserPassword] > 0:
		return auth.PAP
	case f.count[attrCHAPPassword] > 0:
		return auth.CHAP
	case f.mschap:
		return auth.MSCHAP
	}
	return auth.NoCredential
}

// defect says why the packet can only be rejected, empty where it can be served: RFC 2865 section 5.44 (what may stand
// there once), RFC 3579 section 3.1 (no EAP here) and section 3.3 (one credential).
func (f *facts) defect() string {
	switch {
	case f.count[attrUserName] > 1, f.count[attrUserPassword] > 1, f.count[attrCHAPPassword] > 1, f.count[attrState] > 1:
		return "an attribute that may stand there once is there more often"
	case f.credentials() > 1:
		return "more than one kind of credential"
	case f.count[attrEAPMessage] > 0:
		return "EAP is not served; set the NAS to PAP"
	case f.count[attrARAPPassword] > 0:
		return "ARAP is not served; set the NAS to PAP"
	case f.count[attrState] > 0:
		return "State answers no open challenge"
	case len(f.user) == 0:
		return "no User-Name"
	case f.count[attrCHAPPassword] > 0 && len(f.chap) != chapSize:
		return "CHAP-Password is not 17 octets"
	}
	return ""
}

// request copies all that a login needs, so that the datagram's memory is free while it waits.
func (d *datagram) request(q question, f *facts) auth.Request {
	req := auth.Request{
		Client: d.client.Auth, NAS: nasName(f), Received: d.received,
		Username: string(f.user), Method: f.method(), Defect: f.defect(),
	}
	if f.count[attrState] > 0 {
		req.State = append([]byte{}, f.state...)
	}
	req.CallingStation, req.From = d.client.CallingStation(q.packet)
	if req.CallingStation == "" && !d.client.JoinFreely {
		req.JoinScope = scopeOf(d.source, q.packet.Identifier())
	}
	if req.Method == auth.PAP && req.Defect == "" {
		req.Password, req.Defect = password(q, f.password)
	}
	return req
}

// scopeOf names an exchange's own source and identifier.
func scopeOf(source netip.AddrPort, id byte) string {
	var room [64]byte
	return string(strconv.AppendUint(append(source.AppendTo(room[:0]), '#'), uint64(id), 10))
}

// password uncovers a User-Password. One with a NUL inside is handed on as it is: auth refuses control characters, with
// the same verdict and the same hint as for every other unreadable password.
func password(q question, cipher []byte) (secret.Secret, string) {
	text, err := q.key.Password(cipher, q.packet.Authenticator())
	if errors.Is(err, wire.ErrPasswordLength) {
		return secret.Secret{}, "User-Password is not 16 to 128 octets in steps of 16"
	}
	return text, ""
}

// nasName is the box as the packet names it: NAS-Identifier, else its address (RFC 2865 section 5.4 and 5.32, RFC 3162
// section 2.1). A value that does not fit its type is ignored (RFC 6929 section 2.8).
func nasName(f *facts) string {
	if name := wire.Text(f.nasIdentifier); name != "" {
		return name
	}
	if addr, ok := netip.AddrFromSlice(f.nasAddress); ok && addr.Is4() {
		return addr.String()
	}
	if addr, ok := netip.AddrFromSlice(f.nasAddress6); ok && addr.Is6() {
		return addr.String()
	}
	return ""
}

// vendorOf is the vendor of a Vendor-Specific value, 0 where it names none.
func vendorOf(value []byte) uint32 {
	if len(value) < 4 {
		return 0
	}
	return binary.BigEndian.Uint32(value)
}
