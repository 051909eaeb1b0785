package radius

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"ivalt-radius/auth"
	"ivalt-radius/radius/remedy"
	"ivalt-radius/radius/wire"
)

// Why an Access-Accept cannot be made.
var (
	errUnfit = errors.New("reply attribute is unsound or not for a rule to set")
	errOver  = errors.New("no second of the session is left")
)

// answer puts a verdict on the wire, or keeps the silence that it asks for.
func (s *Server) answer(x *exchange, v auth.Verdict) {
	if v.Silent {
		s.drops.count(silenced)
		s.claims.conclude(x, nil)
		return
	}
	reply := s.encode(x, v)
	if wire.Code(reply[0]) == wire.AccessAccept {
		s.drops.count(accepted)
		s.reply(x, reply)
		return
	}
	s.drops.count(rejected)
	if wait := s.waitFor(x); wait <= 0 || !s.hold(x, reply, wait) {
		s.reply(x, reply)
	}
}

// waitFor is how long the exchange's Reject is to be held back.
func (s *Server) waitFor(x *exchange) time.Duration {
	delay := time.Duration(s.rejectDelay.Load())
	if delay == 0 {
		return 0
	}
	return x.received.Add(delay).Sub(s.now())
}

// reply remembers the octets for duplicates and sends them.
func (s *Server) reply(x *exchange, octets []byte) {
	if s.claims.conclude(x, octets) {
		s.send(x)
	}
}

// send sends a concluded exchange's octets; silence stays silence.
func (s *Server) send(x *exchange) {
	if x.reply == nil {
		return
	}
	if err := x.socket.send(x.reply, x.source, x.local); err != nil {
		s.drops.drop(writeError, x.source.Addr(), remedy.Hint{})
	}
}

// encode makes the reply of a verdict. An Accept that cannot be made whole is a Reject, never a part of it.
func (s *Server) encode(x *exchange, v auth.Verdict) []byte {
	if v.Kind == auth.Accept {
		attributes, err := acceptAttributes(v, s.now())
		if err == nil {
			var octets []byte
			octets, err = x.key.AppendReply(nil, x.origin, wire.Reply{Code: wire.AccessAccept, Attributes: attributes, Signature: x.client.Signature})
			if err == nil {
				return octets
			}
		}
		s.drops.count(replyUnfit)
		s.log.WithError(err).WithField("attempt", v.Attempt).WithField("client", x.client.Auth.Name).
			Error("the Access-Accept cannot be made; an Access-Reject is sent instead")
		v.Reason = auth.MisconfiguredReason
	}
	message := wire.Append(make([]byte, 0, 32), attrReplyMessage, []byte(v.Reason.ReplyMessage()))
	reject := wire.Reply{Code: wire.AccessReject, Attributes: message, Signature: x.client.Signature}
	octets, err := x.key.AppendReply(nil, x.origin, reject)
	if err != nil { // Proxy-State fills the packet: the sentence is what can be spared
		reject.Attributes = nil
		octets, err = x.key.AppendReply(nil, x.origin, reject)
	}
	if err != nil {
		octets, _ = x.key.AppendReply(nil, wire.Origin{Identifier: x.origin.Identifier, Authenticator: x.origin.Authenticator}, reject)
	}
	return octets
}

// acceptAttributes are Reply-Message, the rule's attributes and the one Session-Timeout.
func acceptAttributes(v auth.Verdict, now time.Time) ([]byte, error) {
	out := wire.Append(make([]byte, 0, 64), attrReplyMessage, []byte(v.Reason.ReplyMessage()))
	limit := sessionTimeout(v.Until, now)
	if limit < 1 {
		return nil, errOver
	}
	for _, a := range v.Reply {
		fit := true
		err := wire.Walk(a.Wire, func(typ byte, value []byte) bool {
			switch {
			case reserved(typ):
				fit = false
			case typ == attrSessionTimeout && len(value) == 4:
				limit = min(limit, int64(binary.BigEndian.Uint32(value)))
			default:
				out = wire.Append(out, typ, value)
			}
			return fit
		})
		if err != nil || !fit {
			return nil, fmt.Errorf("%s: %w", a.Name, errUnfit)
		}
	}
	if limit < noLimit {
		out = wire.Append(out, attrSessionTimeout, binary.BigEndian.AppendUint32(nil, uint32(limit)))
	}
	return out, nil
}

// reserved reports attributes that the server alone sets.
func reserved(typ byte) bool {
	return typ == 0 || typ == wire.MessageAuthenticator || typ == wire.ProxyState || typ == attrState
}

// noLimit is more seconds than Session-Timeout can say.
const noLimit = 1 << 32

// sessionTimeout is how many whole seconds are left until the session must end, at most noLimit.
func sessionTimeout(until, now time.Time) int64 {
	if until.IsZero() {
		return noLimit
	}
	return min(int64(until.Sub(now)/time.Second), noLimit)
}
