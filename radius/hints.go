package radius

import (
	"fmt"
	"net/netip"
	"slices"
	"time"
)

// advice is what kind of hint an operator gets about a drop.
type advice uint8

// The advices. The zero advice is none.
const (
	noAdvice    advice = iota
	wrongSecret        // the packet does not verify
	mustSign           // a request without Message-Authenticator is refused
	signedOnce         // so is one of an address that sent it before
	notListed          // no client has the address
	adviceCount
)

// hint is what an operator can do about a drop. The zero hint is none.
type hint struct {
	advice  advice
	client  string
	address netip.Addr
}

// text is the line's message, and the remedy.
func (h hint) text() (message, remedy string) {
	switch h.advice {
	case wrongSecret:
		return "a packet does not verify: shared secret differs?", "compare the client's secrets with the secret set on the NAS"
	case mustSign:
		return "a request without Message-Authenticator is refused", "have the NAS send Message-Authenticator"
	case signedOnce:
		return "a request without Message-Authenticator came from an address that sent it before",
			fmt.Sprintf("if the NAS was changed: ivalt-radius clients forget --client %s --address %s", h.client, h.address)
	case notListed:
		return "packets dropped: no client has this address", "add the address to a client's networks"
	case noAdvice, adviceCount:
	}
	return "packets dropped", ""
}

// How often a hint is repeated, and how much is remembered, for each advice.
const (
	hintEvery   = time.Minute
	mostHints   = 32  // that wait for their line
	mostAdvised = 128 // that had theirs: with a line a second no more than mostHints + 60 are younger than hintEvery
)

// hints are the hints that wait for a line. Each advice has its own queue and memory and the lines go round, so that no
// flood of one kind eats the remedy of another. The zero hints are ready; drops guards them.
type hints struct {
	kinds [adviceCount]waitingHints
	last  advice // that had a line
}

// waitingHints are those of one advice.
type waitingHints struct {
	queue []hint
	told  map[hint]time.Time // when it may be told again
}

// offer takes a hint that has not been told for a while and has room to wait. One for which there is none is not remembered
// either: the next drop offers it again.
func (s *hints) offer(h hint, now time.Time) {
	k := &s.kinds[h.advice]
	if h.advice == notListed { // its remedy goes with each line about one, whose address it is
		if len(k.queue) == 0 {
			k.queue = append(k.queue, h)
		}
		return
	}
	if len(k.queue) >= mostHints || now.Before(k.told[h]) {
		return
	}
	if k.told == nil {
		k.told = map[hint]time.Time{}
	}
	if len(k.told) >= mostAdvised {
		for old, again := range k.told {
			if !now.Before(again) {
				delete(k.told, old)
			}
		}
	}
	k.told[h] = now.Add(hintEvery)
	k.queue = append(k.queue, h)
}

// next takes the hint of the next line; the zero hint where none waits.
func (s *hints) next() hint {
	for i := range adviceCount {
		a := (s.last + 1 + i) % adviceCount
		k := &s.kinds[a]
		if len(k.queue) == 0 {
			continue
		}
		h := k.queue[0]
		k.queue = k.queue[1:]
		s.last = a
		return h
	}
	return hint{}
}

// waiting reports whether a hint waits.
func (s *hints) waiting() bool {
	return slices.ContainsFunc(s.kinds[:], func(k waitingHints) bool { return len(k.queue) > 0 })
}

// strange reports whether a hint about a stranger waits.
func (s *hints) strange() bool { return len(s.kinds[notListed].queue) > 0 }
