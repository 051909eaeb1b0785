package lockout

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"ivalt-radius/guard/gate/limit"
)

func start() time.Time { return time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC) }

func often() Settings {
	return Settings{After: 1, Window: time.Minute, For: time.Minute, Most: time.Hour}
}

func TestDoubled(t *testing.T) {
	for _, c := range []struct {
		times int
		want  time.Duration
	}{{0, 1}, {1, 2}, {4, 16}, {5, 20}, {6, 20}, {1 << 30, 20}} {
		if got := Doubled(time.Minute, 20*time.Minute, c.times); got != c.want*time.Minute {
			t.Errorf("%d times: %s", c.times, got)
		}
	}
	if got := Doubled(time.Hour, time.Minute, 0); got != time.Minute {
		t.Errorf("longer than most: %s", got)
	}
	if got := Doubled(0, time.Minute, 1<<30); got != 0 {
		t.Errorf("nothing doubled is %s", got)
	}
}

func TestMostLocks(t *testing.T) {
	b, err := Open(nil, limit.NewKeys(), time.Hour, start(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range mostLocks + 10 {
		p := Pair{User: fmt.Sprint("u", i), Station: "s"}
		if l := b.Wrong(p, often(), start()); l.Count != 1 || !l.Until.Equal(start().Add(time.Minute)) {
			t.Fatalf("got %+v", l)
		}
		b.Locked(Pair{User: "u0", Station: "s"}, start()) // asking keeps nobody locked out
	}
	tries, locks := b.Entries()
	if tries != 0 || locks != mostLocks || !b.Locked(Pair{User: "u9", Station: "s"}, start()).IsZero() || b.Locked(Pair{User: "u10", Station: "s"}, start()).IsZero() {
		t.Errorf("%d tries, %d lockouts", tries, locks)
	}
}

func TestOnlyWhatCountsTakesRoom(t *testing.T) {
	b, _ := Open(nil, limit.NewKeys(), time.Hour, start(), nil)
	s := Settings{After: 3, Window: time.Minute, For: time.Minute, Most: time.Hour}
	p := Pair{User: "bob", Station: "s"}
	b.Check(p, start())
	b.Check(p, start())
	if b.Pending(p, start()) != 2 || b.Pending(Pair{User: "eve"}, start()) != 0 {
		t.Error("they are not counted")
	}
	b.Checked(p)
	b.Wrong(p, s, start())
	b.Checked(p)
	b.Checked(p) // one too many
	if n, _ := b.Entries(); n != 1 {
		t.Errorf("%d entries", n)
	}
	b.Right(p)
	b.Right(p)
	if n, _ := b.Entries(); n != 0 {
		t.Errorf("%d entries", n)
	}
}

func TestADiskThatCannotBeRead(t *testing.T) {
	if _, err := Open(broken{}, limit.NewKeys(), time.Hour, start(), nil); err == nil {
		t.Error("no error")
	}
}

type broken struct{}

func (broken) Each(string, func(string, []byte)) error { return errors.New("torn") }
func (broken) Change(string, map[string][]byte) error  { return errors.New("torn") }
