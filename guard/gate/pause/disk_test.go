package pause

import (
	"testing"
	"time"

	"ivalt-radius/state"
)

func TestPausesOutliveARestart(t *testing.T) {
	store, err := state.OpenStore(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	opened := func(now time.Time) *Book {
		t.Helper()
		b, err := Open(store, settings(), now, func(err error) { t.Error(err) })
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	b := opened(start())
	for range 2 {
		b.Unanswered(home(), "bob", settings(), start())
	}
	b.Refused(away(), "bob", settings(), start())
	b.Refused(Place{User: "eve"}, "eve", settings(), start())
	b.Clear(Place{User: "eve"})
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	b = opened(start())
	if until, row := b.Asleep(home(), settings(), start()); row != 2 || !until.Equal(start().Add(5*time.Minute)) {
		t.Errorf("asleep until %s behind %d", until, row)
	}
	if until := b.Denied(away(), start()); !until.Equal(start().Add(2 * time.Minute)) {
		t.Errorf("denied until %s", until)
	}
	if b.Len() != 2 {
		t.Errorf("%d pauses", b.Len())
	}
	later := start().Add(5*time.Minute + forgetAfter)
	b.Unanswered(home(), "bob", settings(), later) // the row begins anew
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	b = opened(later)
	if b.Len() != 1 || b.pauses.Peek(home()).Row != 1 {
		t.Errorf("%d pauses, %+v", b.Len(), b.pauses.Peek(home()))
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
}
