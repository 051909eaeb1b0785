package redis

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"ivalt-radius/secret"
	"ivalt-radius/state/cluster"
)

// keeping is an Engine with a table.
func keeping(t *testing.T, o Options, has map[string]string) (*Engine, cluster.Table, *copies) {
	t.Helper()
	c := &copies{has: has}
	if has == nil {
		c.has = map[string]string{}
	}
	e := opened(t, o)
	table := e.Table("blocks", c)
	e.Start(t.Context())
	return e, table, c
}

func TestTable(t *testing.T) {
	m := miniature(t)
	_, ta, _ := keeping(t, options(m.Addr(), "a"), nil)
	_, tb, cb := keeping(t, options(m.Addr(), "b"), map[string]string{"only-b": "1"})
	if err := ta.Put(t.Context(), "alice", []byte("blocked")); err != nil {
		t.Fatal(err)
	}
	eventually(t, "b has it", func() bool { return cb.is("alice", "blocked") })
	ec, _, cc := keeping(t, options(m.Addr(), "c"), map[string]string{"alice": "older"})
	eventually(t, "c has all", func() bool { return cc.is("alice", "blocked") && cc.is("only-b", "1") })
	if err := tb.Delete(t.Context(), "alice"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it is gone at c", func() bool { return cc.is("alice", "") })
	m.Del(ec.feed.key) // so that nobody is told of it by the feed
	ed, _, cd := keeping(t, options(m.Addr(), "d"), map[string]string{"alice": "from its disk"})
	eventually(t, "what was deleted is not brought back", func() bool { return cd.is("alice", "") && cd.is("only-b", "1") })
	if err := ed.tables[0].write(t.Context(), "add", "alice", []byte("x")); err != nil || m.HGet(ed.tables[0].keys[0], ed.tables[0].field("alice")) != "" {
		t.Errorf("what was deleted is added again: %v", err)
	}
	if dump := m.Dump(); strings.Contains(dump, "alice") || strings.Contains(dump, "blocked") {
		t.Error("Redis has a key or a value in the clear")
	}
}

func TestTableOutlivesAnOutage(t *testing.T) {
	m := miniature(t)
	ea, ta, ca := keeping(t, options(m.Addr(), "a"), map[string]string{"old": "1", "gone": "1"})
	_, _, cb := keeping(t, options(m.Addr(), "b"), nil)
	eventually(t, "b has what a had", func() bool { return cb.is("old", "1") && cb.is("gone", "1") })
	m.SetError("LOADING Redis is loading the dataset in memory")
	for key, value := range map[string][]byte{"new": []byte("2"), "gone": nil} {
		ca.Apply(key, value)
		change := func() error { return ta.Put(t.Context(), key, value) }
		if value == nil {
			change = func() error { return ta.Delete(t.Context(), key) }
		}
		if err := change(); !errors.Is(err, cluster.ErrUnreachable) {
			t.Errorf("%s: %v", key, err)
		}
	}
	eventually(t, "the memory is gone", func() bool { return !ea.Health().Reachable })
	m.SetError("")
	eventually(t, "b has what changed meanwhile", func() bool { return cb.is("new", "2") && cb.is("gone", "") })
	if !ca.is("new", "2") || !ca.is("gone", "") {
		t.Error("a has lost its own change")
	}
	m.FlushAll()
	table := ea.tables[0]
	eventually(t, "an emptied memory has all again", func() bool {
		return m.HGet(table.keys[0], table.field("old")) != "" && m.HGet(table.keys[0], table.field("new")) != ""
	})
}

func TestTableIsBounded(t *testing.T) {
	m := miniature(t)
	o, w := watched(options(m.Addr(), "a"))
	e := opened(t, o)
	const most = 4
	for i := range most {
		m.HSet("{p:table:blocks}", fmt.Sprint(i), "x")
	}
	c := &copies{has: map[string]string{"mine": "1"}}
	table := e.Table("blocks", c)
	e.tables[0].most = most
	if err := table.Put(t.Context(), "one", []byte("more")); !errors.Is(err, errFull) {
		t.Errorf("one more: %v", err)
	}
	if err := table.Put(t.Context(), "large", make([]byte, mostValue)); !errors.Is(err, errLarge) {
		t.Errorf("a large one: %v", err)
	}
	e.Start(t.Context())
	eventually(t, "it is told that others are not", func() bool { return len(w.told(FeedLost)) == 1 })
	eventually(t, "and that there is what cannot be opened", func() bool { return len(w.told(Unreadable)) == 1 })
	if !c.is("mine", "1") {
		t.Error("it has lost its own")
	}
}

func TestTableTakesNothingForeign(t *testing.T) {
	m := miniature(t)
	e, table, c := keeping(t, options(m.Addr(), "a"), nil)
	if err := table.Put(t.Context(), "alice", []byte("blocked")); err != nil {
		t.Fatal(err)
	}
	own := e.tables[0]
	sealed := m.HGet(own.keys[0], own.field("alice"))
	m.HSet(own.keys[0], own.field("bob"), sealed) // moved to another place
	strange := options(m.Addr(), "b")
	strange.Key = secret.New(strings.Repeat("z", leastKey))
	keeping(t, strange, map[string]string{"eve": "1"})
	eventually(t, "it is there", func() bool {
		n, err := m.HKeys(own.keys[0])
		return err == nil && len(n) == 3
	})
	own.changed(cluster.Heard{Payload: []byte("bob")})
	e.resync()
	_, _, other := keeping(t, options(m.Addr(), "c"), nil)
	eventually(t, "c has what is true", func() bool { return other.is("alice", "blocked") })
	if len(other.has) != 1 || c.is("bob", "blocked") {
		t.Errorf("taken: %q, %q", other.has, c.has)
	}
}
