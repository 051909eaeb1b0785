package state

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"ivalt-radius/state/cluster"
)

// persistRetry is how soon a write that failed is tried again.
const persistRetry = time.Second

// Learned is a bounded set of short texts that outlives a restart, made for a question that is asked for every packet:
// Has reads memory alone. What is learned counts at once and is on disk soon after; what a crash in between forgets is
// learned again. All methods are safe for concurrent use.
type Learned struct {
	store  *Store
	bucket string
	most   int

	mu      sync.RWMutex
	known   map[string]struct{}
	pending map[string]struct{} // known, not on disk
	closed  bool

	disk    sync.Mutex // held over each change of the store, so that a late write revives nothing that Forget removed
	changed chan struct{}
	stop    chan struct{}
	stopped chan struct{}
	refused atomic.Uint64
	failing atomic.Pointer[error]

	untold chan struct{} // has something when told has
	told   []string      // guarded by mu: keys that the table is to be told
	table  cluster.Table // guarded by mu; nil: there are no other nodes
	tells  sync.WaitGroup
	others sync.Mutex // held over each change of the table, so that what was forgotten is not told behind that
}

// NewLearned reads the set from a bucket of the store. most bounds what Learn adds; what the store already holds is kept
// even above that. The store stays the caller's, to be closed after the set.
func NewLearned(store *Store, bucket string, most int) (*Learned, error) {
	if bucket == "" || len(bucket) > MaxKey {
		return nil, fmt.Errorf("read what was learned: %w", ErrBounds)
	}
	l := &Learned{
		store:   store,
		bucket:  bucket,
		most:    most,
		known:   map[string]struct{}{},
		pending: map[string]struct{}{},
		changed: make(chan struct{}, 1),
		stop:    make(chan struct{}),
		stopped: make(chan struct{}),
		untold:  make(chan struct{}, 1),
	}
	err := store.Each(bucket, func(key string, _ []byte) { l.known[key] = struct{}{} })
	if err != nil {
		return nil, fmt.Errorf("read what was learned: %w", err)
	}
	go l.run()
	return l, nil
}

// Has reports whether the key was learned.
func (l *Learned) Has(key string) bool {
	l.mu.RLock()
	defer l.mu.RUnlock()
	_, ok := l.known[key]
	return ok
}

// Learn adds the key and reports true where it is new. It is false for a key that is known, and where the set is full or
// closed or the key is empty or longer than MaxKey: then the refusal is counted and Has stays false.
func (l *Learned) Learn(key string) bool {
	if l.Has(key) { // the usual case, without stopping the readers
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, ok := l.known[key]; ok {
		return false
	}
	if l.closed || len(l.known) >= l.most || key == "" || len(key) > MaxKey {
		l.refused.Add(1)
		return false
	}
	l.known[key] = struct{}{}
	l.pending[key] = struct{}{}
	l.wake()
	l.tell(key)
	return true
}

func (l *Learned) wake() {
	select {
	case l.changed <- struct{}{}:
	default:
	}
}

// Forget removes the key, on disk too before it returns, and reports whether it did. Where the disk fails the key stays,
// the report is false, and Failing says why. A key may be learned again at once. It forgets at this node alone: see ForgetAll.
func (l *Learned) Forget(key string) bool {
	l.disk.Lock()
	defer l.disk.Unlock()
	if !l.Has(key) {
		return false
	}
	if _, err := l.store.Delete(l.bucket, key); err != nil {
		l.failing.Store(&err)
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.known, key)
	delete(l.pending, key)
	return true
}

// Keys returns what is known, sorted.
func (l *Learned) Keys() []string {
	l.mu.RLock()
	defer l.mu.RUnlock()
	keys := make([]string, 0, len(l.known))
	for key := range l.known {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// Refused is how many keys Learn could not take since the start.
func (l *Learned) Refused() uint64 { return l.refused.Load() }

// Failing is why what was learned could not be written; nil where the last try went well.
func (l *Learned) Failing() error {
	if err := l.failing.Load(); err != nil {
		return *err
	}
	return nil
}

// Close writes what is not on disk yet. Has and Keys still answer; Learn refuses. A second Close does nothing.
func (l *Learned) Close() error {
	l.mu.Lock()
	first := !l.closed
	l.closed = true
	l.mu.Unlock()
	if first {
		close(l.stop)
	}
	<-l.stopped
	l.tells.Wait()
	if !first {
		return nil
	}
	return l.flush()
}

// run writes batches: whatever was learned while the batch before was written.
func (l *Learned) run() {
	defer close(l.stopped)
	for {
		select {
		case <-l.changed:
		case <-l.stop:
			return
		}
		for l.flush() != nil {
			select {
			case <-time.After(persistRetry):
			case <-l.stop:
				return
			}
		}
	}
}

// flush writes what is pending.
func (l *Learned) flush() error {
	l.disk.Lock()
	defer l.disk.Unlock()
	batch := l.batch()
	if len(batch) == 0 {
		l.failing.Store(nil)
		return nil
	}
	learned := make(map[string][]byte, len(batch))
	for _, key := range batch {
		learned[key] = []byte{1}
	}
	if err := l.store.Change(l.bucket, learned); err != nil {
		err = errors.Join(errors.New("what was learned is not on disk"), err)
		l.failing.Store(&err)
		return err
	}
	l.failing.Store(nil)
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, key := range batch {
		delete(l.pending, key)
	}
	return nil
}

func (l *Learned) batch() []string {
	l.mu.RLock()
	defer l.mu.RUnlock()
	batch := make([]string, 0, len(l.pending))
	for key := range l.pending {
		batch = append(batch, key)
	}
	return batch
}
