package pause

import (
	"errors"
	"fmt"
	"testing"
	"time"
)

func start() time.Time { return time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC) }

func settings() Settings {
	return Settings{After: 2, For: 5 * time.Minute, Most: time.Hour, Denied: 2 * time.Minute}
}

func home() Place { return Place{User: "bob", Station: "192.0.2.1"} }

func away() Place { return Place{User: "bob"} }

func open(t *testing.T) *Book {
	t.Helper()
	b, err := Open(nil, settings(), start(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func asleep(b *Book, at Place) bool {
	until, _ := b.Asleep(at, settings(), start())
	return !until.IsZero()
}

func TestOff(t *testing.T) {
	b := open(t)
	for range 10 {
		b.Unanswered(home(), "bob", Settings{Most: time.Hour}, start())
	}
	if until, row := b.Asleep(home(), Settings{Most: time.Hour}, start()); !until.IsZero() || row != 0 {
		t.Errorf("asleep until %s", until)
	}
	if asleep(b, home()) {
		t.Error("a reload that turns it on begins a pause")
	}
	b.Unanswered(home(), "bob", settings(), start())
	if until, row := b.Asleep(home(), settings(), start()); !until.Equal(start().Add(time.Hour)) || row != 11 {
		t.Errorf("asleep until %s behind %d", until, row)
	}
}

func TestClearAndAnswered(t *testing.T) {
	for _, c := range []struct {
		name       string
		do         func(b *Book)
		home, away bool // still asleep
	}{
		{"nothing", func(*Book) {}, true, true},
		{"clear home", func(b *Book) { b.Clear(home()) }, false, true},
		{"clear what has none", func(b *Book) { b.Clear(Place{User: "bob", Station: "x"}) }, true, true},
		{"answered at home", func(b *Book) { b.Answered(home(), start()) }, false, true},
		{"answered away", func(b *Book) { b.Answered(away(), start()) }, true, false},
		{"answered by the login's name", func(b *Book) { b.Answered(Place{User: "robert"}, start()) }, true, false},
		{"answered by somebody else", func(b *Book) { b.Answered(Place{User: "eve"}, start()) }, true, true},
		{"release all", func(b *Book) { b.Release("bob", "") }, false, false},
		{"release home", func(b *Book) { b.Release("bob", home().Station) }, false, false},
		{"release elsewhere", func(b *Book) { b.Release("bob", "192.0.2.2") }, true, false},
		{"release the login's name", func(b *Book) { b.Release("robert", "") }, true, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := open(t)
			for range 2 {
				b.Unanswered(home(), "bob", settings(), start())
				b.Unanswered(away(), "robert", settings(), start())
			}
			c.do(b)
			if asleep(b, home()) != c.home || asleep(b, away()) != c.away {
				t.Errorf("home is asleep: %v, away: %v", asleep(b, home()), asleep(b, away()))
			}
		})
	}
}

func TestMost(t *testing.T) {
	b := open(t)
	for i := range mostPauses + 10 {
		b.Refused(Place{User: fmt.Sprint("u", i)}, "", settings(), start())
		b.Denied(Place{User: "u0"}, start()) // asking keeps nothing
	}
	if b.Len() != mostPauses || !b.Denied(Place{User: "u9"}, start()).IsZero() || b.Denied(Place{User: "u10"}, start()).IsZero() {
		t.Errorf("%d pauses", b.Len())
	}
}

func TestADiskThatCannotBeRead(t *testing.T) {
	if _, err := Open(broken{}, settings(), start(), nil); err == nil {
		t.Error("no error")
	}
}

type broken struct{}

func (broken) Each(string, func(string, []byte)) error { return errors.New("torn") }
func (broken) Change(string, map[string][]byte) error  { return errors.New("torn") }
