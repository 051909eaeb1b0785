package dynauth

import (
	"context"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"net/netip"
	"sync"
	"time"

	"ivalt-radius/audit"
	"ivalt-radius/radius/client"
	"ivalt-radius/radius/dynauth/sessions"
	"ivalt-radius/radius/wire"
)

// How much is asked for at once.
const (
	mostSessions = 256 // by one call
	mostSockets  = 256 // by all calls
)

// defaultPatience is how long a NAS may take to answer, all tries together.
const defaultPatience = 5 * time.Second

// Table knows who is in; *sessions.Table is one.
type Table interface {
	Find(user string, station netip.Addr, limit int) (found []sessions.Session, left int)
	Gone(s sessions.Session)
}

// Clients says which client an address is, by the settings that are in force; nil: none. *radius.Server is one.
type Clients interface {
	ClientOf(addr netip.Addr) *client.Client
}

// Recorder takes the outcome; auth.Recorder is one.
type Recorder interface {
	Note(e audit.Event)
}

// Deps are what a Disconnector works with; every one is required but Patience.
type Deps struct {
	Table    Table
	Clients  Clients
	Recorder Recorder
	Now      func() time.Time
	Patience time.Duration // how long a NAS may take, all tries together; 0: 5 s
}

// Disconnector has NAS end sessions. It is safe for concurrent use. New makes one.
type Disconnector struct {
	deps    Deps
	sockets chan struct{}
}

// New makes a Disconnector.
func New(d Deps) *Disconnector {
	if d.Patience == 0 {
		d.Patience = defaultPatience
	}
	return &Disconnector{deps: d, sockets: make(chan struct{}, mostSockets)}
}

// ErrNobody says that neither a person nor an address was named.
var ErrNobody = errors.New("name a person or an address whose sessions are to end")

// Disconnect asks the NAS to end the sessions of a person, by canonical name, and of a calling station; where both are given, those that
// are of both, 256 at most. It returns when each NAS has answered or had its time, five seconds, or soon after ctx has ended: what was not
// sent by then is Unsent. The outcome goes into the trail. The error is ErrNobody alone; a NAS that does not do as it is told is in the
// Result.
func (d *Disconnector) Disconnect(ctx context.Context, user string, addr netip.Addr) (Result, error) {
	if user == "" && !addr.IsValid() {
		return Result{}, ErrNobody
	}
	found, left := d.deps.Table.Find(user, addr, mostSessions)
	r := Result{Sessions: make([]Outcome, len(found)), Left: left}
	var asking sync.WaitGroup
	for i, s := range found {
		asking.Go(func() { r.Sessions[i] = d.end(ctx, s) })
	}
	asking.Wait()
	e := audit.Security{Event: "sessions_disconnected", User: user, Detail: r.String()}
	if addr.IsValid() {
		e.CallingStation = addr.String()
	}
	d.deps.Recorder.Note(e)
	return r, nil
}

// End asks the NAS to end one session of the table, and returns as Disconnect does. The outcome goes into the trail.
func (d *Disconnector) End(ctx context.Context, s sessions.Session) Outcome {
	r := Result{Sessions: []Outcome{d.end(ctx, s)}}
	e := audit.Security{Event: "sessions_disconnected", Attempt: s.Grant.Attempt, Client: s.Client, User: s.User, Detail: r.String()}
	if s.Station.IsValid() {
		e.CallingStation = s.Station.String()
	}
	d.deps.Recorder.Note(e)
	return r.Sessions[0]
}

// end has one session ended.
func (d *Disconnector) end(ctx context.Context, s sessions.Session) Outcome {
	o := Outcome{Client: s.Client, NAS: s.Source, User: s.User, Station: s.Station, Session: s.ID()}
	c := d.deps.Clients.ClientOf(s.Source)
	switch {
	case c == nil || c.Auth.Name != s.Client || len(c.Keys) == 0:
		o.State = Unknown
		if s.Node != "" {
			o.Cause = "the NAS told the node " + s.Node + " of it: ask that one"
		}
		return o
	case c.DisconnectPort == 0:
		o.State = Unsupported
		return o
	}
	select {
	case d.sockets <- struct{}{}:
		defer func() { <-d.sockets }()
	case <-ctx.Done():
		o.State = Unsent
		return o
	}
	q, err := d.request(s, keyOf(c, s.Key), netip.AddrPortFrom(s.Source, c.DisconnectPort))
	if err != nil {
		o.State, o.Cause = Unsent, err.Error()
		return o
	}
	o.State, o.Cause = q.ask(ctx, d.deps.Patience)
	if o.State == Disconnected || o.State == Gone {
		d.deps.Table.Gone(s)
	}
	return o
}

// keyOf is the secret that the NAS used last, where it is still one of the client's, else the client's first.
func keyOf(c *client.Client, last *wire.Key) *wire.Key {
	for _, k := range c.Keys {
		if k.Same(last) {
			return k
		}
	}
	return c.Keys[0]
}

// eventTimestamp is the attribute by which a NAS tells an old request from a new one (RFC 2869 section 5.3, RFC 5176 section 6.3).
const eventTimestamp = 55

// request makes the packet for a session.
func (d *Disconnector) request(s sessions.Session, k *wire.Key, to netip.AddrPort) (question, error) {
	seconds := binary.BigEndian.AppendUint32(nil, uint32(d.deps.Now().Unix())) //nolint:gosec // until 2106, as RFC 2869 has it
	attributes := append(wire.Append(nil, eventTimestamp, seconds), s.Attributes...)
	raw, err := k.AppendRequest(nil, byte(rand.N(1<<8)), attributes) //nolint:gosec // tells packets apart, and is no secret
	return question{raw: raw, key: k, to: to, local: s.Local}, err
}
