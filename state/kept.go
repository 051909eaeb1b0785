package state

import (
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Bounds of a Kept.
const (
	mostUnwritten = 1 << 17 // keys that wait for the disk
	mostBatch     = 1 << 12 // of them that are written at once
	failingEvery  = time.Minute
)

// errUnwritten says that changes are lost on disk, since it fails for long.
var errUnwritten = errors.New("too many changes wait for the disk: some are lost, and a restart would bring back what was there before")

// Disk is what whoever keeps a copy of its memory needs of a Store.
type Disk interface {
	// Each calls do for every key of a bucket; value is good until do returns.
	Each(bucket string, do func(key string, value []byte)) error
	// Change puts values and deletes keys (nil), all or none; what it did is on disk.
	Change(bucket string, changes map[string][]byte) error
}

// Kept is the copy on disk of values that somebody has in memory: Set and Delete return at once, and one goroutine writes what has
// changed, as JSON, soon after. A crash forgets what was changed in the moment before. All methods are safe for concurrent use; a nil
// Kept keeps nothing.
type Kept[V any] struct {
	disk    Disk
	bucket  string
	failing func(error)

	mu      sync.Mutex
	pending map[string]*V // nil: to be deleted
	lost    bool          // a change found no room, at any time since the start
	closed  bool

	changed chan struct{}
	stop    chan struct{}
	stopped chan struct{}
	said    time.Time // of the run goroutine, and of Close behind it
}

// OpenKept reads a bucket, hands each value to load, and keeps what is changed from then on. What cannot be read, or what load has no use
// for any more (false), is deleted. failing is told why the disk cannot be written, once a minute at most while that lasts, from the
// goroutine that writes. The disk stays the caller's, to be closed after the Kept.
func OpenKept[V any](disk Disk, bucket string, load func(key string, value V) bool, failing func(error)) (*Kept[V], error) {
	k := &Kept[V]{
		disk: disk, bucket: bucket, failing: failing, pending: map[string]*V{},
		changed: make(chan struct{}, 1), stop: make(chan struct{}), stopped: make(chan struct{}),
	}
	err := disk.Each(bucket, func(key string, value []byte) {
		var v V
		if json.Unmarshal(value, &v) != nil || !load(key, v) {
			k.pending[key] = nil
		}
	})
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", bucket, err)
	}
	k.wake()
	go k.run()
	return k, nil
}

// Set has a value written in the place of the one before. The value must not change any more. A key that is empty or longer than MaxKey is not
// kept.
func (k *Kept[V]) Set(key string, value V) { k.change(key, &value) }

// Delete has a value deleted.
func (k *Kept[V]) Delete(key string) { k.change(key, nil) }

func (k *Kept[V]) change(key string, value *V) {
	if k == nil || key == "" || len(key) > MaxKey {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.closed {
		return
	}
	if _, waits := k.pending[key]; !waits && len(k.pending) >= mostUnwritten {
		k.lost = true
		return
	}
	k.pending[key] = value
	k.wake()
}

func (k *Kept[V]) wake() {
	select {
	case k.changed <- struct{}{}:
	default:
	}
}

// Close writes what is not on disk yet. Changes that come later are not kept. A second Close does nothing.
func (k *Kept[V]) Close() error {
	if k == nil {
		return nil
	}
	k.mu.Lock()
	first := !k.closed
	k.closed = true
	k.mu.Unlock()
	if !first {
		return nil
	}
	close(k.stop)
	<-k.stopped
	return k.flush()
}

// run writes batches: whatever has changed while the batch before was written.
func (k *Kept[V]) run() {
	defer close(k.stopped)
	for {
		select {
		case <-k.changed:
		case <-k.stop:
			return
		}
		for err := k.flush(); err != nil; err = k.flush() {
			k.say(err)
			select {
			case <-time.After(persistRetry):
			case <-k.stop:
				return
			}
		}
	}
}

// say tells of a failing disk, now and then.
func (k *Kept[V]) say(err error) {
	if now := time.Now(); k.said.IsZero() || now.Sub(k.said) >= failingEvery {
		k.said = now
		k.failing(err)
	}
}

// flush writes what is pending, batch by batch.
func (k *Kept[V]) flush() error {
	for {
		batch := k.take()
		if len(batch) == 0 {
			return nil
		}
		if err := k.disk.Change(k.bucket, encoded(batch)); err != nil {
			return k.putBack(batch, fmt.Errorf("keep %s: %w", k.bucket, err))
		}
	}
}

// take takes a batch from what is pending.
func (k *Kept[V]) take() map[string]*V {
	k.mu.Lock()
	defer k.mu.Unlock()
	batch := make(map[string]*V, min(len(k.pending), mostBatch))
	for key, value := range k.pending {
		if len(batch) == mostBatch {
			break
		}
		batch[key] = value
		delete(k.pending, key)
	}
	return batch
}

// putBack has a batch that could not be written wait again, but for what has changed meanwhile.
func (k *Kept[V]) putBack(batch map[string]*V, why error) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	for key, value := range batch {
		if _, newer := k.pending[key]; newer {
			continue
		}
		if len(k.pending) >= mostUnwritten {
			k.lost = true
			break
		}
		k.pending[key] = value
	}
	if k.lost {
		return errors.Join(why, errUnwritten)
	}
	return why
}

// encoded is the batch as a Disk takes it. A value that has no JSON, or too much of it, is not kept: an older one goes, since it is no
// longer true.
func encoded[V any](batch map[string]*V) map[string][]byte {
	changes := make(map[string][]byte, len(batch))
	for key, value := range batch {
		changes[key] = nil
		if value == nil {
			continue
		}
		if text, err := json.Marshal(value); err == nil && len(text) <= MaxValue {
			changes[key] = text
		}
	}
	return changes
}
