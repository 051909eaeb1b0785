package budget

import (
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"

	"ivalt-radius/secret"
	"ivalt-radius/state"
	"ivalt-radius/state/redis/link"
)

// shop is one Redis with a clock that the test sets, and budgets at it.
type shop struct {
	t      testing.TB
	server *miniredis.Miniredis

	mu  sync.Mutex
	now time.Time
}

func newShop(tb testing.TB) *shop {
	tb.Helper()
	s := &shop{t: tb, server: miniredis.NewMiniRedis(), now: time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC)}
	if err := s.server.Start(); err != nil {
		tb.Fatal(err)
	}
	s.server.SetTime(s.now)
	tb.Cleanup(s.server.Close)
	return s
}

func (s *shop) time() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

func (s *shop) pass(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = s.now.Add(d)
	s.server.SetTime(s.now)
}

// till is one node's budget.
type till struct {
	*Budget
	woken chan struct{}
}

const apiKey = "the digest of an API key"

func (s *shop) open(l state.Limits) *till {
	s.t.Helper()
	c, err := link.New(link.Settings{
		Addresses: []string{s.server.Addr()}, Key: secret.New("a cluster key of 32 characters!!"), Prefix: "test", Timeout: 5 * time.Second,
	})
	if err != nil {
		s.t.Fatal(err)
	}
	n := &till{woken: make(chan struct{}, 100)}
	n.Budget = startBudget(c, l, apiKey, func() { n.woken <- struct{}{} }, s.time)
	s.t.Cleanup(func() {
		n.Close()
		_ = c.Client.Close()
	})
	return n
}

// asked is what a call that may be told to wait for an answer is told with it.
func (n *till) asked(take func() time.Duration) time.Duration {
	n.mu.Lock()
	n.reserve.again, n.rest.again = time.Time{}, time.Time{} // so that it is asked again, whatever the last answer was
	n.mu.Unlock()
	for {
		wait := take()
		if wait == 0 || n.refused() {
			return wait
		}
		<-n.woken
	}
}

// refused reports that the last answer was to wait.
func (n *till) refused() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	now := n.now()
	return n.closed || now.Before(n.penalty) || now.Before(n.reserve.again) || now.Before(n.rest.again)
}

func (n *till) take() time.Duration         { return n.asked(n.Take) }
func (n *till) takeReserved() time.Duration { return n.asked(n.TakeReserved) }

// told waits until what the node has to say was said.
func (n *till) told() {
	n.mu.Lock()
	n.waiting = append(n.waiting, &reservation{answer: make(chan bool, 1)})
	r := n.waiting[len(n.waiting)-1]
	n.mu.Unlock()
	poke(n.kick)
	<-r.answer
}

func (n *till) takeAll() (taken int, wait time.Duration) {
	for {
		if wait = n.take(); wait != 0 {
			return taken, wait
		}
		taken++
	}
}
