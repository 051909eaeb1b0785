package remedy

import (
	"fmt"
	"net/netip"
	"slices"
	"time"
)

// Advice is what kind of hint an operator gets.
type Advice uint8

// The advices. The zero Advice is none.
const (
	None        Advice = iota
	WrongSecret        // the packet does not verify
	MustSign           // a request without Message-Authenticator is refused
	SignedOnce         // so is one of an address that sent it before
	Enforced           // so is one of an address that must send it by somebody's word
	EnforcedAll        // so is one of a client that must
	Stranger           // no client has the address
	advices            // how many there are
)

// Hint is what an operator can do about a drop. The zero Hint is none.
type Hint struct {
	Advice  Advice
	Client  string // empty for a stranger
	Address netip.Addr
}

// Text is the line's message, and the remedy.
func (h Hint) Text() (message, remedy string) {
	switch h.Advice {
	case WrongSecret:
		return "a packet does not verify: shared secret differs?", "compare the client's secrets with the secret set on the NAS"
	case MustSign:
		return "a request without Message-Authenticator is refused", "have the NAS send Message-Authenticator"
	case SignedOnce:
		return "a request without Message-Authenticator came from an address that sent it before",
			fmt.Sprintf("if the NAS was changed: ivalt-radius clients forget --client %s --address %s", h.Client, h.Address)
	case Enforced:
		return "a request without Message-Authenticator came from an address for which it is enforced",
			fmt.Sprintf("if the NAS was changed: ivalt-radius clients forget --client %s --address %s", h.Client, h.Address)
	case EnforcedAll:
		return "a request without Message-Authenticator came from a client for which it is enforced",
			"if it cannot send it: ivalt-radius clients forget --client " + h.Client
	case Stranger:
		return "packets dropped: no client has this address", "add the address to a client's networks"
	case None, advices:
	}
	return "packets dropped", ""
}

// Every is how long a hint for a client is not repeated.
const Every = time.Minute

// How much is remembered for each advice.
const (
	mostHints   = 32  // that wait for their line
	mostAdvised = 128 // that had theirs: with a line a second no more than mostHints + 60 are younger than Every
)

// Queue holds the hints that wait for a line. Each advice has its own queue and memory and the lines go round, so that no
// flood of one kind eats the remedy of another. The zero Queue is ready; it is not safe for concurrent use.
type Queue struct {
	kinds [advices]lane
	last  Advice // that had a line
}

// lane is what waits, and what was told, of one advice.
type lane struct {
	queue []Hint
	told  map[Hint]time.Time // when it may be told again
}

// Offer takes a hint that has not been told for a while and has room to wait. One for which there is none is not remembered
// either: the next drop offers it again.
func (q *Queue) Offer(h Hint, now time.Time) {
	k := &q.kinds[h.Advice]
	if h.Advice == Stranger { // its remedy goes with each line about one, whose address it is
		if len(k.queue) == 0 {
			k.queue = append(k.queue, h)
		}
		return
	}
	if len(k.queue) >= mostHints || now.Before(k.told[h]) {
		return
	}
	if k.told == nil {
		k.told = map[Hint]time.Time{}
	}
	if len(k.told) >= mostAdvised {
		for old, again := range k.told {
			if !now.Before(again) {
				delete(k.told, old)
			}
		}
	}
	k.told[h] = now.Add(Every)
	k.queue = append(k.queue, h)
}

// Next takes the hint of the next line; the zero hint where none waits.
func (q *Queue) Next() Hint {
	for i := range advices {
		a := (q.last + 1 + i) % advices
		k := &q.kinds[a]
		if len(k.queue) == 0 {
			continue
		}
		h := k.queue[0]
		k.queue = k.queue[1:]
		q.last = a
		return h
	}
	return Hint{}
}

// Waiting reports whether a hint waits.
func (q *Queue) Waiting() bool {
	return slices.ContainsFunc(q.kinds[:], func(k lane) bool { return len(k.queue) > 0 })
}

// Strange reports whether a hint about a stranger waits.
func (q *Queue) Strange() bool { return len(q.kinds[Stranger].queue) > 0 }
