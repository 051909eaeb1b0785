package radius

import (
	"time"

	"ivalt-radius/auth"
	"ivalt-radius/radius/dynauth/sessions"
	"ivalt-radius/radius/remedy"
	"ivalt-radius/radius/reply"
	"ivalt-radius/radius/wire"
)

// answer puts a verdict on the wire, or keeps the silence that it asks for. in is the session that an Accept begins; nil where nobody asks.
func (s *Server) answer(x *exchange, v auth.Verdict, in *sessions.Session) {
	if v.Left || s.left.Load() {
		return // it is answered by another process
	}
	s.ended(x, v)
	if v.Silent {
		s.drops.count(silenced)
		s.claims.conclude(x, nil)
		return
	}
	octets := s.encode(x, v)
	counter := rejected
	if code := wire.Code(octets[0]); code == wire.AccessAccept {
		counter = accepted
		if in != nil {
			s.sessions.Admitted(in.Granted(v.Attempt, octets))
		}
	} else if code == wire.AccessChallenge {
		counter = challenged
	}
	s.drops.count(counter)
	if counter == rejected {
		if wait := s.waitFor(x); wait > 0 && s.hold(x, octets, wait) {
			return
		}
	}
	s.reply(x, octets)
	if counter == accepted && s.accepted != nil {
		s.accepted(v.Attempt)
	}
}

// encode makes the reply of a verdict, and logs where it is not the one that was decided.
func (s *Server) encode(x *exchange, v auth.Verdict) []byte {
	octets, err := reply.Make(reply.Target{Key: x.key, Origin: x.origin, Signature: x.client.Signature, Ident: x.ident}, v, s.now())
	if err != nil {
		s.drops.count(replyUnfit)
		s.log.WithError(err).WithField("attempt", v.Attempt).WithField("client", x.client.Auth.Name).WithField("verdict", v.Kind.String()).
			Error("the reply cannot be made; an Access-Reject is sent instead")
	}
	return octets
}

// waitFor is how long the exchange's Reject is to be held back.
func (s *Server) waitFor(x *exchange) time.Duration {
	delay := time.Duration(s.rejectDelay.Load())
	if delay == 0 {
		return 0
	}
	return x.heard.First().Add(delay).Sub(s.now())
}

// reply remembers the octets for duplicates and sends them.
func (s *Server) reply(x *exchange, octets []byte) {
	if !s.left.Load() && s.claims.conclude(x, octets) {
		s.send(x)
	}
}

// send sends a concluded exchange's octets; silence stays silence.
func (s *Server) send(x *exchange) {
	if x.reply == nil {
		return
	}
	if err := x.socket.Send(x.reply, x.source, x.local); err != nil {
		s.drop(writeError, x.client, x.source.Addr(), remedy.Hint{})
	}
}
