package redis

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"ivalt-radius/state/cluster"
)

// Bounds of a table.
const (
	mostFields = 1 << 16
	mostValue  = 1 << 16            // octets of a key and its value, sealed
	goneFor    = 7 * 24 * time.Hour // it is known what was deleted: a node that was away for longer may bring it back
	scanMost   = 512
	nearSync   = 10 * time.Second
)

// errFull says that a table takes no more keys, errLarge that a value is too large: the node has it, the others have not.
var (
	errFull  = errors.New("the table is full: other nodes are not told")
	errLarge = errors.New("too large for the table: other nodes are not told")
)

// table implements cluster.Table.
type table struct {
	e       *Engine
	kind    string // in the feed
	keys    []string
	replica cluster.Replica
	most    int // fields

	mu     sync.Mutex // over each read of Redis and what is applied of it, so that no older value is applied last
	failed map[string][]byte
	synced time.Time // the last time that anything was put in step
	stale  bool      // it must be put in step
	sealed uint64
	said   time.Time
}

// entry is what is sealed in a field.
type entry struct {
	Key   string `json:"k"`
	Value []byte `json:"v"`
}

// Table has r be this node's copy of a table. It comes before Start; what the node has and the memory has not is put there at Start and when the memory
// is reached again, and the other way round; where both have something, the memory's counts. A change that could not be told is told then.
func (e *Engine) Table(name string, r cluster.Replica) cluster.Table {
	key := "{" + e.link.Prefix + ":table:" + name + "}"
	t := &table{e: e, kind: "table:" + name, keys: []string{key, key + ":gone"}, replica: r, most: mostFields, failed: map[string][]byte{}, stale: true}
	e.tables = append(e.tables, t)
	e.Follow(t.kind, t.changed)
	return t
}

// field is where a key is kept.
func (t *table) field(key string) string {
	d := t.e.link.Digest(t.kind, key)
	return hex.EncodeToString(d[:])
}

// Put implements cluster.Table.
func (t *table) Put(ctx context.Context, key string, value []byte) error {
	return t.change(ctx, key, bytes.Clone(nonNil(value)))
}

// Delete implements cluster.Table.
func (t *table) Delete(ctx context.Context, key string) error { return t.change(ctx, key, nil) }

func nonNil(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// change makes a change; a nil value deletes. One that fails is made again when the memory is reached.
func (t *table) change(ctx context.Context, key string, value []byte) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.make(ctx, key, value)
}

// make is change with the lock held.
func (t *table) make(ctx context.Context, key string, value []byte) error {
	how := "put"
	if value == nil {
		how = "delete"
	}
	if err := t.write(ctx, how, key, value); err != nil {
		if errors.Is(err, cluster.ErrUnreachable) && len(t.failed) < t.most {
			t.failed[key], t.stale = value, true
		} else {
			delete(t.failed, key)
		}
		return err
	}
	delete(t.failed, key)
	if time.Since(t.synced) < nearSync { // which may have put an older value in the caller's copy between its change and this one
		t.replica.Apply(key, value)
	}
	return nil
}

// write makes a change in Redis and tells the others of it.
func (t *table) write(ctx context.Context, how, key string, value []byte) error {
	field := t.field(key)
	var sealed string
	if how != "delete" {
		text, err := json.Marshal(entry{Key: key, Value: value})
		if err != nil {
			return fmt.Errorf("keep in a table: %w", err)
		}
		if sealed = t.e.link.Seal(t.keys[0]+field, 0, text); len(sealed) > mostValue {
			return errLarge
		}
	}
	done, err := t.e.link.Run(ctx, t.e.scripts.table, t.keys, how, field, sealed, t.most, int64(goneFor.Seconds()))
	switch {
	case err != nil:
		return err
	case done == int64(-1):
		return errFull
	case done == int64(1):
		t.e.feed.Tell(t.kind, []byte(key))
	}
	return nil
}

// read opens a field, bound to its place.
func (t *table) read(field, sealed string) (en entry, ok bool) {
	if len(sealed) <= mostValue {
		text, err := t.e.link.Open(t.keys[0]+field, sealed)
		if err == nil && json.Unmarshal(text, &en) == nil && t.field(en.Key) == field {
			return en, true
		}
	}
	t.sealed++
	t.e.unreadable(&t.sealed, &t.said)
	return en, false
}

// changed applies what another node says it changed: as it is in Redis now.
func (t *table) changed(h cluster.Heard) {
	ctx, cancel := context.WithTimeout(context.Background(), t.e.link.Timeout)
	defer cancel()
	key := string(h.Payload)
	field := t.field(key)
	t.mu.Lock()
	defer t.mu.Unlock()
	sealed, err := t.e.aside.HGet(ctx, t.keys[0], field).Result()
	switch {
	case errors.Is(err, goredis.Nil):
		t.replica.Apply(key, nil)
	case err != nil:
		t.stale = true
		t.e.wake()
	default:
		if en, ok := t.read(field, sealed); ok {
			t.replica.Apply(key, nonNil(en.Value))
		}
	}
}

// resync has all tables put in step.
func (e *Engine) resync() {
	for _, t := range e.tables {
		t.mu.Lock()
		t.stale = true
		t.mu.Unlock()
	}
	e.wake()
}

func (e *Engine) wake() {
	select {
	case e.again <- struct{}{}:
	default:
	}
}

// keep puts tables in step when that is due, until ctx ends.
func (e *Engine) keep(ctx context.Context) {
	tick := time.NewTicker(2 * beatEvery) // to try again
	defer tick.Stop()
	for {
		for _, t := range e.tables {
			if e.Health().Reachable {
				t.sync(ctx)
			}
		}
		select {
		case <-e.again:
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// sync puts a table in step, if it is due. What fails is tried again.
func (t *table) sync(ctx context.Context) {
	t.mu.Lock()
	due := t.stale
	t.stale = false
	t.mu.Unlock()
	if !due || t.retell(ctx) && t.apply(ctx) {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.stale = true
}

// retell makes the changes that failed.
func (t *table) retell(ctx context.Context) bool {
	t.mu.Lock()
	failed := make([]string, 0, len(t.failed))
	for key := range t.failed {
		failed = append(failed, key)
	}
	t.mu.Unlock()
	for _, key := range failed {
		if errors.Is(t.again(ctx, key), cluster.ErrUnreachable) {
			return false
		}
	}
	return true
}

// again makes a change that failed, unless a later one has taken its place.
func (t *table) again(ctx context.Context, key string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if value, still := t.failed[key]; still {
		return t.make(ctx, key, value)
	}
	return nil
}

// apply applies all that Redis has, and puts there what it has not, but for what was deleted: that goes here.
func (t *table) apply(ctx context.Context) bool {
	there := map[string]bool{}
	for cursor := uint64(0); ; {
		next, err := t.page(ctx, cursor, there)
		if err != nil {
			return false
		}
		if cursor = next; cursor == 0 {
			break
		}
	}
	gone, err := t.gone(ctx)
	if err != nil {
		return false
	}
	missing := map[string][]byte{}
	t.replica.Each(func(key string, value []byte) {
		if !there[t.field(key)] {
			missing[key] = bytes.Clone(nonNil(value))
		}
	})
	refused := uint64(0)
	for key, value := range missing {
		err := t.add(ctx, key, value, gone)
		if errors.Is(err, cluster.ErrUnreachable) {
			return false
		}
		if err != nil {
			refused++
		}
	}
	if refused > 0 {
		t.e.tell(Event{Kind: FeedLost, Count: refused, Why: errFull})
	}
	return true
}

// add puts in Redis what only this node has, or forgets it where it was deleted there.
func (t *table) add(ctx context.Context, key string, value []byte, gone map[string]bool) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.synced = time.Now()
	if gone[t.field(key)] {
		t.replica.Apply(key, nil)
		return nil
	}
	return t.write(ctx, "add", key, value)
}

// page applies some of what Redis has.
func (t *table) page(ctx context.Context, cursor uint64, there map[string]bool) (next uint64, err error) {
	ctx, cancel := context.WithTimeout(ctx, t.e.link.Timeout)
	defer cancel()
	t.mu.Lock()
	defer t.mu.Unlock()
	list, next, err := t.e.link.Client.HScan(ctx, t.keys[0], cursor, "", scanMost).Result()
	if err != nil {
		return 0, err
	}
	t.synced = time.Now()
	for i := 0; i+1 < len(list); i += 2 {
		if len(there) >= t.most {
			break
		}
		there[list[i]] = true
		if en, ok := t.read(list[i], list[i+1]); ok {
			t.replica.Apply(en.Key, nonNil(en.Value))
		}
	}
	return next, nil
}

// gone are the fields that were deleted lately.
func (t *table) gone(ctx context.Context) (map[string]bool, error) {
	ctx, cancel := context.WithTimeout(ctx, t.e.link.Timeout)
	defer cancel()
	list, err := t.e.link.Client.ZRange(ctx, t.keys[1], 0, int64(t.most)).Result()
	if err != nil {
		return nil, err
	}
	gone := make(map[string]bool, len(list))
	for _, field := range list {
		gone[field] = true
	}
	return gone, nil
}
