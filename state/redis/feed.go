package redis

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"ivalt-radius/state/cluster"
)

// Bounds of the feed.
const (
	mostUntold   = 1 << 16                // things that wait to be told
	mostPayload  = 1 << 14                // octets of one
	mostBatch    = 1 << 15                // octets of payload in one batch, about
	perTold      = 32                     // and what each costs beside that
	mostSealed   = 1 << 18                // octets of a batch that is opened
	mostBatches  = 1 << 16                // that Redis keeps
	tellEvery    = 20 * time.Millisecond  // so that a batch is worth a round trip
	tellAgain    = 500 * time.Millisecond // behind one that failed
	kept         = time.Hour
	readMost     = 256                    // batches at once
	readFor      = 400 * time.Millisecond // that a read waits for something new
	currentFor   = 2 * time.Second        // behind a read
	rewound      = time.Minute            // how much is read again when another server may have taken over: it may have lost its last writes
	complainEach = time.Minute
)

// told is one thing, as it waits and as it is written.
type told struct {
	Kind    string `json:"k"`
	Payload []byte `json:"p"`
	At      int64  `json:"t"` // by the memory's clock, µs

	at time.Time // by this node's, until it is written
}

// batch is what is sealed in one entry of the stream.
type batch struct {
	Node string `json:"n"`
	Seq  uint64 `json:"s"` // grows by one from 1 on in a node's life: what is read again is known by it
	Told []told `json:"e"`
}

// feed implements cluster.Feed.
type feed struct {
	e   *Engine
	key string

	mu     sync.Mutex
	queue  []told
	lost   uint64 // that found no room
	closed bool
	wake   chan struct{}
	done   chan struct{}   // the writer has ended; nil: it has not begun
	ending <-chan struct{} // closed when the writer must end, once the feed is closed

	back  *place    // where the reader goes on; nil: behind what it read last
	whole time.Time // when the last read began that left nothing unread
	began bool      // something was read, or found to be empty

	// Of the reader alone.
	follows map[string]func(cluster.Heard) // none is added behind Start
	heard   map[string]uint64              // by incarnation, the last Seq
	sealed  uint64                         // batches that could not be opened
	said    time.Time
}

func newFeed(e *Engine) *feed {
	return &feed{
		e: e, key: "{" + e.link.Prefix + ":feed}", wake: make(chan struct{}, 1), follows: map[string]func(cluster.Heard){}, heard: map[string]uint64{},
	}
}

// Feed is the node's part of the feed. What is told before Start waits for it.
func (e *Engine) Feed() cluster.Feed { return e.feed }

// Follow has apply told what other nodes tell of a kind, one thing at a time. What an earlier life of this node told is heard as well, with its
// own name. It comes before Start.
func (e *Engine) Follow(kind string, apply func(cluster.Heard)) { e.feed.follows[kind] = apply }

// Tell implements cluster.Feed. What is too large is lost, as what finds no room.
func (f *feed) Tell(kind string, payload []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed || len(f.queue) >= mostUntold || len(payload) > mostPayload {
		f.lost++
		return
	}
	f.queue = append(f.queue, told{Kind: kind, Payload: payload, at: time.Now()})
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

// close has the writer write what waits, as long as ctx lets it, and waits for its end.
func (f *feed) close(ctx context.Context) {
	f.mu.Lock()
	f.closed, f.ending = true, ctx.Done()
	done := f.done
	f.mu.Unlock()
	if done == nil {
		return
	}
	select {
	case f.wake <- struct{}{}:
	default:
	}
	select {
	case <-done:
	case <-ctx.Done():
	}
}

// write writes what is told, in batches.
func (f *feed) write(ctx context.Context) {
	defer close(f.done)
	var next batch
	var said time.Time
	for seq := uint64(1); ; {
		if len(next.Told) == 0 && !f.next(ctx, &next, seq) {
			return
		}
		pause := tellEvery
		if f.put(ctx, next) {
			next = batch{}
			seq++
		} else {
			pause = tellAgain
		}
		if lost := f.losses(&said); lost > 0 {
			f.e.tell(Event{Kind: FeedLost, Count: lost})
		}
		if !f.pause(ctx, pause) {
			return
		}
	}
}

// next waits for something to tell, and takes a batch of it; false: the feed ends.
func (f *feed) next(ctx context.Context, b *batch, seq uint64) bool {
	for {
		f.mu.Lock()
		n, size := 0, 0
		for n < len(f.queue) && size < mostBatch {
			size += len(f.queue[n].Payload) + len(f.queue[n].Kind) + perTold
			n++
		}
		if n > 0 {
			*b = batch{Node: f.e.options.Node, Seq: seq, Told: f.queue[:n:n]}
			f.queue = f.queue[n:]
			if len(f.queue) == 0 {
				f.queue = nil
			}
		}
		closed := f.closed
		f.mu.Unlock()
		if n > 0 || closed {
			return n > 0
		}
		select {
		case <-f.wake:
		case <-ctx.Done():
			return false
		}
	}
}

// pause waits between two batches; false: the feed ends. One that is closed waits for nobody while it can write.
func (f *feed) pause(ctx context.Context, long time.Duration) bool {
	f.mu.Lock()
	closed, ending := f.closed, f.ending
	f.mu.Unlock()
	if closed {
		select {
		case <-ending:
			return false
		default:
			return long == tellEvery
		}
	}
	select {
	case <-time.After(long):
		return true
	case <-ctx.Done():
		return false
	}
}

// put writes a batch; false: it may not have been written. Times are the memory's, as this node knows it now.
func (f *feed) put(ctx context.Context, b batch) bool {
	now := f.e.Time()
	if now.IsZero() {
		return false
	}
	for i := range b.Told {
		b.Told[i].At = now.Add(-time.Since(b.Told[i].at)).UnixMicro()
	}
	text, err := json.Marshal(b)
	if err != nil {
		return true // a batch has no value that could fail
	}
	sealed := f.e.link.Seal(f.key+f.e.incarnation, kept, text)
	_, err = f.e.link.RunOn(ctx, f.e.link.Client, f.e.scripts.tell, []string{f.key}, f.e.incarnation, sealed, mostBatches, kept.Milliseconds())
	return err == nil
}

// losses are those since the last time that they were told, once a minute.
func (f *feed) losses(said *time.Time) (lost uint64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.lost == 0 || !said.IsZero() && time.Since(*said) < complainEach {
		return 0
	}
	lost, f.lost, *said = f.lost, 0, time.Now()
	return lost
}

// place is that of an entry in a stream: MILLISECONDS-NUMBER.
type place struct{ ms, n uint64 }

func parsePlace(text string) (p place, ok bool) {
	a, b, _ := strings.Cut(text, "-")
	var err, failed error
	p.ms, err = strconv.ParseUint(a, 10, 64)
	p.n, failed = strconv.ParseUint(b, 10, 64)
	return p, err == nil && failed == nil
}

func (p place) String() string { return fmt.Sprintf("%d-%d", p.ms, p.n) }

func (p place) before(o place) bool { return p.ms < o.ms || p.ms == o.ms && p.n < o.n }

// entries reads what is new behind a place.
func (f *feed) entries(ctx context.Context, behind place) ([]goredis.XMessage, error) {
	ctx, cancel := context.WithTimeout(ctx, readFor+f.e.link.Timeout)
	defer cancel()
	streams, err := f.e.aside.XRead(ctx, &goredis.XReadArgs{Streams: []string{f.key, behind.String()}, Count: readMost, Block: readFor}).Result()
	switch {
	case errors.Is(err, goredis.Nil):
		return nil, nil
	case err != nil || len(streams) == 0:
		return nil, err
	}
	return streams[0].Messages, nil
}
