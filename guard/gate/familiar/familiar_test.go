package familiar

import (
	"errors"
	"fmt"
	"testing"
	"time"
)

func start() time.Time { return time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC) }

// disk counts the values that are written; whether a deletion before shares a write with them is a matter of when.
type disk struct {
	has    map[string][]byte
	writes int
	err    error
}

func (d *disk) Each(_ string, do func(string, []byte)) error {
	for key, value := range d.has {
		do(key, value)
	}
	return d.err
}

func (d *disk) Change(_ string, changes map[string][]byte) error {
	for key, value := range changes {
		if value == nil {
			delete(d.has, key)
			continue
		}
		d.has[key] = value
		d.writes++
	}
	return nil
}

func open(t *testing.T, d *disk, now time.Time) *Places {
	t.Helper()
	p, err := Open(d, now, func(err error) { t.Error(err) })
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func closed(t *testing.T, p *Places) {
	t.Helper()
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestMostPlaces(t *testing.T) {
	d := &disk{has: map[string][]byte{}}
	p := open(t, d, start())
	for i := range mostPlaces + 1 {
		p.Add("bob", fmt.Sprint("s", i), start().Add(time.Duration(i)*time.Second))
	}
	p.Add("bob", "s1", start().Add(time.Minute)) // no new one
	p.Add("bob", "", start())
	p.Add("", "s1", start())
	now := start().Add(time.Minute)
	if p.Has("bob", "s0", now) || !p.Has("bob", "s1", now) || !p.Has("bob", "s16", now) || p.Has("bob", "", now) || p.Has("eve", "s1", now) || p.Len() != 1 {
		t.Errorf("got %+v", *p.people.Get("bob"))
	}
	closed(t, p)
	p = open(t, d, now)
	if n := len(*p.people.Get("bob")); n != mostPlaces || !p.Has("bob", "s1", now) {
		t.Errorf("the disk has %d", n)
	}
	closed(t, p)
}

func TestAPlaceIsWrittenOnceADay(t *testing.T) {
	d := &disk{has: map[string][]byte{}}
	writes := func(want int, at ...time.Duration) {
		t.Helper()
		for _, at := range at {
			p := open(t, d, start().Add(at))
			p.Add("bob", "home", start().Add(at))
			closed(t, p)
		}
		if d.writes != want {
			t.Errorf("%d writes, want %d", d.writes, want)
		}
	}
	writes(1, 0)
	writes(1, time.Hour, 23*time.Hour, 24*time.Hour-time.Nanosecond)
	writes(2, 24*time.Hour)
	writes(2, 47*time.Hour)
	writes(3, 24*time.Hour+keptFor)
}

func TestMostPeople(t *testing.T) {
	d := &disk{has: map[string][]byte{}}
	p := open(t, d, start())
	for i := range mostPeople + 10 {
		p.Has("u0", "home", start())
		p.Add(fmt.Sprint("u", i), "home", start())
	}
	if p.Len() != mostPeople || !p.Has("u0", "home", start()) || p.Has("u1", "home", start()) {
		t.Errorf("%d people", p.Len())
	}
	closed(t, p)
	if len(d.has) != mostPeople {
		t.Errorf("%d on disk", len(d.has))
	}
	d.has["one more"], d.has["another"] = d.has["u0"], d.has["u0"]
	p = open(t, d, start())
	if p.Len() != mostPeople {
		t.Errorf("%d people", p.Len())
	}
	closed(t, p)
}

func TestADiskThatCannotBeRead(t *testing.T) {
	p, err := Open(&disk{err: errors.New("torn")}, start(), nil)
	if err == nil || p.Close() != nil {
		t.Errorf("got %v", err)
	}
}
