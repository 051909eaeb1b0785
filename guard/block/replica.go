package block

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"ivalt-radius/state/cluster"
)

// ErrElsewhere says that a block is lifted at this node alone.
var ErrElsewhere = errors.New("the block is lifted at this node alone, since the other nodes cannot be told: they still have it, and it comes back here once they " +
	"can be reached, unless it is lifted again then")

// tellWithin bounds how long the other nodes' memory may take.
const tellWithin = 5 * time.Second

// Share has blocks that are placed and lifted from now on placed and lifted at all nodes; b is the table's Replica. This node comes first: a block that
// cannot be told counts here, and is told when the memory can be asked again.
func (bs *Blocks) Share(table cluster.Table) {
	bs.change.Lock()
	defer bs.change.Unlock()
	bs.table = table
}

// tell places a block at the other nodes. Where that fails Each brings it there later. change is held.
func (bs *Blocks) tell(b Block) {
	if bs.table == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), tellWithin)
	defer cancel()
	if text, err := json.Marshal(b); err == nil {
		_ = bs.table.Put(ctx, keyOf(b), text)
	}
}

// untell lifts a block at the other nodes. change is held.
func (bs *Blocks) untell(b Block) error {
	if bs.table == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), tellWithin)
	defer cancel()
	b.Prefix = plain(b.Prefix)
	if err := bs.table.Delete(ctx, keyOf(b)); err != nil {
		return fmt.Errorf("%w (%w)", ErrElsewhere, err)
	}
	return nil
}

// Apply implements cluster.Replica: a block of another node counts here at once, even where the disk fails. What is no block, or has ended, changes nothing.
func (bs *Blocks) Apply(key string, value []byte) {
	bs.disk.Lock()
	defer bs.disk.Unlock()
	b, err := subjectOf(key)
	if err != nil || keyOf(b) != key {
		return
	}
	_, there := bs.Find(b)
	if value == nil {
		_, _ = bs.store.Delete(bucket, key) // what stays there comes back with a restart, and is lifted again by the table
		bs.mu.Lock()
		defer bs.mu.Unlock()
		bs.remove(b)
		bs.measure()
		return
	}
	now := bs.now()
	if json.Unmarshal(value, &b) != nil {
		return
	}
	if b, err = b.canonical(); err != nil || keyOf(b) != key || b.ends(now) != nil || !there && bs.Len() >= Most {
		return
	}
	if text, err := json.Marshal(b); err == nil {
		_ = bs.store.Put(bucket, key, text)
	}
	bs.mu.Lock()
	defer bs.mu.Unlock()
	bs.put(b)
	bs.measure()
}

// Each implements cluster.Replica: the blocks in force.
func (bs *Blocks) Each(do func(key string, value []byte)) {
	for _, b := range bs.All() {
		if text, err := json.Marshal(b); err == nil {
			do(keyOf(b), text)
		}
	}
}
