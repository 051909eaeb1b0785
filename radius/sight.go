package radius

import (
	"ivalt-radius/auth"
	"ivalt-radius/radius/client"
	"ivalt-radius/radius/remedy"
	"ivalt-radius/radius/sighting"
	"ivalt-radius/radius/wire"
)

// sight tells the Book what a packet showed. Which request it was counts, not what becomes of it; of one that cannot be read nothing does.
func (s *Server) sight(d *datagram, q question, c cause) {
	var m sighting.Mark
	switch {
	case c == badAuthenticator:
		m = sighting.Forged
	case c == missingMessageAuthenticator:
		m = sighting.Refused
	case c != sound && c != noCredential:
		return
	case q.packet.Code() != wire.AccessRequest:
		m = sighting.Believed
	case !q.packet.Signed():
		m = sighting.Unsigned
	case d.facts.EAP():
		m = sighting.SignedEAP
	default:
		m = sighting.Signed
	}
	s.sights.Note(d.client.Auth.Name, d.source.Addr(), m, d.received)
}

// ended tells the Book how a login ended. What joined another login is a copy of it; a copy that was not answered, since it could not be
// judged, has no attempt.
func (s *Server) ended(x *exchange, v auth.Verdict) {
	if x.heard.Joined() || v.Silent && v.Attempt == "" {
		return
	}
	first := x.heard.First()
	l := sighting.Login{Verdict: v, Took: s.now().Sub(first)}
	l.Packets, l.Last = x.heard.Since(first)
	s.sights.Ended(x.client.Auth.Name, x.source.Addr(), &l)
}

// Waiting is how many exchanges wait for their reply, by the address that they came from.
func (s *Server) Waiting() map[sighting.Peer]int { return s.claims.waiting() }

// enforces reports that somebody has said that the address must sign its requests.
func (s *Server) enforces(d *datagram) bool {
	return s.enforced != nil &&
		(s.enforced.Has(LearnedKey(d.client.Auth.Name, d.source.Addr())) || s.enforced.Has(EnforcedKey(d.client.Auth.Name)))
}

// hint says what an operator can do about a drop.
func (s *Server) hint(d *datagram, q question, c cause) remedy.Hint {
	h := remedy.Hint{Client: d.client.Auth.Name, Address: d.source.Addr().Unmap().WithZone("")}
	if c == badAuthenticator {
		h.Advice = remedy.WrongSecret
		return h
	}
	if c != missingMessageAuthenticator {
		return remedy.Hint{}
	}
	h.Advice = s.unsigned(d, q)
	return h
}

// unsigned says what helps where a request without Message-Authenticator is refused.
func (s *Server) unsigned(d *datagram, q question) remedy.Advice {
	if d.client.Policy == client.Required || q.packet.Code() != wire.AccessRequest || d.facts.EAP() {
		return remedy.MustSign
	}
	key := LearnedKey(d.client.Auth.Name, d.source.Addr())
	switch {
	case s.enforced != nil && s.enforced.Has(EnforcedKey(d.client.Auth.Name)):
		return remedy.EnforcedAll
	case s.enforced != nil && s.enforced.Has(key):
		return remedy.Enforced
	case d.client.Policy == client.Auto && s.learned.Has(key):
		return remedy.SignedOnce
	}
	return remedy.MustSign
}
