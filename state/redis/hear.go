package redis

import (
	"context"
	"encoding/json"
	"time"

	"ivalt-radius/state/cluster"
)

// mostHeard bounds the incarnations whose batches are counted.
const mostHeard = 4 * mostMembers

// Current implements cluster.Feed.
func (f *feed) Current() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return !f.whole.IsZero() && time.Since(f.whole) < currentFor
}

// rewind has the reader read again what may have changed behind its back: the last minute, since another server may have taken over, whose
// clock may stand before that of the one before. Until it has, the feed is not current.
func (f *feed) rewind(now int64) {
	from := place{ms: uint64(max(0, time.UnixMicro(now).Add(-rewound).UnixMilli()))}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.whole = time.Time{}
	if f.began && f.back == nil {
		f.back = &from
	}
}

// restart has the reader read all that there is, as of a memory that was emptied.
func (f *feed) restart() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.whole, f.back = time.Time{}, &place{}
}

// read applies what others tell, from the last hour on, until ctx ends.
func (f *feed) read(ctx context.Context) {
	var behind place
	for ctx.Err() == nil {
		behind = f.turn(behind)
		began := time.Now()
		entries, err := f.entries(ctx, behind)
		if err != nil {
			f.wait(ctx)
			continue
		}
		for _, entry := range entries {
			f.take(entry.Values)
			if p, ok := parsePlace(entry.ID); ok {
				behind = p
			}
		}
		f.readTo(began, len(entries))
		f.complain()
	}
}

// turn is where the reader goes on: further back where it was told so, never further on.
func (f *feed) turn(behind place) place {
	f.mu.Lock()
	defer f.mu.Unlock()
	back := f.back
	f.back = nil
	if back == nil || behind.before(*back) {
		return behind
	}
	return *back
}

// readTo notes a read.
func (f *feed) readTo(began time.Time, entries int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.began = true
	if entries < readMost && f.back == nil {
		f.whole = began
	}
}

// wait waits behind a read that failed.
func (f *feed) wait(ctx context.Context) {
	select {
	case <-time.After(beatEvery):
	case <-ctx.Done():
	}
}

// take applies one entry, but for what is this node's own or was heard before. Nothing in it is trusted before it is opened.
func (f *feed) take(values map[string]any) {
	from, _ := values["from"].(string)
	sealed, _ := values["batch"].(string)
	if from == f.e.incarnation {
		return
	}
	var b batch
	if len(sealed) > mostSealed {
		f.sealed++
		return
	}
	text, err := f.e.link.Open(f.key+from, sealed)
	if err != nil || json.Unmarshal(text, &b) != nil {
		f.sealed++
		return
	}
	if b.Seq <= f.heard[from] {
		return
	}
	if len(f.heard) >= mostHeard {
		clear(f.heard)
	}
	f.heard[from] = b.Seq
	oldest := f.e.Time().Add(-kept)
	for _, t := range b.Told {
		at := time.UnixMicro(t.At)
		if apply := f.follows[t.Kind]; apply != nil && at.After(oldest) {
			apply(cluster.Heard{Kind: t.Kind, Node: b.Node, At: at, Payload: t.Payload})
		}
	}
}

// complain tells of what could not be opened.
func (f *feed) complain() { f.e.unreadable(&f.sealed, &f.said) }

// unreadable tells of values that could not be opened, once a minute.
func (e *Engine) unreadable(count *uint64, said *time.Time) {
	if *count == 0 || !said.IsZero() && time.Since(*said) < complainEach {
		return
	}
	n := *count
	*count, *said = 0, time.Now()
	e.tell(Event{Kind: Unreadable, Count: n})
}
