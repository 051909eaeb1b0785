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
	"ivalt-radius/state/line"
)

// How many are kept.
const (
	mostProven    = 12288
	mostUnproven  = 4096
	mostStrangers = 1024
)

// entry is a record among the others of its kind.
type entry struct {
	record

	peer    Peer
	changed bool // since it was written
	written bool // the state has it
	place   line.Place[entry]
}

// Book is what is known of all addresses. All methods are safe for concurrent use, and none but Save and Keep waits for anything. New
// and Open make one.
type Book struct {
	mu       sync.Mutex
	known    map[Peer]*entry
	proven   line.Line[entry] // the least recently heard first
	unproven line.Line[entry]
	attempts attempts
	gone     map[Peer]struct{} // the state still has them

	strange   sync.Mutex
	strangers map[netip.Addr]*entry
	order     line.Line[entry] // as proven

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
		e = &entry{peer: p, record: record{Client: p.Client, Address: p.Address, First: at}}
		b.known[p] = e
	}
	e.changed = true
	e.note(m, at)
	e.Proven = e.Proven || m >= Signed
	b.place(e)
}

// place makes an entry the most recent one of its kind, and forgets the least recent one where there are too many.
func (b *Book) place(e *entry) {
	l, most := &b.unproven, mostUnproven
	if e.Proven {
		l, most = &b.proven, mostProven
	}
	l.Join(&e.place, e)
	if l.Len() > most {
		old := l.First()
		old.place.Leave()
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
	case b.order.Len() < mostStrangers:
		e = &entry{}
	default:
		e = b.order.First()
		delete(b.strangers, e.Address)
	}
	b.order.Join(&e.place, e)
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
