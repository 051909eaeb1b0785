package lockout

import (
	"slices"
	"strings"
	"time"

	"ivalt-radius/guard/gate/limit"
	"ivalt-radius/state"
)

// Bounds of what is remembered.
const (
	forgetAfter = 24 * time.Hour   // behind the end of the last lockout its doubling is forgotten
	mostLocks   = 1 << 16          // lockouts whose doubling is remembered; the one that began longest ago gives way
	mostTries   = 1 << 15          // pairs with wrong passwords, or logins that are being checked; the one used longest ago gives way
	checkedFor  = 10 * time.Minute // a login whose end never came counts no longer: the longest answer_within
	Bucket      = "lockouts"       // of the store
)

// Settings are guard.lockout.
type Settings struct {
	After  int // 0: never
	Window time.Duration
	For    time.Duration
	Most   time.Duration
}

// Pair is a person at a calling station.
type Pair struct{ User, Station string }

// Lock is a lockout, in force until Until, and remembered behind it.
type Lock struct {
	Until time.Time `json:"until"`
	Count int       `json:"count"` // lockouts in a row, this one included
}

// Book has the lockouts. It is not safe for concurrent use.
type Book struct {
	keys  limit.Keys
	start time.Time
	tries *limit.Table[limit.Key, tries]
	locks *limit.Table[Pair, Lock]
	kept  *state.Kept[Lock]
	spare []time.Duration // of the last pair that was dropped: a login that comes and goes allocates nothing
}

// tries are moments since the start, in their order.
type tries struct {
	wrong, checking []time.Duration
	own             time.Duration // just behind the last wrong password that came here, and not at another node; 0: none did
}

// Open reads what the disk has; a nil disk keeps nothing. failing is state.OpenKept's. No lockout is longer than most from now: the clock may have
// been ahead.
func Open(disk state.Disk, keys limit.Keys, most time.Duration, now time.Time, failing func(error)) (*Book, error) {
	b := &Book{keys: keys, start: now, tries: limit.NewTable[limit.Key, tries](mostTries, nil)}
	b.locks = limit.NewTable[Pair, Lock](mostLocks, func(p Pair) { b.kept.Delete(p.key()) })
	if disk == nil {
		return b, nil
	}
	kept, err := state.OpenKept(disk, Bucket, func(key string, l Lock) bool {
		user, station, _ := strings.Cut(key, "\x00")
		if latest := now.Add(most); l.Until.After(latest) {
			l.Until = latest
		}
		if station == "" || l.Count < 1 || l.forgotten(now) || b.locks.Len() >= mostLocks {
			return false
		}
		*b.locks.Put(Pair{user, station}) = l
		return true
	}, failing)
	b.kept = kept
	return b, err
}

// key is the pair's in the store. Neither a canonical name nor a calling station holds a NUL.
func (p Pair) key() string { return p.User + "\x00" + p.Station }

func (l Lock) forgotten(now time.Time) bool { return now.Sub(l.Until) >= forgetAfter }

// Locked says until when the pair is locked out; the zero time: it is not.
func (b *Book) Locked(p Pair, now time.Time) time.Time {
	if l := b.locks.Peek(p); l != nil && now.Before(l.Until) {
		return l.Until
	}
	return time.Time{}
}

// Full reports that the pair has as many wrong passwords, and logins that are being checked, as it may have: one more guess would be too many.
func (b *Book) Full(p Pair, s Settings, now time.Time) bool {
	if s.After <= 0 || p.Station == "" {
		return false
	}
	t := b.tries.Get(b.keys.Of(p.User, p.Station))
	if t == nil {
		return false
	}
	b.prune(t, s, now)
	return len(t.wrong)+len(t.checking) >= s.After
}

// Pending is how many logins of the pair are being checked. An empty station stands for all unfamiliar ones.
func (b *Book) Pending(p Pair, now time.Time) int {
	t := b.tries.Get(b.keys.Of(p.User, p.Station))
	if t == nil {
		return 0
	}
	t.checking = expired(t.checking, now.Sub(b.start)-checkedFor)
	return len(t.checking)
}

// Check counts a login that is about to be checked.
func (b *Book) Check(p Pair, now time.Time) {
	t := b.tries.Put(b.keys.Of(p.User, p.Station))
	if t.checking == nil {
		t.checking, b.spare = b.spare, nil
	}
	t.checking = append(t.checking, now.Sub(b.start))
}

// Checked takes the oldest of them back.
func (b *Book) Checked(p Pair) {
	key := b.keys.Of(p.User, p.Station)
	if t := b.tries.Get(key); t != nil && len(t.checking) > 0 {
		t.checking = slices.Delete(t.checking, 0, 1)
		b.tidy(key, t)
	}
}

// Wrong counts a wrong password, and returns the lockout that begins with it; the zero Lock: none does. One that comes while the pair is locked out is
// of a login that was checked before, and begins none.
func (b *Book) Wrong(p Pair, s Settings, now time.Time) Lock {
	t := b.wrong(p, s, now, now)
	if t == nil {
		return Lock{}
	}
	t.own = now.Sub(b.start) + 1
	l, _ := b.lock(p, t, s, now)
	return l
}

// Heard is Wrong, of a wrong password that came at another node at a time that may be past. ours says that a lockout begins by it, and that the last
// wrong password of those came here.
func (b *Book) Heard(p Pair, s Settings, at, now time.Time) (l Lock, ours bool) {
	if t := b.wrong(p, s, at, now); t != nil {
		return b.lock(p, t, s, now)
	}
	return Lock{}, false
}

// wrong notes a wrong password; nil: it does not count.
func (b *Book) wrong(p Pair, s Settings, at, now time.Time) *tries {
	if s.After <= 0 || p.Station == "" || at.Before(now) && now.Sub(at) >= s.Window || !b.Locked(p, at).IsZero() {
		return nil
	}
	t := b.tries.Put(b.keys.Of(p.User, p.Station))
	b.prune(t, s, now)
	moment := at.Sub(b.start)
	place, _ := slices.BinarySearch(t.wrong, moment+1) // behind those of the same moment
	t.wrong = slices.Insert(t.wrong, place, moment)
	return t
}

// lock begins the lockout of a pair that has as many wrong passwords as it may; it counts from the last one.
func (b *Book) lock(p Pair, t *tries, s Settings, now time.Time) (lock Lock, ours bool) {
	if len(t.wrong) < s.After {
		return Lock{}, false
	}
	last := t.wrong[len(t.wrong)-1]
	ours = t.own == last+1
	t.wrong = nil
	b.tidy(b.keys.Of(p.User, p.Station), t)
	l := b.locks.Put(p)
	if l.forgotten(now) {
		*l = Lock{}
	}
	l.Until = b.start.Add(last).Add(Doubled(s.For, s.Most, l.Count))
	l.Count++
	b.kept.Set(p.key(), *l)
	return *l, ours
}

// Right forgets the pair's wrong passwords: the right one came.
func (b *Book) Right(p Pair) {
	key := b.keys.Of(p.User, p.Station)
	if t := b.tries.Get(key); t != nil {
		t.wrong = nil
		b.tidy(key, t)
	}
}

// Release forgets a pair's lockout, its doubling and its wrong passwords; an empty station stands for all of the person's.
func (b *Book) Release(p Pair) {
	key := b.keys.Of(p.User, p.Station)
	b.tries.Each(func(k limit.Key, t *tries) {
		if k == key || p.Station == "" && k.Name == key.Name {
			t.wrong = nil
			b.tidy(k, t)
		}
	})
	if p.Station != "" {
		b.forgive(p)
		return
	}
	b.locks.Each(func(other Pair, _ *Lock) {
		if other.User == p.User {
			b.forgive(other)
		}
	})
}

// Approved forgets the pair's lockouts: the person's phone says that it is the person who is there.
func (b *Book) Approved(p Pair) {
	if b.locks.Peek(p) != nil {
		b.forgive(p)
	}
}

func (b *Book) forgive(p Pair) {
	b.locks.Delete(p)
	b.kept.Delete(p.key())
}

// InForce calls do for each lockout that is in force.
func (b *Book) InForce(now time.Time, do func(Pair, Lock)) {
	b.locks.Each(func(p Pair, l *Lock) {
		if now.Before(l.Until) {
			do(p, *l)
		}
	})
}

// Entries is how many pairs have tries, and how many have lockouts.
func (b *Book) Entries() (pairs, locks int) { return b.tries.Len(), b.locks.Len() }

// Close writes what is not on disk yet.
func (b *Book) Close() error { return b.kept.Close() }

// prune forgets what counts no longer.
func (b *Book) prune(t *tries, s Settings, now time.Time) {
	t.wrong = expired(t.wrong, now.Sub(b.start)-s.Window)
	t.checking = expired(t.checking, now.Sub(b.start)-checkedFor)
}

// tidy drops a pair that has nothing: only what counts takes room.
func (b *Book) tidy(key limit.Key, t *tries) {
	if len(t.wrong)+len(t.checking) == 0 {
		b.spare = t.checking[:0]
		b.tries.Delete(key)
	}
}

// expired drops the moments that are not after the last one that is too old.
func expired(moments []time.Duration, last time.Duration) []time.Duration {
	gone := 0
	for gone < len(moments) && moments[gone] <= last {
		gone++
	}
	return slices.Delete(moments, 0, gone)
}

// Doubled is a first length, doubled so many times, and never longer than most.
func Doubled(first, most time.Duration, times int) time.Duration {
	for ; times > 0 && first > 0 && first < most; times-- { // nothing stays nothing, however often it is doubled
		first *= 2
	}
	return min(first, most)
}
