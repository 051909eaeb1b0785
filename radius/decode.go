package radius

import (
	"errors"
	"net/netip"
	"strconv"

	"ivalt-radius/audit"
	"ivalt-radius/auth"
	"ivalt-radius/radius/access"
	"ivalt-radius/radius/client"
	"ivalt-radius/radius/wire"
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
	f.Gather(q.packet)
	key, err := verified(d.client, q.packet)
	switch {
	case errors.Is(err, errForged):
		return q, badAuthenticator
	case err == nil:
		s.learn(d, f)
	case f.EAP(), !s.mayOmit(d, f):
		return q, missingMessageAuthenticator
	case f.Credentials() == 0:
		return q, noCredential
	default:
		key = d.client.Keys[0]
	}
	q.key = key
	q.request = d.request(q)
	return q, sound
}

// learn remembers, under `auto`, that the address signs its requests. One with EAP-Message teaches nothing: that kind must
// be signed anyway.
func (s *Server) learn(d *datagram, f *access.Facts) {
	if d.client.Policy != client.Auto || f.EAP() {
		return
	}
	if key := LearnedKey(d.client.Auth.Name, d.source.Addr()); !s.learned.Has(key) {
		s.learned.Learn(key)
	}
}

// mayOmit reports whether a request without Message-Authenticator is taken.
func (s *Server) mayOmit(d *datagram, f *access.Facts) bool {
	if s.enforces(d) {
		return false
	}
	switch d.client.Policy {
	case client.Optional:
		return true
	case client.Auto:
		return !f.Proxied() && !s.learned.Has(LearnedKey(d.client.Auth.Name, d.source.Addr()))
	case client.Required:
	}
	return false
}

// request copies all that a login needs, so that the datagram's memory is free while it waits.
func (d *datagram) request(q question) auth.Request {
	req := auth.Request{Client: d.client.Auth, Received: d.received}
	d.facts.Fill(&req, q.packet, q.key)
	req.Packet[copy(req.Packet[:], q.packet.Authenticator())] = q.packet.Identifier()
	req.CallingStation, req.From = d.client.CallingStation(q.packet)
	if req.CallingStation == "" && !d.client.JoinFreely {
		req.JoinScope = scopeOf(d.source, q.packet.Identifier())
	}
	return req
}

// scopeOf names an exchange's own source and identifier.
func scopeOf(source netip.AddrPort, id byte) string {
	var room [64]byte
	return string(strconv.AppendUint(append(source.AppendTo(room[:0]), '#'), uint64(id), 10))
}
