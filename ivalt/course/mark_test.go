package course

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"
	"time"

	"ivalt-radius/auth"
	"ivalt-radius/ivalt/gateway"
)

func theMoment() time.Time { return time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC) }

// rung is a course whose push left at 10 s, and the mark of it at 12 s.
func rung(t *testing.T, pushed gateway.Class, polls ...gateway.Class) (Course, Mark) {
	t.Helper()
	c, _ := Begin(100*time.Second, Rules{Approval: time.Minute}).Claimed(Clean, 10*time.Second)
	c, _ = c.Leaves(Push, 10*time.Second)
	if pushed != 0 {
		c, _ = c.Answered(gateway.Result{Class: pushed, Resend: true}, 11*time.Second)
	}
	for _, k := range polls {
		c, _ = c.Leaves(Sentinel, 11*time.Second)
		c, _ = c.Answered(gateway.Result{Class: k}, 11500*time.Millisecond)
	}
	m := c.Mark(12 * time.Second)
	m.Made, m.Realm, m.Request = theMoment(), "realm", "r 1"
	back, err := ParseMark(m.Encode())
	if err != nil || back != m {
		t.Fatalf("%+v became %+v: %v", m, back, err)
	}
	return c, m
}

// TestTakenOver: another node, 5 s younger than the first one and 3 s later, goes on where the push is, and sends none.
func TestTakenOver(t *testing.T) {
	const now = 10 * time.Second // 15 s of the first node
	for _, tc := range []struct {
		name   string
		pushed gateway.Class
		polls  []gateway.Class
		call   Call
		cost   int
	}{
		{"before the answer", 0, nil, Sentinel, 3},
		{"the answer was lost", gateway.Failed, nil, Sentinel, 3},
		{"taken", gateway.Accepted, nil, Sentinel, 3},
		{"trusted", gateway.Accepted, []gateway.Class{gateway.Pending}, Poll, 2},
		{"suspect", gateway.Accepted, []gateway.Class{gateway.Approved}, Again, 3},
	} {
		t.Run(tc.name, func(t *testing.T) {
			was, m := rung(t, tc.pushed, tc.polls...)
			c, o := Begin(95*time.Second, Rules{Approval: time.Minute}).TakenOver(&m, Clean, theMoment().Add(3*time.Second), now)
			if o.Do != Ask || o.Call != tc.call || o.At < now {
				t.Errorf("%+v", o)
			}
			if c.Sent != was.Sent-5*time.Second || c.Last != 65*time.Second || c.End != c.Last+LastPollWaits || c.Cost() != tc.cost {
				t.Errorf("sent %v, last poll %v, cost %d", c.Sent, c.Last, c.Cost())
			}
			if _, more := c.Repush(); more {
				t.Error("a push may be sent again")
			}
			if c.Delivery == Unpushed || c.Trusted != was.Trusted {
				t.Errorf("%+v", c)
			}
		})
	}
}

func TestTakenOverTrustsTheWorseHistory(t *testing.T) {
	_, m := rung(t, 0)
	for _, h := range []History{Unseen, Dirty, Spent, Clean} {
		m.History = h
		for _, other := range []History{Unseen, Dirty, Spent, Clean} {
			c, _ := Begin(time.Minute, Rules{Approval: time.Minute}).TakenOver(&m, other, theMoment(), time.Second)
			if c.History != min(h, other) {
				t.Errorf("%v and %v: %v", h, other, c.History)
			}
		}
	}
}

func TestTakenOverTooLate(t *testing.T) {
	_, m := rung(t, gateway.Accepted, gateway.Pending)
	for name, later := range map[string]time.Duration{"the push is over": time.Minute, "for long": 2 * oldestMark} {
		if _, o := Begin(5*time.Minute, Rules{Approval: time.Minute}).TakenOver(&m, Clean, theMoment().Add(later), time.Second); o.Outcome != auth.TimedOut || o.Do != Finish {
			t.Errorf("%s: %+v", name, o)
		}
	}
	// A clock that runs behind makes nothing younger than it was.
	c, _ := Begin(time.Minute, Rules{Approval: time.Minute}).TakenOver(&m, Clean, theMoment().Add(-time.Hour), 10*time.Second)
	if c.Sent != 8*time.Second {
		t.Errorf("sent %v", c.Sent)
	}
	var heir Course
	heir.Renew(&m, time.Minute, theMoment().Add(2*oldestMark), time.Second)
	if heir.Credit != 0 {
		t.Error("a mark that old renews something")
	}
}

// TestTakenOverKeepsACredit: the login that was taken over renews an earlier one.
func TestTakenOverKeepsACredit(t *testing.T) {
	_, m := rung(t, gateway.Accepted)
	m.Credit, m.Former = 20*time.Second, 40*time.Second
	c, _ := Begin(time.Minute, Rules{Approval: time.Minute}).TakenOver(&m, Dirty, theMoment().Add(5*time.Second), 10*time.Second)
	if c.Credit != 25*time.Second || c.Oldest(20*time.Second) != -35*time.Second || c.Oldest(25*time.Second) != c.Sent {
		t.Errorf("credit until %v, oldest %v and %v", c.Credit, c.Oldest(20*time.Second), c.Oldest(25*time.Second))
	}
}

func TestUnsent(t *testing.T) {
	c := Course{Delivery: Doubtful, Out: Push}
	if c := c.Unsent(); c.Delivery != Unpushed || c.Out != NoCall {
		t.Errorf("the first push: %+v", c)
	}
	c.resent = true
	if c := c.Unsent(); c.Delivery != Doubtful || c.Out != NoCall {
		t.Errorf("the second: %+v", c)
	}
}

func TestParseMarkRefuses(t *testing.T) {
	_, good := rung(t, gateway.Accepted)
	for name, spoil := range map[string]func(*Mark){
		"another version":           func(m *Mark) { m.Version = 2 },
		"no push":                   func(m *Mark) { m.Delivery = Unpushed },
		"an unknown delivery":       func(m *Mark) { m.Delivery = Pushed + 1 },
		"an unknown history":        func(m *Mark) { m.History = Clean + 1 },
		"a push to come":            func(m *Mark) { m.Sent = -1 },
		"an old push":               func(m *Mark) { m.Sent = oldestMark + 1 },
		"rang before it was sent":   func(m *Mark) { m.Rang = m.Sent + 1 },
		"answered before":           func(m *Mark) { m.Zero = m.Sent + 1 },
		"seen before its answer":    func(m *Mark) { m.Seen = m.Zero + 1 },
		"a credit without an end":   func(m *Mark) { m.Credit = oldestMark + 1 },
		"a credit that is over":     func(m *Mark) { m.Credit = -1 },
		"a former push to come":     func(m *Mark) { m.Former = -1 },
		"a request that is too big": func(m *Mark) { m.Request = strings.Repeat("a", longestWord+1) },
		"a realm that is too big":   func(m *Mark) { m.Realm = strings.Repeat("a", longestWord+1) },
	} {
		m := good
		spoil(&m)
		if got, err := ParseMark(m.Encode()); err == nil || got != (Mark{}) {
			t.Errorf("%s: %+v", name, got)
		}
	}
	whole := good.Encode()
	for name, text := range map[string][]byte{
		"nothing": nil, "JSON": []byte(`{"version":1}`), "more": append(bytes.Clone(whole), 'x'), "too long": append(bytes.Clone(whole[:len(whole)-1]), later(longestMark)...),
		"a length below zero":     append(bytes.Clone(whole[:len(whole)-1]), 1),
		"a length without an end": append(bytes.Clone(whole[:len(whole)-1]), bytes.Repeat([]byte{0xff}, 12)...),
	} {
		if got, err := ParseMark(text); err == nil || got != (Mark{}) {
			t.Errorf("%s: %+v", name, got)
		}
	}
	for n := range whole {
		if got, err := ParseMark(whole[:n]); err == nil || got != (Mark{}) {
			t.Errorf("%d octets of %d: %+v", n, len(whole), got)
		}
	}
}

// later is what a later version adds to a mark.
func later(n int) []byte {
	return append(binary.AppendVarint(nil, int64(n)), make([]byte, n)...)
}

func TestParseMarkOfALaterVersion(t *testing.T) {
	_, m := rung(t, gateway.Accepted)
	text := m.Encode()
	if got, err := ParseMark(append(text[:len(text)-1], later(300)...)); err != nil || got != m {
		t.Errorf("%+v, %v", got, err)
	}
	if len(text) > 64 {
		t.Errorf("a mark has %d octets, and one is kept for each login whose phone rings", len(text))
	}
}

// FuzzMark: whatever a mark says, no push leaves and nobody is approved by going on with it.
func FuzzMark(f *testing.F) {
	f.Add((&Mark{
		Version: markVersion, Made: theMoment(), Realm: "r", Delivery: Pushed, History: Clean, Trusted: true, Answered: true,
		Sent: 2 * time.Second, Rang: 2 * time.Second, Zero: time.Second, Seen: time.Second / 2,
	}).Encode(), int64(3))
	f.Add((&Mark{Version: markVersion, Made: theMoment(), Delivery: Doubtful, Credit: 1000, Former: 1}).Encode(), int64(-5))
	f.Fuzz(func(t *testing.T, text []byte, seconds int64) {
		m, err := ParseMark(text)
		if err != nil {
			return
		}
		if again, err := ParseMark(m.Encode()); err != nil || again != m {
			t.Fatalf("%+v became %+v: %v", m, again, err)
		}
		now, theirs := 10*time.Second, theMoment().Add(time.Duration(seconds%10_000)*time.Second)
		c, o := Begin(time.Minute, Rules{Approval: time.Minute}).TakenOver(&m, Clean, theirs, now)
		for range 20 {
			switch {
			case o.Do == Finish && o.Outcome == auth.Approved, o.Do == Ask && o.Call == Push, c.End > time.Minute, c.Sent > now:
				t.Fatalf("%+v of %+v", o, m)
			case o.Do == Finish:
				return
			}
			now = max(now, o.At)
			c, _ = c.Leaves(o.Call, now)
			c, o = c.Answered(gateway.Result{Class: gateway.Pending}, now)
		}
	})
}
