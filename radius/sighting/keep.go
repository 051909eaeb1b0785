package sighting

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"ivalt-radius/state"
)

// Bucket is the Book's own in the state.
const Bucket = "sightings"

// mostAtOnce is how many records one transaction writes, and removes, so that nobody else waits long for the state.
const mostAtOnce = 1024

// Open makes a Book of what a store holds, and that Save writes to. What cannot be read there is passed over, and learned anew.
func Open(store state.Disk) (*Book, error) {
	b := New()
	b.store = store
	var all []record
	if err := store.Each(Bucket, func(_ string, value []byte) {
		var r record
		if json.Unmarshal(value, &r) == nil && r.restored() {
			all = append(all, r)
		}
	}); err != nil {
		return nil, fmt.Errorf("read what is known of the clients' addresses: %w", err)
	}
	slices.SortFunc(all, func(a, b record) int { return a.Last.Compare(b.Last) })
	for _, r := range all {
		e := &entry{record: r, peer: Peer{r.Client, r.Address}, written: true}
		if b.known[e.peer] == nil {
			b.known[e.peer] = e
			b.place(e)
		}
	}
	return b, nil
}

// Keep saves at each tick until stop is closed. failed is told why it could not.
func (b *Book) Keep(tick <-chan time.Time, stop <-chan struct{}, failed func(error)) {
	for {
		select {
		case <-stop:
			return
		case <-tick:
		}
		if err := b.Save(); err != nil {
			failed(err)
		}
	}
}

// Save writes what has changed. What could not be written is tried again by the next one.
func (b *Book) Save() error {
	if b.store == nil {
		return nil
	}
	b.disk.Lock()
	defer b.disk.Unlock()
	changed, gone := b.changes()
	for len(changed)+len(gone) > 0 {
		written, removed := changed[:min(len(changed), mostAtOnce)], gone[:min(len(gone), mostAtOnce)]
		if err := b.write(written, removed); err != nil {
			b.again(changed, gone)
			return fmt.Errorf("save what is known of the clients' addresses: %w", err)
		}
		changed, gone = changed[len(written):], gone[len(removed):]
	}
	return nil
}

// write writes some of what has changed, all or none.
func (b *Book) write(changed []record, gone []Peer) error {
	batch := make(map[string][]byte, len(changed)+len(gone))
	for _, p := range gone {
		batch[key(p)] = nil
	}
	for i := range changed {
		value, err := json.Marshal(&changed[i])
		if err != nil {
			return err
		}
		batch[key(Peer{changed[i].Client, changed[i].Address})] = value
	}
	return b.store.Change(Bucket, batch)
}

// changes takes what is to be written. An address that went and came back is written.
func (b *Book) changes() (changed []record, gone []Peer) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for p, e := range b.known {
		if e.changed && e.worthKeeping() {
			e.changed, e.written = false, true
			changed = append(changed, e.clone())
			delete(b.gone, p)
		}
	}
	for p := range b.gone {
		gone = append(gone, p)
	}
	clear(b.gone)
	return changed, gone
}

// again marks what could not be written.
func (b *Book) again(changed []record, gone []Peer) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := range changed {
		p := Peer{changed[i].Client, changed[i].Address}
		if e := b.known[p]; e != nil {
			e.changed = true
		} else {
			b.gone[p] = struct{}{}
		}
	}
	for _, p := range gone {
		b.gone[p] = struct{}{}
	}
}

// key names a Peer in the state. A client's name may hold anything; what is read there is the value.
func key(p Peer) string { return p.Address.String() + "|" + p.Client }
