package lockout

import (
	"testing"
	"time"

	"ivalt-radius/guard/gate/limit"
	"ivalt-radius/state"
)

// opened opens a book over a store.
func opened(t *testing.T, store *state.Store, now time.Time) *Book {
	t.Helper()
	b, err := Open(store, limit.NewKeys(), time.Hour, now, func(err error) { t.Error(err) })
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func closed(t *testing.T, b *Book) {
	t.Helper()
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestLocksOutliveARestart(t *testing.T) {
	store, err := state.OpenStore(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	in := func(b *Book, now time.Time) map[Pair]int {
		found := map[Pair]int{}
		b.InForce(now, func(p Pair, l Lock) { found[p] = l.Count })
		return found
	}
	bob, eve, ann := Pair{"bob", "a"}, Pair{"eve", "a"}, Pair{"ann", "a"}
	b := opened(t, store, start())
	for _, p := range []Pair{bob, {"bob", "b"}, eve, ann} {
		b.Wrong(p, often(), start())
	}
	b.Approved(eve)
	b.Approved(Pair{"eve", "b"}) // has none
	closed(t, b)

	b = opened(t, store, start())
	if got := in(b, start()); len(got) != 3 || got[bob] != 1 || got[ann] != 1 {
		t.Errorf("got %v", got)
	}
	b.Release(Pair{User: "bob"})
	b.Release(Pair{"ann", "other"})
	closed(t, b)

	later := start().Add(time.Minute + forgetAfter - 1)
	b = opened(t, store, later)
	if got := in(b, later); len(got) != 0 {
		t.Errorf("got %v", got)
	}
	if l := b.Wrong(ann, often(), later); l.Count != 2 {
		t.Errorf("the doubling is forgotten: %+v", l)
	}
	if l := b.Wrong(bob, often(), later); l.Count != 1 {
		t.Errorf("the doubling is remembered: %+v", l)
	}
	b.Release(ann)
	closed(t, b)
	b = opened(t, store, later.Add(time.Hour+forgetAfter))
	if _, n := b.Entries(); n != 0 {
		t.Errorf("%d old ones", n)
	}
	closed(t, b)
}

func TestFull(t *testing.T) {
	b, _ := Open(nil, limit.NewKeys(), time.Hour, start(), nil)
	s := Settings{After: 2, Window: time.Minute, For: time.Minute, Most: time.Hour}
	p := Pair{"bob", "a"}
	full := func(want bool, at time.Duration) {
		t.Helper()
		if got := b.Full(p, s, start().Add(at)); got != want {
			t.Errorf("full: %v", got)
		}
	}
	full(false, 0)
	b.Wrong(p, s, start())
	full(false, 0)
	b.Check(p, start())
	full(true, 0)
	full(true, time.Minute-1)
	full(false, time.Minute) // the wrong one is out of the window
	if b.Full(p, Settings{}, start()) || b.Full(Pair{User: "bob"}, s, start()) {
		t.Error("without a lockout, or a calling station, nothing is full")
	}
	b.Wrong(p, s, start().Add(time.Minute))
	full(true, time.Minute)
	b.Release(p)
	full(false, time.Minute)
	if l := b.Wrong(Pair{User: "bob"}, s, start()); l.Count != 0 {
		t.Errorf("locked out as a whole: %+v", l)
	}
}
