//go:build interop

package cluster_test

import (
	"bytes"
	"fmt"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sirupsen/logrus"

	"ivalt-radius/secret"
	"ivalt-radius/state/cluster"
	"ivalt-radius/state/redis"
	"ivalt-radius/state/redis/link"
	"ivalt-radius/test/blackbox"
)

// node is an Engine under test with a table, a feed, and what it told.
type node struct {
	*redis.Engine
	blocks cluster.Table

	mu     sync.Mutex
	events []redis.Event
	heard  []string
	has    map[string]string
	log    bytes.Buffer
}

// engineOptions are those of a node at servers without TLS.
func engineOptions(name string, addrs ...string) redis.Options {
	return redis.Options{
		Settings: link.Settings{Addresses: addrs, Key: secret.New(strings.Repeat("k", 32)), Prefix: "ivalt-radius", Timeout: time.Second},
		Node:     name, Version: "1",
	}
}

// startNode opens an Engine, and closes it behind the test.
func startNode(t *testing.T, o redis.Options) *node {
	t.Helper()
	n := &node{has: map[string]string{}}
	l := logrus.New()
	l.SetOutput(&n.log)
	o.Log = l
	o.Changed = func(e redis.Event) {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.events = append(n.events, e)
	}
	var err error
	if n.Engine, err = redis.Open(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = n.Close(t.Context()) })
	n.Follow("k", func(h cluster.Heard) {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.heard = append(n.heard, string(h.Payload))
	})
	n.blocks = n.Table("blocks", n)
	n.Start(t.Context())
	return n
}

func (n *node) Apply(key string, value []byte) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if value == nil {
		delete(n.has, key)
		return
	}
	n.has[key] = string(value)
}

func (n *node) Each(do func(string, []byte)) {
	n.mu.Lock()
	all := maps.Clone(n.has)
	n.mu.Unlock()
	for key, value := range all {
		do(key, []byte(value))
	}
}

func (n *node) value(key string) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.has[key]
}

// told are the events of a kind.
func (n *node) told(k redis.EventKind) (all []redis.Event) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, e := range n.events {
		if e.Kind == k {
			all = append(all, e)
		}
	}
	return all
}

func (n *node) hears(what string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, h := range n.heard {
		if h == what {
			return true
		}
	}
	return false
}

// together checks that two nodes see each other, and that what one tells and keeps reaches the other.
func together(t *testing.T, when string, a, b *node) {
	t.Helper()
	blackbox.Eventually(t, when+": both are there", func() bool {
		nodes, err := a.Nodes(t.Context())
		return err == nil && len(nodes) == 2 && nodes[0].Alive && nodes[1].Alive && a.Health().Reachable && b.Health().Reachable
	})
	a.Feed().Tell("k", []byte(when))
	blackbox.Eventually(t, when+": what is told is heard", func() bool { return b.hears(when) && b.Feed().Current() })
	blackbox.Eventually(t, when+": what is kept is kept by both", func() bool { return b.blocks.Put(t.Context(), "who", []byte(when)) == nil })
	blackbox.Eventually(t, when+": it is kept by the other", func() bool { return a.value("who") == when })
}

// why is the last reason that a node gave for being alone.
func (n *node) why() string {
	all := n.told(redis.Unreachable)
	if len(all) == 0 {
		return ""
	}
	return fmt.Sprint(all[len(all)-1].Why)
}
