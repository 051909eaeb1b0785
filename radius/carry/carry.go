package carry

import (
	"net/netip"
	"slices"
	"time"

	"ivalt-radius/auth/carried"
)

// Reply is an answer that is remembered, or a Reject that is held back.
type Reply struct {
	Socket     netip.AddrPort `json:"socket"`
	Source     netip.AddrPort `json:"source"`
	Local      netip.Addr     `json:"local"`
	Digest     []byte         `json:"digest"` // of the packet that it answers
	Identifier byte           `json:"identifier"`
	Octets     []byte         `json:"octets"` // none: silence
	At         time.Time      `json:"at"`     // when it was made; of one that is held, when it is to leave
	Held       bool           `json:"held"`
}

// Exchanges are all of them. Both are in the order of their times.
type Exchanges struct {
	Unanswered []carried.Datagram `json:"unanswered"`
	Replies    []Reply            `json:"replies"`
}

// Sort brings them in the order of their times.
func (e *Exchanges) Sort() {
	slices.SortStableFunc(e.Unanswered, func(a, b carried.Datagram) int { return a.Received.Compare(b.Received) })
	slices.SortStableFunc(e.Replies, func(a, b Reply) int { return a.At.Compare(b.At) })
}
