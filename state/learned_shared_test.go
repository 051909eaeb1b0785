package state

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"

	"ivalt-radius/state/cluster"
)

var _ cluster.Replica = (*Learned)(nil)

// wire is a table of two nodes: what one changes is applied at the other.
type wire struct {
	other cluster.Replica
	puts  chan string
	err   error
}

func (w *wire) Put(_ context.Context, key string, value []byte) error {
	if w.err == nil {
		w.other.Apply(key, value)
	}
	w.puts <- key
	return w.err
}

func (w *wire) Delete(_ context.Context, key string) error {
	if w.err == nil {
		w.other.Apply(key, nil)
	}
	return w.err
}

// pair are two sets, each at a disk of its own, that share what they learn.
func pair(t *testing.T) (a, b *Learned, of *wire) {
	t.Helper()
	open := func() *Learned {
		s, err := OpenStore(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		l, err := NewLearned(s, "learned", 3)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := l.Close(); err != nil {
				t.Error(err)
			}
			_ = s.Close()
		})
		return l
	}
	a, b = open(), open()
	of = &wire{other: b, puts: make(chan string, 10)}
	a.Share(of)
	a.Share(nil)
	b.Share(&wire{other: a, puts: make(chan string, 10)})
	return a, b, of
}

func TestLearnedAtAllNodes(t *testing.T) {
	a, b, w := pair(t)
	if !a.Learn("x") || a.Learn("x") {
		t.Fatal("not learned once")
	}
	if got := <-w.puts; got != "x" || !b.Has("x") {
		t.Errorf("told %q", got)
	}
	if err := b.ForgetAll("x"); err != nil || a.Has("x") || b.Has("x") {
		t.Errorf("forgotten: %v", err)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	for _, l := range []*Learned{a, b} {
		if n := len(contents(t, l.store, "learned")); n != 0 {
			t.Errorf("%d keys on disk", n)
		}
	}
}

func TestLearnedFromElsewhereIsOnDisk(t *testing.T) {
	a, b, w := pair(t)
	a.Learn("x")
	<-w.puts
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if n := len(contents(t, b.store, "learned")); n != 1 {
		t.Errorf("%d keys on disk", n)
	}
	b.Apply("y", []byte{1})
	if b.Has("y") {
		t.Error("learned after Close")
	}
}

func TestLearnedWithoutTheOthers(t *testing.T) {
	a, b, w := pair(t)
	w.err = cluster.ErrUnreachable
	a.Learn("x")
	<-w.puts
	if !a.Has("x") || b.Has("x") {
		t.Error("it is not learned here alone")
	}
	a.Each(b.Apply) // the memory can be asked again
	if !b.Has("x") {
		t.Error("it is not told later")
	}
	err := a.ForgetAll("x")
	if !errors.Is(err, ErrElsewhere) || !errors.Is(err, cluster.ErrUnreachable) || !strings.Contains(err.Error(), "forgotten again") || a.Has("x") || !b.Has("x") {
		t.Errorf("forgotten: %v", err)
	}
	w.err = nil
	if err := a.ForgetAll("x"); err != nil || b.Has("x") {
		t.Errorf("a second time: %v", err)
	}
}

func TestApplyIsBounded(t *testing.T) {
	_, b, _ := pair(t)
	for _, key := range []string{"", strings.Repeat("x", MaxKey+1), "1", "1", "2", "3", "4"} {
		b.Apply(key, []byte{1})
	}
	if got := strings.Join(b.Keys(), " "); got != "1 2 3" {
		t.Errorf("known: %s", got)
	}
	b.Apply("never", nil)
}

// TestAFullTableTellsLater: what is learned at once without end is not kept twice without end.
func TestAFullTableTellsLater(t *testing.T) {
	l := &Learned{table: &wire{}, untold: make(chan struct{}, 1)}
	for range 2 * mostUntold {
		l.tell("x")
	}
	if n := len(l.toTell()); n != mostUntold {
		t.Errorf("%d keys wait", n)
	}
}

// slow answers when it is given up.
type slow struct{ wire }

func (*slow) Put(ctx context.Context, _ string, _ []byte) error {
	<-ctx.Done()
	return ctx.Err()
}

func TestCloseDoesNotWaitForTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := OpenStore(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = s.Close() }()
		l, err := NewLearned(s, "learned", 3)
		if err != nil {
			t.Fatal(err)
		}
		l.Share(&slow{})
		l.Learn("x")
		l.Learn("y")
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		l.Share(&slow{})
	})
}
