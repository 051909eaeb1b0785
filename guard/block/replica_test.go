package block

import (
	"context"
	"encoding/json"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"ivalt-radius/state"
	"ivalt-radius/state/cluster"
)

var _ cluster.Replica = (*Blocks)(nil)

// wire is a table of two nodes: what one changes is applied at the other.
type wire struct {
	other cluster.Replica
	err   error
}

func (w *wire) Put(_ context.Context, key string, value []byte) error {
	if w.err == nil {
		w.other.Apply(key, value)
	}
	return w.err
}

func (w *wire) Delete(_ context.Context, key string) error {
	if w.err == nil {
		w.other.Apply(key, nil)
	}
	return w.err
}

func noon() time.Time { return time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC) }

// node is the blocks of a node with a disk of its own.
func node(t *testing.T) (*Blocks, *state.Store) {
	t.Helper()
	store, err := state.OpenStore(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	bs, err := Open(store, noon)
	if err != nil {
		t.Fatal(err)
	}
	return bs, store
}

func pair(t *testing.T) (a, b *Blocks, of *wire) {
	t.Helper()
	a, _ = node(t)
	b, _ = node(t)
	of = &wire{other: b}
	a.Share(of)
	b.Share(&wire{other: a})
	return a, b, of
}

func ofBob() Block {
	return Block{User: "bob", Until: noon().Add(time.Hour), Reason: "phone lost", By: "alice"}
}

func ofNet() Block {
	return Block{Prefix: netip.MustParsePrefix("192.0.2.0/24"), Until: noon().Add(time.Hour), Reason: "attack", By: "automatic"}
}

func TestBlocksOfAllNodes(t *testing.T) {
	a, b, _ := pair(t)
	for _, place := range []Block{ofBob(), ofNet()} {
		if err := a.Place(place); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.Equal(a.All(), b.All()) || len(b.All()) != 2 {
		t.Errorf("%+v, %+v", a.All(), b.All())
	}
	if _, yes := b.Blocked([]string{"bob"}, netip.Addr{}); !yes {
		t.Error("not blocked at the other node")
	}
	if _, yes := b.Blocked(nil, netip.MustParseAddr("192.0.2.7")); !yes {
		t.Error("the network is not blocked at the other node")
	}
	longer := ofBob()
	longer.Until = noon().Add(2 * time.Hour)
	if _, err := b.Lengthen(longer); err != nil {
		t.Fatal(err)
	}
	if got, _ := a.Find(ofBob()); !got.Until.Equal(longer.Until) {
		t.Errorf("ends %s", got.Until)
	}
	again, err := Open(b.store, noon)
	if err != nil || !slices.Equal(again.All(), b.All()) {
		t.Errorf("on disk: %+v, %v", again.All(), err)
	}
	if _, err := b.Lift(ofBob()); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Lift(ofNet()); err != nil {
		t.Fatal(err)
	}
	if len(a.All())+len(b.All()) != 0 {
		t.Errorf("%+v, %+v", a.All(), b.All())
	}
	if again, err = Open(b.store, noon); err != nil || again.Len() != 0 {
		t.Errorf("on disk: %d, %v", again.Len(), err)
	}
}

func TestBlocksWithoutTheOthers(t *testing.T) {
	a, b, w := pair(t)
	w.err = cluster.ErrUnreachable
	if err := a.Place(ofBob()); err != nil {
		t.Fatal(err)
	}
	if len(a.All()) != 1 || len(b.All()) != 0 {
		t.Fatal("it does not count here alone")
	}
	a.Each(b.Apply) // the memory can be asked again
	if len(b.All()) != 1 {
		t.Error("it is not told later")
	}
	_, err := a.Lift(ofBob())
	if !errors.Is(err, ErrElsewhere) || !errors.Is(err, cluster.ErrUnreachable) || !strings.Contains(err.Error(), "lifted again") || len(a.All()) != 0 || len(b.All()) != 1 {
		t.Errorf("lifted: %v", err)
	}
	w.err = nil
	if _, err := a.Lift(ofBob()); !errors.Is(err, ErrNoBlock) || errors.Is(err, ErrElsewhere) || len(b.All()) != 0 {
		t.Errorf("what is left at the others is not lifted: %v", err)
	}
}

func TestApplyTakesBlocksAlone(t *testing.T) {
	text := func(change func(*Block)) []byte {
		b := ofBob()
		b.At = noon()
		change(&b)
		out, err := json.Marshal(b)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	for name, c := range map[string]struct {
		key   string
		value []byte
	}{
		"no subject":      {"bob", text(func(*Block) {})},
		"another subject": {"user:eve", text(func(*Block) {})},
		"another form":    {"user:BOB", text(func(*Block) {})},
		"no JSON":         {"user:bob", []byte("{")},
		"ended":           {"user:bob", text(func(b *Block) { b.Until = noon() })},
		"too long":        {"user:bob", text(func(b *Block) { b.Until = noon().Add(Longest + 1) })},
		"no reason":       {"user:bob", text(func(b *Block) { b.Reason = "" })},
		"everybody":       {"address:0.0.0.0/0", []byte(`{"address":"0.0.0.0/0","until":"2026-11-26T13:00:00Z","reason":"x","by":"y"}`)},
		"gone":            {"user:eve", nil},
		"gone nonsense":   {"x", nil},
	} {
		bs, _ := node(t)
		bs.Apply(c.key, c.value)
		if bs.Len() != 0 {
			t.Errorf("%s: %+v", name, bs.All())
		}
	}
}

// TestApplyCountsWithoutTheDisk: who is blocked elsewhere is blocked here, whatever the disk does.
func TestApplyCountsWithoutTheDisk(t *testing.T) {
	a, _ := node(t)
	if err := a.Place(ofBob()); err != nil {
		t.Fatal(err)
	}
	b, store := node(t)
	_ = store.Close()
	a.Each(b.Apply)
	if len(b.All()) != 1 {
		t.Error("not blocked")
	}
	b.Apply("user:bob", nil)
	if len(b.All()) != 0 {
		t.Error("not lifted")
	}
}
