package sighting

import (
	"net/netip"
	"slices"
	"time"
)

// Peer is a source address of a client, without zone and never in IPv4's mapped form.
type Peer struct {
	Client  string
	Address netip.Addr
}

// PeerOf makes a Peer.
func PeerOf(client string, addr netip.Addr) Peer { return Peer{client, addr.Unmap().WithZone("")} }

// Mark is what a packet showed. The zero Mark is the worst.
type Mark uint8

// The marks. Unsigned and Refused are of Access-Requests and Status-Servers without Message-Authenticator.
const (
	Forged    Mark = iota // it did not verify
	Refused               // it was unsigned, and dropped for that
	Unsigned              // it was unsigned, and taken
	Signed                // an Access-Request with a valid Message-Authenticator
	SignedEAP             // one with EAP-Message, which must be signed anyway
	Believed              // anything else that verified
	marks
)

// Tally is how many packets there were, and when the last one was; zero: none.
type Tally struct {
	Count uint64    `json:"count"`
	Last  time.Time `json:"last,omitzero"`
}

// Estimate is a time that was learned, and from how many logins; zero: nothing is known.
type Estimate struct {
	Time   time.Duration
	Logins int
}

// Readiness: so many signed requests in a row, over so many logins, say that an address signs all that it sends.
const (
	ReadyRequests = 10
	ReadyLogins   = 1
)

// Sighting is what is known of one Peer.
type Sighting struct {
	Peer

	First, Last time.Time

	Signed, Unsigned, Refused, Forged Tally // Access-Requests with a valid Message-Authenticator, without one, without one and refused; what did not verify

	InRow       uint64 // Access-Requests with a valid Message-Authenticator since the last one without
	InRowLogins uint64 // logins that ended since

	Accepted, Rejected, Challenged, Unanswered uint64 // logins; Unanswered got silence

	Interval Estimate // between two packets of one login
	Patience Estimate // until the NAS gives a login up, from its first packet; one Interval too long at most

	Approvals int // the newest ones by phone, Late among them
	Late      int // that came behind Patience, or behind their answer
}

// Ready reports that the address has shown that it signs whatever it asks.
func (s Sighting) Ready() bool { return s.InRow >= ReadyRequests && s.InRowLogins >= ReadyLogins }

// LateShare is the part of the approvals that came too late, of 1.
func (s Sighting) LateShare() float64 {
	if s.Approvals == 0 {
		return 0
	}
	return float64(s.Late) / float64(s.Approvals)
}

// Stranger is an address that asks and that no client has.
type Stranger struct {
	Address netip.Addr `json:"address"`
	Packets uint64     `json:"packets"`
	First   time.Time  `json:"first"`
	Last    time.Time  `json:"last"`
}

// record is what is kept of a Peer; its names are those of the state.
type record struct {
	Client     string       `json:"client"`
	Address    netip.Addr   `json:"address"`
	First      time.Time    `json:"first"`
	Last       time.Time    `json:"last"`
	Proven     bool         `json:"proven"` // it once sent something that only the secret can make
	Tallies    [marks]Tally `json:"tallies"`
	InRow      uint64       `json:"in_row"`
	RowLogins  uint64       `json:"in_row_logins"`
	Accepted   uint64       `json:"accepted"`
	Rejected   uint64       `json:"rejected"`
	Challenged uint64       `json:"challenged"`
	Unanswered uint64       `json:"unanswered"`
	Habits     *habits      `json:"habits,omitempty"` // nil: no login ended yet that tells of them
}

// habits are what a NAS does, in milliseconds.
type habits struct {
	Intervals window `json:"intervals"`
	Patiences window `json:"patiences"`
	Approvals window `json:"approvals"` // from the first packet, or never
}

// note counts a packet.
func (r *record) note(m Mark, at time.Time) {
	r.Last = at
	t := &r.Tallies[m]
	t.Count++
	t.Last = at
	switch m {
	case Signed:
		r.InRow++
	case Unsigned, Refused:
		r.InRow, r.RowLogins = 0, 0
	case Forged, SignedEAP, Believed, marks:
	}
}

// habit is where habits are kept.
func (r *record) habit() *habits {
	if r.Habits == nil {
		r.Habits = &habits{}
	}
	return r.Habits
}

// mostName is the longest name of a client that the state takes as a part of its key.
const mostName = 900

// worthKeeping reports that something of it was taken: a flood of forged addresses is not written to the disk.
func (r *record) worthKeeping() bool {
	return (r.Proven || r.Tallies[Unsigned].Count > 0) && len(r.Client) <= mostName
}

// clone shares nothing with its original.
func (r *record) clone() record {
	out := *r
	if h := r.Habits; h != nil {
		out.Habits = &habits{h.Intervals.clone(), h.Patiences.clone(), h.Approvals.clone()}
	}
	return out
}

// restored reports a record of the state that can be used, and bounds it.
func (r *record) restored() bool {
	if r.Client == "" || !r.Address.IsValid() || PeerOf(r.Client, r.Address).Address != r.Address {
		return false
	}
	if h := r.Habits; h != nil {
		h.Intervals.bound(mostTimes)
		h.Patiences.bound(mostTimes)
		h.Approvals.bound(mostApprovals)
	}
	return true
}

// sighting is the record as others see it.
func (r *record) sighting() Sighting {
	s := Sighting{
		Peer: Peer{r.Client, r.Address}, First: r.First, Last: r.Last,
		Signed: r.Tallies[Signed], Unsigned: r.Tallies[Unsigned], Refused: r.Tallies[Refused], Forged: r.Tallies[Forged],
		InRow: r.InRow, InRowLogins: r.RowLogins,
		Accepted: r.Accepted, Rejected: r.Rejected, Challenged: r.Challenged, Unanswered: r.Unanswered,
	}
	s.Signed.Count += r.Tallies[SignedEAP].Count
	s.Signed.Last = slices.MaxFunc([]time.Time{s.Signed.Last, r.Tallies[SignedEAP].Last}, time.Time.Compare)
	if h := r.Habits; h != nil {
		s.Interval, s.Patience = h.Intervals.estimate(), h.Patiences.estimate()
		s.Approvals = len(h.Approvals.Values)
		beyond := uint32(never - 1)
		if s.Patience.Logins > 0 {
			beyond = h.Patiences.median()
		}
		s.Late = h.Approvals.beyond(beyond)
	}
	return s
}
