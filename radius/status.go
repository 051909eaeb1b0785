package radius

import (
	"ivalt-radius/radius/remedy"
	"ivalt-radius/radius/wire"
)

// status answers a Status-Server (RFC 5997): an Access-Accept on the authentication port, an Accounting-Response on the
// accounting port, both with Message-Authenticator. Nothing but that one attribute of the request is looked at. It never
// reaches a login, is not remembered, and goes silent while the server drains, or where the operator says so.
func (s *Server) status(d *datagram, q question) {
	if s.draining.Load() || d.client.IgnoreStatus {
		s.drops.count(statusSilent)
		return
	}
	if !d.client.Status.AllowN(d.received, 1) {
		s.drop(statusLimited, d.client, d.source.Addr(), remedy.Hint{})
		return
	}
	code := wire.AccessAccept
	if d.socket.port == accountingPort {
		code = wire.AccountingResponse
	}
	origin := wire.Origin{Identifier: q.packet.Identifier(), Authenticator: [16]byte(q.packet.Authenticator())}
	octets, err := q.key.AppendReply(nil, origin, wire.Reply{Code: code, Signature: d.client.Signature})
	if err == nil {
		err = d.socket.Send(octets, d.source, d.local)
	}
	if err != nil {
		s.drop(writeError, d.client, d.source.Addr(), remedy.Hint{})
		return
	}
	s.drops.count(statusAnswered)
}
