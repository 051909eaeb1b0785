package redis

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"ivalt-radius/secret"
	"ivalt-radius/state/cluster"
)

// hearer keeps what a node heard.
type hearer struct {
	mu    sync.Mutex
	heard []cluster.Heard
}

func (h *hearer) apply(x cluster.Heard) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.heard = append(h.heard, x)
}

func (h *hearer) count() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.heard)
}

// following is an Engine that hears things of kind k.
func following(t *testing.T, o Options) (*Engine, *hearer) {
	t.Helper()
	e, h := opened(t, o), &hearer{}
	e.Follow("k", h.apply)
	e.Start(t.Context())
	return e, h
}

func TestFeed(t *testing.T) {
	m := miniature(t)
	a, ha := following(t, options(m.Addr(), "a"))
	_, hb := following(t, options(m.Addr(), "b"))
	const many = 3000
	for i := range many {
		a.Feed().Tell("k", fmt.Appendf(nil, "%d", i))
	}
	a.Feed().Tell("other", []byte("for nobody"))
	eventually(t, "all is heard", func() bool { return hb.count() == many })
	for i, x := range hb.heard {
		if string(x.Payload) != fmt.Sprint(i) || x.Node != "a" || x.Kind != "k" || time.Since(x.At).Abs() > time.Minute {
			t.Fatalf("%d: %+v", i, x)
		}
	}
	if ha.count() > 0 {
		t.Error("a node heard itself")
	}
	stream, err := m.Stream(a.feed.key)
	if err != nil || strings.Contains(fmt.Sprint(stream), "for nobody") {
		t.Errorf("a payload is in the clear, %v", err)
	}
	_, late := following(t, options(m.Addr(), "c"))
	eventually(t, "a new node hears the last hour", func() bool { return late.count() == many })
}

func TestFeedIsCurrent(t *testing.T) {
	m := miniature(t)
	e := opened(t, options(m.Addr(), "a"))
	if e.Feed().Current() {
		t.Error("current before it has read anything")
	}
	e.Start(t.Context())
	eventually(t, "it is current", e.Feed().Current)
	m.SetError("LOADING Redis is loading the dataset in memory")
	eventually(t, "it is not", func() bool { return !e.Feed().Current() })
	m.SetError("")
	eventually(t, "it is again", e.Feed().Current)
}

func TestFeedOutlivesAnOutage(t *testing.T) {
	m := miniature(t)
	a, _ := following(t, options(m.Addr(), "a"))
	_, h := following(t, options(m.Addr(), "b"))
	eventually(t, "they are current", a.Feed().Current)
	m.SetError("LOADING Redis is loading the dataset in memory")
	for range 10 {
		a.Feed().Tell("k", []byte("x"))
	}
	eventually(t, "the memory is gone", func() bool { return !a.Health().Reachable })
	m.SetError("")
	eventually(t, "what was told meanwhile is heard", func() bool { return h.count() == 10 })
}

func TestFeedIsBounded(t *testing.T) {
	m := miniature(t)
	o, w := watched(options(m.Addr(), "a"))
	e := opened(t, o)
	for range mostUntold + 5 {
		e.Feed().Tell("k", nil)
	}
	e.Feed().Tell("k", make([]byte, mostPayload+1))
	if n := len(e.feed.queue); n != mostUntold {
		t.Errorf("%d things wait", n)
	}
	e.Start(t.Context())
	eventually(t, "it is told what was lost", func() bool { return len(w.told(FeedLost)) == 1 })
	if got := w.told(FeedLost)[0].Count; got != 6 {
		t.Errorf("%d are lost", got)
	}
}

func TestFeedTakesNothingForeign(t *testing.T) {
	m := miniature(t)
	a, _ := following(t, options(m.Addr(), "a"))
	o, w := watched(options(m.Addr(), "b"))
	b, h := following(t, o)
	strange := options(m.Addr(), "c")
	strange.Key = secret.New(strings.Repeat("z", leastKey))
	c, _ := following(t, strange)
	c.Feed().Tell("k", []byte("by another key"))
	eventually(t, "it is told that it cannot be opened", func() bool { return len(w.told(Unreadable)) == 1 })

	a.Feed().Tell("k", []byte("once"))
	eventually(t, "it is heard", func() bool { return h.count() == 1 })
	stream, err := m.Stream(b.feed.key)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range stream {
		for _, from := range []string{entry.Values[1], "0000000000000000"} { // the same again, and under another name
			if _, err := m.XAdd(b.feed.key, "*", []string{"from", from, "batch", entry.Values[3]}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := m.XAdd(b.feed.key, "*", []string{"from", "x", "batch", strings.Repeat("x", mostSealed+1)}); err != nil {
		t.Fatal(err)
	}
	a.Feed().Tell("k", []byte("twice"))
	eventually(t, "the next thing is heard", func() bool { return h.count() >= 2 })
	if len(h.heard) != 2 || string(h.heard[1].Payload) != "twice" {
		t.Errorf("heard %q", h.heard)
	}
}

func TestFeedReadsNothingOld(t *testing.T) {
	m := miniature(t)
	e, h := opened(t, options(m.Addr(), "a")), &hearer{}
	e.Follow("k", h.apply)
	for seq, age := range []time.Duration{kept + time.Minute, kept - time.Minute} {
		at := e.Time().Add(-age).UnixMicro()
		text := fmt.Sprintf(`{"n":"b","s":%d,"e":[{"k":"k","p":"eA==","t":%d}]}`, seq+1, at)
		e.feed.take(map[string]any{"from": "x", "batch": e.link.Seal(e.feed.key+"x", kept, []byte(text))})
	}
	if h.count() != 1 {
		t.Errorf("%d things are heard", h.count())
	}
}

func TestFeedGoesBackWhenTheMemoryWasEmptied(t *testing.T) {
	m := miniature(t)
	a, _ := following(t, options(m.Addr(), "a"))
	_, h := following(t, options(m.Addr(), "b"))
	a.Feed().Tell("k", []byte("1"))
	eventually(t, "it is heard", func() bool { return h.count() == 1 })
	m.FlushAll()
	m.SetTime(time.Now().Add(-24 * time.Hour)) // whose clock is another one
	eventually(t, "the memory lives anew", func() bool { return m.Exists(memberKeys(a.link)[0]) })
	a.Feed().Tell("k", []byte("2"))
	eventually(t, "it is heard behind that", func() bool { return h.count() == 2 })
}

func TestPlace(t *testing.T) {
	for _, text := range []string{"", "-", "1", "1-", "-1", "x-1", "1-x", "1-1-1", "-1-1"} {
		if p, ok := parsePlace(text); ok {
			t.Errorf("%q is %v", text, p)
		}
	}
	p, ok := parsePlace("12-3")
	if !ok || p.String() != "12-3" || !p.before(place{12, 4}) || !p.before(place{13, 0}) || p.before(p) {
		t.Errorf("%v, %v", p, ok)
	}
}

func TestReaderGoesBackAndNeverOn(t *testing.T) {
	m := miniature(t)
	f := opened(t, options(m.Addr(), "a")).feed
	now, ok := parsePlace(fmt.Sprintf("%d-0", time.Now().UnixMilli()))
	if !ok {
		t.Fatal("no place")
	}
	f.rewind(time.Now().UnixMicro())
	if got := f.turn(now); got != now {
		t.Errorf("before it has read anything it goes to %v", got)
	}
	f.readTo(time.Now(), 0)
	if !f.Current() {
		t.Error("it has read all, and is not current")
	}
	f.rewind(time.Now().UnixMicro())
	if f.Current() {
		t.Error("it is current, and may have missed something")
	}
	if got := f.turn(now); !got.before(now) || got.before(place{ms: now.ms - 61_000}) {
		t.Errorf("it goes to %v", got)
	}
	f.rewind(time.Now().UnixMicro())
	if got := f.turn(place{1, 1}); got != (place{1, 1}) {
		t.Errorf("it goes on to %v", got)
	}
	f.restart()
	f.rewind(time.Now().UnixMicro())
	if got := f.turn(now); got != (place{}) {
		t.Errorf("in an emptied memory it goes to %v", got)
	}
	f.readTo(time.Now(), readMost)
	if f.Current() {
		t.Error("it is current with more to read")
	}
}
