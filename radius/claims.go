package radius

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"net/netip"
	"sync"
	"time"

	"ivalt-radius/audit"
	"ivalt-radius/radius/client"
	"ivalt-radius/radius/reply"
	"ivalt-radius/radius/sighting"
	"ivalt-radius/radius/wire"
	"ivalt-radius/state/line"
)

// How long and how much is remembered (RFC 5080 section 2.2.2).
const (
	retention     = 30 * time.Second // a reply, from when it was made
	leastMemory   = 5 * time.Second  // before that no reply is forgotten to make room
	spareRecords  = 65536
	recordsPer    = 8     // records for each attempt that may wait: its copies and its reply
	mostReused    = 16384 // replies whose identifier the NAS has used again
	mostReplaced  = 64    // exchanges that one newer one withdraws
	expireAtOnce  = 64
	clientsShare  = 2 // one client may have so many in flight: the memory's room by this
	digestSize    = 16
	digestPrefix  = 2 + 16 + 2 // socket, address, port
	prefixAddress = 2
	prefixPort    = 18
)

// digest names an exchange: socket, source address and port, and every octet of the packet. A captured authenticator under
// another User-Name is so a new exchange, never a duplicate.
type digest [digestSize]byte

// slot is what a NAS tells its waiting requests apart by.
type slot struct {
	addr   [16]byte
	port   uint16
	socket uint16
	id     uint16 // one octet, in two: so the key has no gap and is hashed in one go
}

// uses are the exchanges of one slot. Each of them points to it, so that only the first and the last touch the map.
type uses struct {
	pending  *exchange // the newest one that waits; its older ones hang from it
	answered *exchange // the newest one that was answered
}

// exchange is one request and its reply, all that is kept of a login that waits.
type exchange struct {
	id     uint64
	socket *socket
	client *client.Client
	key    *wire.Key
	source netip.AddrPort
	local  netip.Addr // the address that was asked, on a wildcard socket
	heard  audit.Heard
	origin wire.Origin
	ident  reply.Ident // of an MS-CHAPv2 login
	digest digest
	uses   *uses
	raw    []byte        // the packet, until it is answered
	reply  []byte        // nil while it waits, and where silence is the answer
	since  time.Duration // when it was answered, from the start of claims

	again        bool // an earlier process has received it
	concluded    bool
	older, newer *exchange            // of the same slot, waiting
	place        line.Place[exchange] // among the answered
}

func (x *exchange) slot() slot { return slotOf(x.socket, x.source, x.origin.Identifier) }

func slotOf(k *socket, source netip.AddrPort, id byte) slot {
	return slot{addr: source.Addr().As16(), port: source.Port(), socket: k.index, id: uint16(id)}
}

func digestOf(k *socket, source netip.AddrPort, packet []byte) digest {
	var prefix [digestPrefix]byte
	binary.BigEndian.PutUint16(prefix[:], k.index)
	addr := source.Addr().As16()
	copy(prefix[prefixAddress:], addr[:])
	binary.BigEndian.PutUint16(prefix[prefixPort:], source.Port())
	var buf [512]byte
	sum := sha256.Sum256(append(append(buf[:0], prefix[:]...), packet...))
	return digest(sum[:digestSize])
}

// claimed is what a claim finds.
type claimed uint8

// What a claim finds. The zero value drops the packet.
const (
	claimFull       claimed = iota // no room
	claimClientFull                // the client has too many in flight
	claimInFlight                  // a duplicate of one that waits
	claimAnswered                  // a duplicate of one that was answered
	claimFresh
)

// claims is the memory of exchanges. It is safe for concurrent use.
type claims struct {
	now      func() time.Time
	start    time.Time
	capacity int

	mu       sync.Mutex
	last     uint64
	byDigest map[digest]*exchange
	slots    map[slot]*uses
	answered line.Line[exchange] // oldest first
	reused   line.Line[exchange] // those whose slot is used again, in the order in which it was
}

func newClaims(attempts int, now func() time.Time) *claims {
	if attempts == 0 {
		attempts = defaultAttempts
	}
	return &claims{
		now: now, start: now(), capacity: spareRecords + recordsPer*attempts,
		byDigest: map[digest]*exchange{}, slots: map[slot]*uses{},
	}
}

// claim enters a packet that is believed. A fresh exchange must be concluded or forgotten by the caller; replaces are
// the exchanges that still wait under the same identifier, nil where there is none.
func (t *claims) claim(d *datagram, q question) (x *exchange, replaces []uint64, c claimed) {
	name := digestOf(d.socket, d.source, q.packet.Bytes())
	t.mu.Lock()
	defer t.mu.Unlock()
	now := d.received.Sub(t.start)
	t.expire(now)
	if x = t.byDigest[name]; x != nil {
		if x.concluded {
			return x, nil, claimAnswered
		}
		return x, nil, claimInFlight
	}
	if d.client.InFlight >= t.capacity/clientsShare {
		return nil, nil, claimClientFull
	}
	if len(t.byDigest) >= t.capacity && !t.makeRoom(now) {
		return nil, nil, claimFull
	}
	t.last++
	x = &exchange{
		id: t.last, socket: d.socket, client: d.client, key: q.key, source: d.source, local: d.local,
		origin: wire.OriginOf(q.packet), ident: reply.IdentOf(&q.request), digest: name, raw: bytes.Clone(q.packet.Bytes()), again: d.again,
	}
	x.heard.Note(d.received)
	return x, t.enter(x), claimFresh
}

// enter puts a fresh exchange into the memory and says which older ones wait in its slot, the newest first.
func (t *claims) enter(x *exchange) (replaces []uint64) {
	t.byDigest[x.digest] = x
	x.client.InFlight++
	at := x.slot()
	u := t.slots[at]
	if u == nil {
		u = &uses{}
		t.slots[at] = u
	}
	x.uses = u
	if x.older = u.pending; x.older != nil {
		x.older.newer = x
	}
	for older := x.older; older != nil && len(replaces) < mostReplaced; older = older.older {
		replaces = append(replaces, older.id)
	}
	u.pending = x
	if old := u.answered; old != nil {
		u.answered = nil
		t.retire(old)
	}
	return replaces
}

// retire moves a reply to those whose slot is used again: they go first.
func (t *claims) retire(x *exchange) {
	t.reused.Join(&x.place, x)
	if t.reused.Len() > mostReused {
		t.remove(t.reused.First())
	}
}

// conclude remembers the exchange's reply; nil is silence. It reports false where that was done already.
func (t *claims) conclude(x *exchange, reply []byte) bool {
	return t.concludedAt(x, reply, t.now().Sub(t.start))
}

// concludedAt is conclude, at a time.
func (t *claims) concludedAt(x *exchange, reply []byte, at time.Duration) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if x.concluded {
		return false
	}
	t.leave(x)
	x.concluded, x.reply, x.since = true, reply, at
	if len(reply) == 0 || wire.Code(reply[0]) != wire.AccessChallenge {
		x.raw = nil // a question is put again by it
	}
	x.key, x.origin.ProxyState = nil, nil
	if x.uses.answered != nil {
		t.retire(x.uses.answered)
	}
	x.uses.answered = x
	t.answered.Join(&x.place, x)
	return true
}

// forget lets the same packet be served again: it was not answered, and nothing was done for it.
func (t *claims) forget(x *exchange) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if x.concluded {
		return
	}
	t.leave(x)
	x.concluded = true
	delete(t.byDigest, x.digest)
	t.tidy(x)
}

// leave takes a waiting exchange out of those that wait in its slot.
func (t *claims) leave(x *exchange) {
	x.client.InFlight--
	if x.uses.pending == x {
		x.uses.pending = x.older
	}
	if x.older != nil {
		x.older.newer = x.newer
	}
	if x.newer != nil {
		x.newer.older = x.older
	}
	x.older, x.newer = nil, nil
}

// tidy forgets the slot of an exchange where nothing is left in it.
func (t *claims) tidy(x *exchange) {
	if *x.uses == (uses{}) {
		delete(t.slots, x.slot())
	}
}

// remove forgets an answered exchange.
func (t *claims) remove(x *exchange) {
	delete(t.byDigest, x.digest)
	reused := x.place.In(&t.reused)
	x.place.Leave()
	if reused {
		return
	}
	if x.uses.answered == x {
		x.uses.answered = nil
	}
	t.tidy(x)
}

// expire forgets replies whose time is over, a few at a time.
func (t *claims) expire(now time.Duration) {
	for _, l := range []*line.Line[exchange]{&t.answered, &t.reused} {
		for range expireAtOnce {
			x := l.First()
			if x == nil || now-x.since < retention {
				break
			}
			t.remove(x)
		}
	}
}

// makeRoom forgets one reply: the oldest of those whose slot is used again, else the oldest of all where it is old enough.
func (t *claims) makeRoom(now time.Duration) bool {
	x := t.reused.First()
	if x == nil {
		x = t.answered.First()
		if x == nil || now-x.since < leastMemory {
			return false
		}
	}
	t.remove(x)
	return true
}

// inFlight is how many exchanges wait.
func (t *claims) inFlight() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.byDigest) - t.answered.Len() - t.reused.Len()
}

// waiting is how many exchanges wait, by the address that they came from.
func (t *claims) waiting() map[sighting.Peer]int {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := map[sighting.Peer]int{}
	for _, x := range t.byDigest {
		if !x.concluded {
			out[sighting.PeerOf(x.client.Auth.Name, x.source.Addr())]++
		}
	}
	return out
}
