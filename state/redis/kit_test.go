package redis

import (
	"bytes"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/sirupsen/logrus"

	"ivalt-radius/secret"
	"ivalt-radius/state/redis/link"
)

// options are those of a node at a server.
func options(addr, node string) Options {
	return Options{
		Settings: link.Settings{Addresses: []string{addr}, Key: secret.New(strings.Repeat("k", leastKey)), Prefix: "p", Timeout: time.Second},
		Node:     node, Version: "1",
	}
}

// witness keeps what an Engine told.
type witness struct {
	mu     sync.Mutex
	events []Event
	log    bytes.Buffer
}

// watched has what an Engine tells kept.
func watched(o Options) (Options, *witness) {
	w := &witness{}
	l := logrus.New()
	l.SetOutput(&w.log)
	o.Log = l
	o.Changed = func(e Event) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.events = append(w.events, e)
	}
	return o, w
}

// told are the events of a kind.
func (w *witness) told(k EventKind) (all []Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, e := range w.events {
		if e.Kind == k {
			all = append(all, e)
		}
	}
	return all
}

// opened is an Engine that is closed behind the test.
func opened(t *testing.T, o Options) *Engine {
	t.Helper()
	e, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close(t.Context()) })
	return e
}

// miniature is a miniredis.
func miniature(t *testing.T) *miniredis.Miniredis {
	t.Helper()
	m := miniredis.NewMiniRedis()
	if err := m.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	return m
}

// eventually waits until something is true.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	late := time.After(20 * time.Second)
	for !is() {
		select {
		case <-tick.C:
		case <-late:
			t.Fatalf("it does not come about that %s", what)
		}
	}
}

// copies is a Replica.
type copies struct {
	mu  sync.Mutex
	has map[string]string
}

func (c *copies) Apply(key string, value []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if value == nil {
		delete(c.has, key)
		return
	}
	c.has[key] = string(value)
}

func (c *copies) Each(do func(string, []byte)) {
	c.mu.Lock()
	all := maps.Clone(c.has)
	c.mu.Unlock()
	for _, key := range slices.Sorted(maps.Keys(all)) {
		do(key, []byte(all[key]))
	}
}

func (c *copies) is(key, value string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	got, ok := c.has[key]
	return ok == (value != "") && got == value
}
