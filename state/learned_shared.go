package state

import (
	"context"
	"errors"
	"fmt"
	"time"

	"ivalt-radius/state/cluster"
)

// ErrElsewhere says that a key is forgotten at this node alone.
var ErrElsewhere = errors.New("it is forgotten at this node alone, since the other nodes cannot be told: they still know it, and it comes back here once they can be " +
	"reached, unless it is forgotten again then")

// Bounds of what the other nodes are told.
const (
	tellWithin = 5 * time.Second // of one key
	mostUntold = 1 << 12         // keys that wait; what finds no room is told when the node is next compared with the table
)

// Share has what is learned from now on told to all nodes, soon after; l is the table's Replica. It is called once, before Close.
func (l *Learned) Share(table cluster.Table) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.table == nil && !l.closed {
		l.table = table
		l.tells.Go(l.telling)
	}
}

// tell has a key told. mu is held.
func (l *Learned) tell(key string) {
	if l.table == nil || len(l.told) >= mostUntold {
		return
	}
	l.told = append(l.told, key)
	select {
	case l.untold <- struct{}{}:
	default:
	}
}

// telling tells what was learned. What cannot be told is told when the memory can be asked again, by Each.
func (l *Learned) telling() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		select {
		case <-l.stop:
			cancel()
		case <-ctx.Done():
		}
	}()
	for {
		select {
		case <-l.untold:
		case <-l.stop:
			return
		}
		for _, key := range l.toTell() {
			if l.put(ctx, key) != nil {
				break
			}
		}
	}
}

// put tells a key, unless it was forgotten meanwhile.
func (l *Learned) put(ctx context.Context, key string) error {
	l.others.Lock()
	defer l.others.Unlock()
	if !l.Has(key) {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, tellWithin)
	defer cancel()
	return l.table.Put(ctx, key, []byte{1})
}

func (l *Learned) toTell() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	keys := l.told
	l.told = nil
	return keys
}

// ForgetAll removes a key here and at all other nodes. The error says that it stays, since the disk fails, or is ErrElsewhere. A key that is not known
// here is removed at the others.
func (l *Learned) ForgetAll(key string) error {
	l.others.Lock()
	defer l.others.Unlock()
	if l.Has(key) && !l.Forget(key) && l.Has(key) {
		return errors.Join(errors.New("it could not be forgotten"), l.Failing())
	}
	l.mu.RLock()
	table := l.table
	l.mu.RUnlock()
	if table == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), tellWithin)
	defer cancel()
	if err := table.Delete(ctx, key); err != nil {
		return fmt.Errorf("%w (%w)", ErrElsewhere, err)
	}
	return nil
}

// Apply implements cluster.Replica: what another node learned counts here at once, and is on disk soon after; it is not told on.
func (l *Learned) Apply(key string, value []byte) {
	if value != nil {
		l.mu.Lock()
		defer l.mu.Unlock()
		if _, ok := l.known[key]; ok || l.closed || len(l.known) >= l.most || key == "" || len(key) > MaxKey {
			return
		}
		l.known[key], l.pending[key] = struct{}{}, struct{}{}
		l.wake()
		return
	}
	l.disk.Lock()
	defer l.disk.Unlock()
	if !l.Has(key) {
		return
	}
	if _, err := l.store.Delete(l.bucket, key); err != nil {
		l.failing.Store(&err) // it comes back with a restart, and is forgotten again by the table
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.known, key)
	delete(l.pending, key)
}

// Each implements cluster.Replica.
func (l *Learned) Each(do func(key string, value []byte)) {
	for _, key := range l.Keys() {
		do(key, []byte{1})
	}
}
