package radius

import (
	"crypto/sha256"
	"sync"
	"time"

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
	name := nameOf(*a)
	switch s.happenings.begin(name) {
	case happeningRecorded:
		defer s.running.Done()
		s.answerAccounting(x)
	case happeningOpen:
		s.unrecorded(x, duplicateDropped)
	case happeningNew:
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
func (s *Server) record(x *exchange, a *audit.Accounting, name digest, in *sessions.Session) {
	durable := false
	defer func() {
		s.happenings.end(name, durable)
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

func nameOf(a audit.Accounting) digest {
	sum := sha256.Sum256([]byte(accounting.Key(a)))
	return digest(sum[:digestSize])
}

// mostHappenings is how many are remembered; the oldest goes first.
const mostHappenings = 65536

// happening is what is known of something that a NAS told.
type happening uint8

const (
	happeningNew      happening = iota
	happeningOpen               // its record is being written
	happeningRecorded           // its record is durable
)

// happenings are what was told within the retention, whatever identifier it was told under.
type happenings struct {
	now func() time.Time

	mu    sync.Mutex
	state map[digest]happening
	order []told // recorded, oldest first
}

type told struct {
	name digest
	at   time.Time
}

func newHappenings(now func() time.Time) *happenings {
	return &happenings{now: now, state: map[digest]happening{}}
}

// begin says what is known of a happening; a new one is open from now on, until end.
func (h *happenings) begin(name digest) happening {
	h.mu.Lock()
	defer h.mu.Unlock()
	limit := h.now().Add(-retention)
	for len(h.order) > 0 && (h.order[0].at.Before(limit) || len(h.order) > mostHappenings) {
		delete(h.state, h.order[0].name)
		h.order = h.order[1:]
	}
	known := h.state[name]
	if known == happeningNew {
		h.state[name] = happeningOpen
	}
	return known
}

// end closes what begin opened.
func (h *happenings) end(name digest, durable bool) { //nolint:revive // two outcomes, not a mode
	h.mu.Lock()
	defer h.mu.Unlock()
	if !durable {
		delete(h.state, name)
		return
	}
	h.state[name] = happeningRecorded
	h.order = append(h.order, told{name: name, at: h.now()})
}
