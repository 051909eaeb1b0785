package sighting

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"ivalt-radius/audit"
	"ivalt-radius/state"
)

// Book is what is known of all addresses. All methods are safe for concurrent use, and none but Save and Keep waits for anything. New
// and Open make one.
type Book struct {
	mu       sync.Mutex
	known    map[Peer]*entry
	proven   shelf
	unproven shelf
	attempts attempts
	gone     map[Peer]struct{} // the state still has them

	strange   sync.Mutex
	strangers map[netip.Addr]*entry
	order     shelf

	disk  sync.Mutex
	store state.Disk // nil: nothing outlives the process
}

// New makes a Book that knows nobody and keeps nothing over a restart.
func New() *Book {
	return &Book{
		known: map[Peer]*entry{}, attempts: attempts{peers: map[string]Peer{}}, gone: map[Peer]struct{}{},
		strangers: map[netip.Addr]*entry{},
	}
}

// Note takes a packet of a client's address, which came at the time given.
func (b *Book) Note(client string, addr netip.Addr, m Mark, at time.Time) {
	p := PeerOf(client, addr)
	b.mu.Lock()
	defer b.mu.Unlock()
	e := b.known[p]
	if e == nil {
		e = b.enter(p, at)
	}
	e.changed = true
	e.note(m, at)
	if m >= Signed && !e.Proven {
		b.unproven.remove(e)
		e.Proven = true
		b.place(e)
		return
	}
	b.shelfOf(e).touch(e)
}

// enter makes an entry of an address that is not known.
func (b *Book) enter(p Peer, at time.Time) *entry {
	e := &entry{peer: p, record: record{Client: p.Client, Address: p.Address, First: at}}
	b.known[p] = e
	b.place(e)
	return e
}

func (b *Book) shelfOf(e *entry) *shelf {
	if e.Proven {
		return &b.proven
	}
	return &b.unproven
}

// place puts an entry on its shelf, and forgets the least recent one there where it is full.
func (b *Book) place(e *entry) {
	s, most := &b.unproven, mostUnproven
	if e.Proven {
		s, most = &b.proven, mostProven
	}
	s.push(e)
	if s.size > most {
		old := s.tail
		s.remove(old)
		delete(b.known, old.peer)
		if old.written {
			b.gone[old.peer] = struct{}{}
		}
	}
}

// Stranger takes a packet of an address that no client has.
func (b *Book) Stranger(addr netip.Addr, at time.Time) {
	addr = addr.Unmap().WithZone("")
	b.strange.Lock()
	defer b.strange.Unlock()
	e := b.strangers[addr]
	switch {
	case e != nil:
		b.order.touch(e)
	case b.order.size < mostStrangers:
		e = &entry{}
		b.order.push(e)
	default:
		e = b.order.tail
		delete(b.strangers, e.Address)
		b.order.touch(e)
	}
	if e.Address != addr {
		e.record = record{Address: addr, First: at}
		b.strangers[addr] = e
	}
	e.note(Forged, at)
}

// Ended takes a login's end. An attempt that ended already is a copy, and counts once.
func (b *Book) Ended(client string, addr netip.Addr, l *Login) {
	p := PeerOf(client, addr)
	b.mu.Lock()
	defer b.mu.Unlock()
	e := b.known[p]
	if e == nil || l.Verdict.Attempt != "" && !b.attempts.enter(l.Verdict.Attempt, p) {
		return
	}
	e.changed = true
	e.ended(l)
}

// Heed takes what the recorder is told, and looks for late approvals in it.
func (b *Book) Heed(e audit.Event) {
	if s, ok := e.(audit.Security); ok && s.Event == "late_approval" {
		b.late(s.Attempt)
	}
}

// late says that a login's approval came after its answer had left. It counts where the attempt is one of the last 4,096.
func (b *Book) late(attempt string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p, there := b.attempts.peers[attempt]
	if e := b.known[p]; there && e != nil {
		e.changed = true
		e.habit().Approvals.add(never, mostApprovals)
	}
}

// Sightings are all that is known, by client and address.
func (b *Book) Sightings() []Sighting {
	b.mu.Lock()
	all := make([]Sighting, 0, len(b.known))
	for _, e := range b.known {
		all = append(all, e.sighting())
	}
	b.mu.Unlock()
	slices.SortFunc(all, func(a, b Sighting) int {
		return cmp.Or(strings.Compare(a.Client, b.Client), a.Address.Compare(b.Address))
	})
	return all
}

// Find is what is known of one address; false: nothing.
func (b *Book) Find(p Peer) (Sighting, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	e := b.known[p]
	if e == nil {
		return Sighting{Peer: p}, false
	}
	return e.sighting(), true
}

// Strangers are those that sent most, n at most, of the 1,024 that were heard last.
func (b *Book) Strangers(n int) []Stranger {
	b.strange.Lock()
	all := make([]Stranger, 0, len(b.strangers))
	for _, e := range b.strangers {
		all = append(all, Stranger{Address: e.Address, Packets: e.Tallies[Forged].Count, First: e.First, Last: e.Last})
	}
	b.strange.Unlock()
	slices.SortFunc(all, func(a, b Stranger) int {
		return cmp.Or(cmp.Compare(b.Packets, a.Packets), b.Last.Compare(a.Last), a.Address.Compare(b.Address))
	})
	return all[:min(n, len(all))]
}
