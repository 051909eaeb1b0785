package sessions

import (
	"encoding/json"
	"errors"
	"net/netip"
	"time"

	"ivalt-radius/auth"
	"ivalt-radius/radius/accounting"
	"ivalt-radius/radius/wire"
)

const (
	version  = 1
	mostTold = 8192 // octets of what one node tells
	mostName = 1024 // octets of a name in it

	admitted = "admitted" // beside the words of audit.Accounting's Status
	gone     = "gone"
)

// told is one change that a table tells the others. It has no secret and no time: each node has the client's secrets itself, and clocks differ.
type told struct {
	Version    int        `json:"v"`
	Kind       string     `json:"k"`
	Client     string     `json:"c"`
	Source     netip.Addr `json:"a"`
	User       string     `json:"u,omitempty"`
	Station    netip.Addr `json:"s,omitzero"`
	Attributes []byte     `json:"x,omitempty"`

	Attempt string    `json:"t,omitempty"` // of an Access-Accept
	Limit   uint32    `json:"l,omitempty"` // its Session-Timeout in seconds; 0: none
	Measure *measured `json:"m,omitempty"` // of an Accounting-Request
}

// measured is an accounting.Measure, with how long before it came it happened.
type measured struct {
	Before  uint32 `json:"b,omitempty"` // seconds
	Time    uint32 `json:"t,omitempty"` // seconds
	In      uint64 `json:"i,omitempty"`
	Out     uint64 `json:"o,omitempty"`
	Counted bool   `json:"c,omitempty"`
	Wide    bool   `json:"w,omitempty"`
	Framed6 string `json:"f,omitempty"`
	Cause   uint32 `json:"e,omitempty"`
}

// measure is what a table tells of a session's last packet.
func measure(s *Session) *measured {
	m := s.Measure
	if m == (accounting.Measure{}) {
		return nil
	}
	return &measured{
		Before: seconds(s.Heard.Sub(s.at())), Time: seconds(m.Time), In: m.In, Out: m.Out, Counted: m.Counted, Wide: m.Wide, Framed6: m.Framed6, Cause: m.Cause,
	}
}

// of is the measure of a packet that came at a time; ok is false where it cannot be.
func (m *measured) of(at time.Time) (out accounting.Measure, ok bool) {
	if m == nil {
		return out, true
	}
	if _, err := netip.ParseAddr(m.Framed6); m.Framed6 != "" && err != nil {
		if _, err := netip.ParsePrefix(m.Framed6); err != nil {
			return out, false
		}
	}
	return accounting.Measure{
		At: at.Add(-time.Duration(m.Before) * time.Second), Time: time.Duration(m.Time) * time.Second,
		In: m.In, Out: m.Out, Counted: m.Counted, Wide: m.Wide, Framed6: m.Framed6, Cause: m.Cause,
	}, true
}

func seconds(d time.Duration) uint32 {
	return uint32(min(max(0, int64(d/time.Second)), 1<<32-1))
}

// tell tells the other nodes. The lock is not held.
func (t *Table) tell(kind string, s *Session) {
	if t.Tell == nil {
		return
	}
	text, err := json.Marshal(told{
		Version: version, Kind: kind, Client: s.Client, Source: s.Source, User: s.User, Station: s.Station, Attributes: s.Attributes,
		Attempt: s.Grant.Attempt, Limit: seconds(s.Grant.Limit), Measure: measure(s),
	})
	if err == nil && len(text) <= mostTold {
		t.Tell(text)
	}
}

var errTold = errors.New("what another node knows of a session cannot be read: do all nodes have the same version?")

// parse reads what another node told at a time.
func parse(at time.Time, payload []byte) (kind string, s Session, err error) {
	var t told
	if len(payload) > mostTold || json.Unmarshal(payload, &t) != nil || t.Version != version {
		return "", s, errTold
	}
	if t.Client == "" || len(t.Client) > mostName || !plain(t.Source) || t.Station.IsValid() && !plain(t.Station) || !named(t.Attributes) {
		return "", s, errTold
	}
	if t.User != "" {
		if user, err := auth.ParseUsername(t.User); err != nil || user.String() != t.User {
			return "", s, errTold
		}
	}
	m, ok := t.Measure.of(at)
	if !ok || len(t.Attempt) > mostName {
		return "", s, errTold
	}
	switch t.Kind {
	case admitted, gone, start, interim, stop, on, off:
		return t.Kind, Session{
			Client: t.Client, Source: t.Source, User: t.User, Station: t.Station, Attributes: t.Attributes, Heard: at, Measure: m,
			Grant: Grant{Attempt: t.Attempt, Limit: time.Duration(t.Limit) * time.Second}, elsewhere: true,
		}, nil
	}
	return "", s, errTold
}

// plain reports an address as the table has them.
func plain(a netip.Addr) bool { return a.IsValid() && a == a.Unmap().WithZone("") }

// named reports attributes as Identify makes them.
func named(attributes []byte) bool {
	fits := len(attributes) <= mostNames
	var seen [nasIPv6Address + 1]bool
	err := wire.Walk(attributes, func(typ byte, value []byte) bool {
		if fits = fits && names(typ, len(value)) && !seen[typ]; fits {
			seen[typ] = true
		}
		return fits
	})
	return fits && err == nil
}

// Apply takes what the table of another node told (Tell) at a time of this node's clock. It tells nobody on. A request that reached both nodes, as one
// session's retransmission may, is one session here. The error says that the payload cannot be read; nothing is applied then.
func (t *Table) Apply(node string, at time.Time, payload []byte) error {
	kind, s, err := parse(at, payload)
	if err != nil {
		return err
	}
	s.Node = node
	switch kind {
	case admitted:
		s.Grant.At = at
		t.admitted(s)
	case gone:
		t.gone(s)
	default:
		t.accounted(kind, s)
	}
	return nil
}
