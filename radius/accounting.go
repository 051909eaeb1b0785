package radius

import (
	"ivalt-radius/audit"
	"ivalt-radius/auth"
	"ivalt-radius/radius/accounting"
	"ivalt-radius/radius/client"
	"ivalt-radius/radius/dynauth/sessions"
	"ivalt-radius/radius/remedy"
	"ivalt-radius/radius/wire"
)

// verifiedAccounting finds the secret under which an Accounting-Request is right (RFC 2866 section 3), its
// Message-Authenticator too where it has one.
func verifiedAccounting(c *client.Client, p wire.Packet) (*wire.Key, error) {
	for _, k := range c.Keys {
		if k.VerifyAccounting(p) && (!p.Signed() || k.Verify(p)) {
			return k, nil
		}
	}
	return nil, errForged
}

// decodeAccounting reads an Accounting-Request that is believed.
func decodeAccounting(d *datagram, q question) (question, cause) {
	key, err := verifiedAccounting(d.client, q.packet)
	if err != nil {
		return q, causeOf(err)
	}
	a, err := accounting.Parse(q.packet.Attributes)
	if err != nil {
		return q, unreadableAccounting
	}
	a.Client = d.client.Auth.Name
	if user, err := auth.ParseUsername(a.User); err == nil {
		a.User = user.String() // as the login has it; a name that is none stays as it was told
	}
	if station, _ := d.client.CallingStation(q.packet); station != "" {
		a.CallingStation = station
	}
	q.key, q.told = key, &a
	return q, sound
}

// account records what an Accounting-Request tells (RFC 2866) and answers once the record is durable. A happening that was
// told under another identifier is answered without a second record. What cannot be recorded is not answered: the NAS
// tells it again. The caller has counted the exchange as running. in is the session that it tells of; nil where nobody asks.
func (s *Server) account(x *exchange, a *audit.Accounting, in *sessions.Session) {
	name := accounting.NameOf(*a)
	switch s.happenings.Begin(name) {
	case accounting.Recorded:
		defer s.running.Done()
		s.answerAccounting(x)
	case accounting.Opened:
		s.unrecorded(x, duplicateDropped)
	case accounting.Fresh:
		go s.record(x, a, name, in)
	}
}

// unrecorded drops an Accounting-Request and lets its repetition be served.
func (s *Server) unrecorded(x *exchange, c cause) {
	defer s.running.Done()
	s.claims.forget(x)
	if c < loggedCauses {
		s.drop(c, x.client, x.source.Addr(), remedy.Hint{})
		return
	}
	s.drops.count(c)
}

// record waits for the disk, in a goroutine of its own.
func (s *Server) record(x *exchange, a *audit.Accounting, name accounting.Name, in *sessions.Session) {
	durable := false
	defer func() {
		s.happenings.End(name, durable)
		if !durable {
			s.unrecorded(x, notRecorded)
			return
		}
		defer s.running.Done()
		s.answerAccounting(x)
	}()
	defer s.survive(nil)
	durable = s.recorder.Commit(s.ctx, *a) == nil
	if durable && in != nil {
		s.sessions.Told(a.Status, *in)
	}
}

func (s *Server) answerAccounting(x *exchange) {
	octets, err := x.key.AppendReply(nil, x.origin, wire.Reply{Code: wire.AccountingResponse, Signature: wire.Unsigned})
	if err != nil { // cannot be: a request's Proxy-State fits its reply
		s.drops.count(replyUnfit)
		s.claims.conclude(x, nil)
		return
	}
	s.drops.count(accountingAnswered)
	s.reply(x, octets)
}
