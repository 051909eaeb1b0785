package respond

import (
	"hash/maphash"
	"net/netip"
	"sync"
	"time"

	"ivalt-radius/guard"
)

// recently is how long an address is one of the people who were let in from there.
const recently = 24 * time.Hour

// mostAddresses bounds the addresses that are known. Where there are more, nothing is known of the rest.
const mostAddresses = 1 << 17

// visitors remembers from which addresses people were let in by their phone: of each the last two persons, since what is asked is
// whether there was another one than somebody.
type visitors struct {
	seed maphash.Seed

	mu     sync.Mutex
	known  map[netip.Addr][2]visit
	full   bool      // some that came are not known
	swept  time.Time // when there was no room last
	seeded bool      // a whole day is known
}

// visit is one person's last one, as a digest that nobody else can make.
type visit struct {
	who uint64
	at  time.Time
}

func newVisitors() *visitors {
	return &visitors{seed: maphash.MakeSeed(), known: map[netip.Addr][2]visit{}}
}

// came adds that a person was let in.
func (v *visitors) came(user string, from netip.Addr, at time.Time) {
	who := maphash.String(v.seed, user)
	v.mu.Lock()
	defer v.mu.Unlock()
	two, there := v.known[from]
	if !there && len(v.known) >= mostAddresses && !v.sweep(at) {
		v.full = true
		return
	}
	slot := 0 // the one who came longer ago makes room
	if two[1].who == who || two[0].who != who && two[1].at.Before(two[0].at) {
		slot = 1
	}
	if !at.Before(two[slot].at) {
		two[slot] = visit{who, at}
	}
	v.known[from] = two
}

// sweepEvery is how often a full table is looked through: each look takes as long as the table is large.
const sweepEvery = time.Minute

// sweep takes away who came longer ago, and reports that there is room.
func (v *visitors) sweep(now time.Time) bool {
	if since := now.Sub(v.swept); since >= 0 && since < sweepEvery {
		return false
	}
	v.swept = now
	for from, two := range v.known {
		if now.Sub(two[0].at) >= recently && now.Sub(two[1].at) >= recently {
			delete(v.known, from)
		}
	}
	v.full = false
	return len(v.known) < mostAddresses
}

// whyNot says why an address may be that of other people than one; empty where it is nobody's.
func (v *visitors) whyNot(from netip.Addr, but string, now time.Time) string {
	who := maphash.String(v.seed, but)
	v.mu.Lock()
	defer v.mu.Unlock()
	two, there := v.known[guard.Network(from).Addr()]
	for _, x := range two {
		if there && !x.at.IsZero() && x.who != who && now.Sub(x.at) < recently {
			return "other people were let in from the address within a day"
		}
	}
	if !v.seeded || !there && v.full {
		return "it is not known who else comes from the address"
	}
	return ""
}
