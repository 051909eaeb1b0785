package notify

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ivalt-radius/guard"
	"ivalt-radius/guard/notify/way"
)

func same(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: %q, want %q", what, got, want)
	}
}

// play is a desk in virtual time.
func play(t *testing.T, change func(*Settings), do func(d *desk)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, change)
		defer d.Close(t.Context())
		do(d)
	})
}

func wait(d time.Duration) {
	time.Sleep(d) //nolint:forbidigo // virtual time
	synctest.Wait()
}

func TestDigest(t *testing.T) {
	play(t, nil, func(d *desk) {
		t := d.t
		d.notify(t, "a", guard.Medium)
		wait(30 * time.Second)
		d.notify(t, "b", guard.High)
		d.notify(t, "low", guard.Low) // it is not told of
		d.notify(t, "b", guard.High)  // the same once more
		wait(29 * time.Second)
		same(t, "too early", d.paper.got())
		wait(time.Second)
		same(t, "one message, the worst first", d.paper.got(), "60: b a")
		d.notify(t, "c", guard.Medium)
		wait(10 * time.Second)
		d.notify(t, "critical", guard.Critical)
		wait(0)
		same(t, "at once, with what waits", d.paper.got(), "70: critical c")
		if len(d.waiting(t)) > 0 {
			t.Errorf("%q wait", d.waiting(t))
		}
		same(t, "events", d.told())
	})
}

func TestEachByItself(t *testing.T) {
	play(t, func(s *Settings) { s.Digest, s.PerHour = 0, 4 }, func(d *desk) {
		t := d.t
		for i := range 6 {
			d.notify(t, fmt.Sprint(i), guard.Medium)
			wait(time.Minute)
		}
		same(t, "what is too much waits; a message is kept for a critical one", d.paper.got(), "0: 0", "60: 1", "120: 2")
		d.notify(t, "critical", guard.Critical)
		wait(0)
		same(t, "critical", d.paper.got(), "360: critical 3 4 5")
		d.notify(t, "another", guard.Critical)
		d.notify(t, "6", guard.Medium)
		wait(time.Hour - 6*time.Minute - time.Second)
		same(t, "a hour's four are used up", d.paper.got())
		wait(time.Second)
		same(t, "the next hour", d.paper.got(), "3600: another 6")
	})
}

// TestNoHourHasMore than per_hour messages, whatever comes.
func TestNoHourHasMore(t *testing.T) {
	play(t, func(s *Settings) { s.Digest, s.PerHour = 0, 7 }, func(d *desk) {
		t := d.t
		for i := range 200 {
			d.notify(t, fmt.Sprint(i), guard.Severity(i%3+1))
			wait(time.Minute)
		}
		var at []int
		notices := 0
		for _, line := range d.paper.got() {
			var second int
			_, err := fmt.Sscanf(line, "%d:", &second)
			must(t, err)
			at = append(at, second)
			notices += strings.Count(line, " ")
		}
		for i := 7; i < len(at); i++ {
			if at[i]-at[i-7] < 3600 {
				t.Errorf("eight messages from %d to %d", at[i-7], at[i])
			}
		}
		if len(at) < 21 || notices < 21*6 {
			t.Errorf("%d messages, %d notices", len(at), notices)
		}
	})
}

func TestRetry(t *testing.T) {
	play(t, func(s *Settings) { s.Digest = 0 }, func(d *desk) {
		t := d.t
		d.paper.fails = func() error { return &way.Error{What: "it answered 503"} }
		d.notify(t, "a", guard.Medium)
		wait(2 * time.Hour)
		tries := d.paper.got()
		// 1 s, 2 s … 512 s, then 15 min each; jitter takes up to half of each away
		if n := len(tries); n < 10+6 || n > 12+14 {
			t.Errorf("%d tries in two hours: %q", n, tries)
		}
		if !strings.HasPrefix(tries[0], "0: ") {
			t.Error(tries[0])
		}
		same(t, "said once", d.told(), "notice_failing receiver ops: it answered 503")
		d.notify(t, "critical", guard.Critical)
		wait(time.Minute)
		if tries = d.paper.got(); len(tries) == 0 {
			t.Error("a critical one waits for a quarter of an hour")
		}
		d.paper.mu.Lock()
		d.paper.fails = nil
		d.paper.mu.Unlock()
		wait(time.Minute)
		if got := d.paper.got(); len(got) != 1 || !strings.HasSuffix(got[0], ": critical a") {
			t.Errorf("%q", got)
		}
		if told := d.told(); len(told) != 1 || !strings.HasPrefix(told[0], "notice_recovered receiver ops: took nothing for 2h") {
			t.Errorf("%q", told)
		}
	})
}

// TestPatienceIsHonoured: a receiver that names a time is not asked before.
func TestPatienceIsHonoured(t *testing.T) {
	play(t, func(s *Settings) { s.Digest = 0 }, func(d *desk) {
		t := d.t
		first := true
		d.paper.fails = func() error {
			if !first {
				return nil
			}
			first = false
			return &way.Error{What: "it answered 429", After: 10 * time.Minute}
		}
		d.notify(t, "a", guard.Critical)
		wait(10*time.Minute - time.Second)
		same(t, "too early", d.paper.got(), "0: a failed")
		wait(time.Second)
		same(t, "then", d.paper.got(), "600: a")
	})
}

func TestRefusedForGood(t *testing.T) {
	play(t, func(s *Settings) { s.Digest = 0 }, func(d *desk) {
		t := d.t
		d.paper.fails = func() error { return &way.Error{What: "it answered 404", Permanent: true} }
		d.notify(t, "a", guard.Medium)
		wait(0)
		same(t, "tries", d.paper.got(), "0: a failed")
		same(t, "events", d.told(), "notice_failing receiver ops: it answered 404", "notices_dropped receiver ops: 1: refused for good")
		for i := range 30 {
			d.notify(t, fmt.Sprint(i), guard.Medium)
		}
		wait(time.Hour - time.Second)
		if told := d.told(); len(told) < 1 || len(told) > 15 || len(d.paper.got()) > 15 {
			t.Errorf("it is told, and no flood: %q", told)
		}
	})
}

// TestGivenUp after three days, which is said.
func TestGivenUp(t *testing.T) {
	play(t, func(s *Settings) { s.Digest = 0 }, func(d *desk) {
		t := d.t
		d.paper.fails = func() error { return errors.New("https://hooks.example.com/canary") } // what no way returns is not told
		d.notify(t, "a", guard.Medium)
		d.notify(t, "b", guard.Medium)
		wait(72*time.Hour - time.Hour)
		if len(d.waiting(t)) != 2 {
			t.Errorf("%q wait", d.waiting(t))
		}
		wait(2 * time.Hour)
		if len(d.waiting(t)) != 0 {
			t.Errorf("%q wait", d.waiting(t))
		}
		same(t, "events", d.told(), "notice_failing receiver ops: it cannot be reached", "notices_dropped receiver ops: 2: not delivered within 72h")
		if strings.Contains(d.String(), "canary") {
			t.Error(d.String())
		}
		d.paper.got()
		wait(time.Hour)
		same(t, "quiet", d.paper.got())
	})
}

// TestCrowd: where more comes than fits, the oldest of the lowest severity goes, and it is said.
func TestCrowd(t *testing.T) {
	play(t, func(s *Settings) { s.Digest = time.Hour }, func(d *desk) {
		t := d.t
		const most = 60
		d.receivers["ops"].spool.most = most
		d.notify(t, "high", guard.High)
		for i := range most + 9 {
			d.notify(t, fmt.Sprint(i), guard.Medium)
		}
		for range 5 {
			d.notify(t, "more", guard.High)
		}
		if n := len(d.waiting(t)); n != most {
			t.Errorf("%d wait", n)
		}
		wait(time.Minute)
		told := d.told()
		if len(told) == 0 || len(told) > 2 || !strings.Contains(strings.Join(told, " "), ": more came than its spool holds") {
			t.Errorf("%q", told)
		}
		total := 0
		for _, line := range told {
			var n int
			_, err := fmt.Sscanf(line, "notices_dropped receiver ops: %d:", &n)
			must(t, err)
			total += n
		}
		if total != 11 {
			t.Errorf("%d given up", total)
		}
		wait(time.Hour)
		if got := d.paper.got(); len(got) != 2 || !strings.HasPrefix(got[0], "3600: high more 11 12 ") {
			t.Errorf("%d messages, the first %q", len(got), got[0])
		}
	})
}
