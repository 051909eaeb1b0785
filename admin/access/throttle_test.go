package access

import (
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// TestPair: after five failures an account waits at that place, longer and longer, though not elsewhere; and nothing is checked meanwhile.
func TestPair(t *testing.T) {
	bubble(t, func(h *house) {
		t := h.t
		h.in("olga", eve) // familiar there: so she is not slowed down
		for range freeOfPair {
			h.want(http.StatusForbidden, h.try("olga", "wrong", eve))
		}
		for _, want := range []int{30, 60, 120, 240, 480, 900, 900} {
			checked := len(h.checked)
			r := h.try("olga", rightOf+"olga", eve)
			h.want(http.StatusTooManyRequests, r)
			if got := r.Header.Get("Retry-After"); got != fmt.Sprint(want) || len(h.checked) != checked {
				t.Errorf("%s s, want %d; %d checked", got, want, len(h.checked)-checked)
			}
			h.in("olga", bob)
			pass(time.Duration(want)*time.Second - 1)
			h.want(http.StatusTooManyRequests, h.try("olga", rightOf+"olga", eve))
			pass(1)
			h.want(http.StatusForbidden, h.try("olga", "wrong", eve))
		}
		if h.Counts().Throttled != 14 {
			t.Errorf("%+v", h.Counts())
		}
		pass(memory)
		for range freeOfPair - 1 {
			h.want(http.StatusForbidden, h.try("olga", "wrong", eve))
		}
		h.in("olga", eve) // which has its failures there forgotten
		for range freeOfPair {
			h.want(http.StatusForbidden, h.try("olga", "wrong", eve))
		}
	})
}

// TestPlace: whoever tries many names waits, in a whole IPv6 /64; an account of one's own does not help.
func TestPlace(t *testing.T) {
	for name, from := range map[string]func(i int) string{
		"IPv4": func(int) string { return eve },
		"IPv6": func(i int) string { return fmt.Sprintf("[2001:db8:1:2:%x::1]:1", i) },
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(h *house) {
				for i := range freeOfPlace {
					h.want(http.StatusForbidden, h.try(fmt.Sprint("nobody", i), "wrong", from(i)))
					if i < freeOfPlace-1 {
						h.in("vera", from(100+i))
					}
				}
				h.want(http.StatusTooManyRequests, h.try("vera", rightOf+"vera", from(99)))
				h.in("vera", "[2001:db8:1:3::1]:1")
				h.in("vera", bob)
			})
		})
	}
}

// TestNobodyLocksAnotherOut: guesses from everywhere only slow an account down where it never was, and not at all where it was.
func TestNobodyLocksAnotherOut(t *testing.T) {
	bubble(t, func(h *house) {
		t := h.t
		h.in("alice", alice)
		took := func(name, from string) time.Duration {
			begun := time.Now()
			h.in(name, from)
			return time.Since(begun)
		}
		slowed := map[string][]time.Duration{}
		for i := range 300 {
			for _, name := range []string{"alice", "nobody"} {
				begun := time.Now()
				h.want(http.StatusForbidden, h.try(name, "wrong", fmt.Sprintf("198.51.%d.%d:1", i/250, i%250)))
				slowed[name] = append(slowed[name], time.Since(begun))
			}
		}
		for i, d := range slowed["alice"] {
			if slowed["nobody"][i] != d {
				t.Fatalf("try %d: %v for an account, %v for none", i, d, slowed["nobody"][i])
			}
		}
		if a := slowed["alice"]; a[freeOfPerson-1] != 0 || a[freeOfPerson] != firstSlow || a[freeOfPerson+1] != 2*firstSlow || a[299] != mostSlow {
			t.Errorf("slowed by %v", a[:20])
		}
		if d := took("alice", alice); d != 0 {
			t.Errorf("%v at a familiar place", d)
		}
		if d := took("alice", bob); d != mostSlow {
			t.Errorf("%v at a new place", d)
		}
	})
}

// TestAtOnce: tries at the same time count before they have failed, and one place cannot take all room, nor strangers that of the familiar.
func TestAtOnce(t *testing.T) {
	bubble(t, func(h *house) {
		t := h.t
		h.in("alice", alice)
		release := make(chan struct{})
		most, now := 0, 0
		var mu sync.Mutex
		h.during = func() {
			mu.Lock()
			now++
			most = max(most, now)
			mu.Unlock()
			<-release
			mu.Lock()
			now--
			mu.Unlock()
		}
		var wg sync.WaitGroup
		for i := range mostPending {
			wg.Go(func() { h.try("olga", "wrong", fmt.Sprintf("198.51.100.%d:1", i/mostAtOnce)) })
		}
		synctest.Wait()
		if h.throttle.pending != mostStrangers || most != mostChecks || h.Counts().Busy != mostPending-mostStrangers {
			t.Errorf("%d wait, %d are checked, %d found no room", h.throttle.pending, most, h.Counts().Busy)
		}
		h.want(http.StatusServiceUnavailable, h.try("vera", rightOf+"vera", bob))
		for range mostAtOnce {
			wg.Go(func() { h.want(http.StatusSeeOther, h.try("alice", rightOf+"alice", alice)) })
		}
		synctest.Wait()
		h.want(http.StatusServiceUnavailable, h.try("alice", rightOf+"alice", alice))
		close(release)
		wg.Wait()
		h.during = nil
		if h.throttle.pending != 0 || h.throttle.strangers != 0 {
			t.Errorf("%d wait", h.throttle.pending)
		}
		for range 2 * freeOfPair {
			wg.Go(func() { h.try("vera", "wrong", eve) })
		}
		wg.Wait()
		h.in("vera", bob)
	})
}

// TestTriesAtTheSameTime do not slip by the limit.
func TestTriesAtTheSameTime(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	th := newThrottle(func() time.Time { return now })
	from := netip.MustParseAddr("192.0.2.1")
	for range freeOfPair - 1 {
		y, _, _ := th.enter("olga", from)
		y.failed()
	}
	y, wait, err := th.enter("olga", from)
	if _, wait2, _ := th.enter("olga", from); wait != 0 || err != nil || wait2 != firstWait {
		t.Errorf("%v, then %v", wait, wait2)
	}
	y.undone()
	if _, wait, _ := th.enter("olga", from); wait != 0 {
		t.Error("what was not checked counts")
	}
}

// TestMapsAreBounded whatever comes from wherever, and who waits is not forgotten for it while there are staler ones.
func TestMapsAreBounded(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	th := newThrottle(func() time.Time { return now })
	for i := range mostTallies + mostTallies/10 {
		y, _, err := th.enter(strings.Repeat("x", 1000)+fmt.Sprint(i), netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}))
		if err != nil || y == nil {
			t.Fatal(err)
		}
		y.passed()
		th.miss(netip.AddrFrom4([4]byte{11, byte(i >> 16), byte(i >> 8), byte(i)}))
	}
	if len(th.tallies) > mostTallies || len(th.familiar) > mostFamiliar || th.pending != 0 {
		t.Errorf("%d tallies, %d familiar places", len(th.tallies), len(th.familiar))
	}
	if p := place(netip.Addr{}); p.IsValid() {
		t.Error("no address is a place")
	}
}

func TestQuota(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told []string
		q := newQuota(time.Now, func(more string) { told = append(told, more) })
		flood := func(n int) (taken int) {
			for range n {
				if q.take() {
					taken++
				}
			}
			return taken
		}
		if n := flood(mostRecords); n != mostRecords {
			t.Errorf("%d recorded", n)
		}
		pass(59 * time.Second)
		if n := flood(100); n != 0 {
			t.Errorf("%d recorded", n)
		}
		pass(time.Second)
		if len(told) != 1 || !strings.HasPrefix(told[0], "100 more") {
			t.Errorf("told %q", told)
		}
		if n := flood(mostRecords + 7); n != mostRecords {
			t.Errorf("%d recorded", n)
		}
		q.close()
		pass(time.Hour)
		if len(told) != 2 || !strings.HasPrefix(told[1], "7 more") {
			t.Errorf("told %q", told)
		}
	})
}
