package block

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"ivalt-radius/state"
	"ivalt-radius/state/cluster"
)

// bucket is where the blocks lie in the store. Their keys begin with what they are about.
const (
	bucket        = "blocks"
	userPrefix    = "user:"
	addressPrefix = "address:"
)

// sweepEvery is how often blocks that have ended are taken away.
const sweepEvery = time.Minute

// Blocks are all of a node. All methods are safe for concurrent use.
type Blocks struct {
	store *state.Store
	now   func() time.Time

	change sync.Mutex    // one change of this node at a time, at the others too
	table  cluster.Table // guarded by change; nil: there are no others

	disk  sync.Mutex // one change of the store at a time
	swept time.Time

	mu       sync.RWMutex
	users    map[string]Block
	prefixes map[netip.Prefix]Block
	lengths  [2][]int // those of the prefixes, of IPv4 and IPv6: what a question has to look for
}

// Open reads the blocks of a store, which stays the caller's. now is the clock; nil means time.Now. A record
// that cannot be read blocks its subject for as long as a block may last; one whose subject cannot be read is passed over.
func Open(store *state.Store, now func() time.Time) (*Blocks, error) {
	if now == nil {
		now = time.Now
	}
	bs := &Blocks{store: store, now: now, users: map[string]Block{}, prefixes: map[netip.Prefix]Block{}}
	at := now()
	err := store.Each(bucket, func(key string, value []byte) {
		if b, ok := read(key, value, at); ok {
			bs.put(b)
		}
	})
	if err != nil {
		return nil, fmt.Errorf("reading the blocks: %w", err)
	}
	bs.measure()
	return bs, nil
}

// read is a record of the store.
func read(key string, value []byte, now time.Time) (b Block, ok bool) {
	subject, err := subjectOf(key)
	if err != nil {
		return b, false
	}
	if json.Unmarshal(value, &b) == nil {
		if b, err = b.canonical(); err == nil && keyOf(b) == key && b.Until.Sub(now) <= Longest {
			return b, true
		}
	}
	subject.Until, subject.At = now.Add(Longest), now
	subject.Reason, subject.By = "the record of this block is damaged, so its end is not known: lift it, and place it anew where it is needed", "automatic"
	return subject, true
}

func keyOf(b Block) string {
	if b.User != "" {
		return userPrefix + b.User
	}
	return addressPrefix + b.Prefix.String()
}

func subjectOf(key string) (Block, error) {
	if name, ok := strings.CutPrefix(key, userPrefix); ok {
		return OfUser(name)
	}
	return OfAddress(strings.TrimPrefix(key, addressPrefix))
}

// Place puts a block in the place of one that there may be of its subject: on disk when it returns, and it counts from then on. It
// fills At in. ErrFull where there is no room; other errors say what is wrong with the block, or the disk's.
func (bs *Blocks) Place(b Block) error {
	_, err := bs.place(b, func(Block) bool { return false })
	return err
}

// Lengthen is Place, but a block of the subject that ends later, or then, stays. It returns the one that stands.
func (bs *Blocks) Lengthen(b Block) (Block, error) {
	return bs.place(b, func(old Block) bool { return !old.Until.Before(b.Until) })
}

// place puts a block, unless one that is in force stays.
func (bs *Blocks) place(b Block, stays func(Block) bool) (Block, error) {
	now := bs.now()
	b.At = now.UTC()
	b.Until = b.Until.UTC()
	b, err := b.canonical()
	if err == nil {
		err = b.ends(now)
	}
	if err != nil {
		return b, err
	}
	bs.change.Lock()
	defer bs.change.Unlock()
	b, changed, err := bs.keep(b, stays, now)
	if changed {
		bs.tell(b)
	}
	return b, err
}

// keep is place at this node.
func (bs *Blocks) keep(b Block, stays func(Block) bool, now time.Time) (stands Block, changed bool, err error) {
	bs.disk.Lock()
	defer bs.disk.Unlock()
	old, there := bs.Find(b)
	if there && stays(old) {
		return old, false, nil
	}
	if err := bs.sweep(now); err != nil {
		return b, false, err
	}
	if !there && bs.Len() >= Most {
		return b, false, ErrFull
	}
	text, err := json.Marshal(b)
	if err != nil {
		return b, false, fmt.Errorf("placing a block: %w", err)
	}
	if err := bs.store.Put(bucket, keyOf(b), text); err != nil {
		return b, false, fmt.Errorf("placing a block: %w", err)
	}
	bs.mu.Lock()
	defer bs.mu.Unlock()
	bs.put(b)
	bs.measure()
	return b, true, nil
}

// Lift takes away the block of exactly the subject of b, on disk before it returns. ErrNoBlock where there is none in force. ErrElsewhere where it is
// lifted here, and the other nodes could not be told.
func (bs *Blocks) Lift(b Block) (Block, error) {
	bs.change.Lock()
	defer bs.change.Unlock()
	lifted, err := bs.drop(b)
	if err != nil && !errors.Is(err, ErrNoBlock) {
		return lifted, err
	}
	return lifted, errors.Join(err, bs.untell(b)) // where this node has none, others may
}

// drop is Lift at this node.
func (bs *Blocks) drop(b Block) (Block, error) {
	bs.disk.Lock()
	defer bs.disk.Unlock()
	lifted, ok := bs.Find(b)
	if !ok {
		return b, ErrNoBlock
	}
	if _, err := bs.store.Delete(bucket, keyOf(lifted)); err != nil {
		return b, fmt.Errorf("lifting a block: %w", err)
	}
	bs.mu.Lock()
	defer bs.mu.Unlock()
	bs.remove(lifted)
	bs.measure()
	return lifted, nil
}

// Blocked reports that a person under one of the names, or whoever comes from an address, is blocked, and until when: the latest end
// where there are several. Names are in canonical form; the zero Addr is unknown, and not blocked. It reads memory alone.
func (bs *Blocks) Blocked(names []string, from netip.Addr) (until time.Time, yes bool) {
	bs.mu.RLock()
	defer bs.mu.RUnlock()
	if len(bs.users) == 0 && len(bs.prefixes) == 0 {
		return until, false
	}
	now := bs.now()
	for _, name := range names {
		if b, ok := bs.users[name]; ok && now.Before(b.Until) {
			until = later(until, b.Until)
		}
	}
	from = from.Unmap().WithZone("")
	for _, bits := range bs.lengths[family(from)] {
		prefix, err := from.Prefix(bits)
		if err != nil {
			break // the zero Addr
		}
		if b, ok := bs.prefixes[prefix]; ok && now.Before(b.Until) {
			until = later(until, b.Until)
		}
	}
	return until, !until.IsZero()
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

func family(a netip.Addr) int {
	if a.Is4() {
		return 0
	}
	return 1
}

// Find is the block of exactly the subject of b that is in force.
func (bs *Blocks) Find(b Block) (Block, bool) {
	bs.mu.RLock()
	defer bs.mu.RUnlock()
	found, ok := bs.users[b.User]
	if b.User == "" {
		found, ok = bs.prefixes[plain(b.Prefix)]
	}
	return found, ok && bs.now().Before(found.Until)
}

// Covering are the blocks in force that are about more than the network of b, and about all of it.
func (bs *Blocks) Covering(b Block) []Block {
	return slices.DeleteFunc(bs.All(), func(wide Block) bool {
		return b.User != "" || wide.User != "" || wide.Prefix.Bits() >= b.Prefix.Bits() || !wide.Prefix.Contains(b.Prefix.Addr())
	})
}

// All are the blocks in force, those of persons first, by name and address.
func (bs *Blocks) All() []Block {
	now := bs.now()
	all := bs.some(func(b Block) bool { return now.Before(b.Until) })
	slices.SortFunc(all, func(a, b Block) int { // the zero Prefix, which a person's block has, comes first
		return cmp.Or(a.Prefix.Compare(b.Prefix), strings.Compare(a.User, b.User))
	})
	return all
}

// Len is how many are kept, those that ended since the last sweep included.
func (bs *Blocks) Len() int {
	bs.mu.RLock()
	defer bs.mu.RUnlock()
	return len(bs.users) + len(bs.prefixes)
}

// sweep takes away what has ended, now and then, and where there is no room. disk is held.
func (bs *Blocks) sweep(now time.Time) error {
	if since := now.Sub(bs.swept); since >= 0 && since < sweepEvery && bs.Len() < Most {
		return nil
	}
	bs.swept = now
	ended := bs.ended(now)
	if len(ended) == 0 {
		return nil
	}
	gone := make(map[string][]byte, len(ended))
	for _, b := range ended {
		gone[keyOf(b)] = nil
	}
	if err := bs.store.Change(bucket, gone); err != nil {
		return fmt.Errorf("taking away blocks that have ended: %w", err)
	}
	bs.mu.Lock()
	defer bs.mu.Unlock()
	for _, b := range ended {
		bs.remove(b)
	}
	bs.measure()
	return nil
}

// ended are the blocks of the past.
func (bs *Blocks) ended(now time.Time) []Block {
	return bs.some(func(b Block) bool { return !now.Before(b.Until) })
}

// some are the blocks that are wanted, in no order.
func (bs *Blocks) some(wanted func(Block) bool) []Block {
	bs.mu.RLock()
	defer bs.mu.RUnlock()
	found := []Block{}
	for _, b := range bs.users {
		if wanted(b) {
			found = append(found, b)
		}
	}
	for _, b := range bs.prefixes {
		if wanted(b) {
			found = append(found, b)
		}
	}
	return found
}

// put, remove and measure change the memory. mu is held, or nobody else knows of it yet.
func (bs *Blocks) put(b Block) {
	if b.User != "" {
		bs.users[b.User] = b
	} else {
		bs.prefixes[b.Prefix] = b
	}
}

func (bs *Blocks) remove(b Block) {
	if b.User != "" {
		delete(bs.users, b.User)
	} else {
		delete(bs.prefixes, b.Prefix)
	}
}

func (bs *Blocks) measure() {
	var there [2][129]bool
	for p := range bs.prefixes {
		there[family(p.Addr())][p.Bits()] = true
	}
	for f := range there {
		bs.lengths[f] = nil
		for bits, is := range there[f] {
			if is {
				bs.lengths[f] = append(bs.lengths[f], bits)
			}
		}
	}
}
