package sessions_test

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"ivalt-radius/radius/accounting"
	"ivalt-radius/radius/dynauth/sessions"
	"ivalt-radius/radius/wire"
	"ivalt-radius/secret"
)

// accepted is an Access-Accept with a Session-Timeout in seconds; 0: without one.
func accepted(t *testing.T, limit byte) []byte {
	t.Helper()
	r := wire.Reply{Code: wire.AccessAccept}
	if limit > 0 {
		r.Attributes = attr(27, string([]byte{0, 0, limit, 0}))
	}
	octets, err := wire.NewKey(secret.New("a secret")).AppendReply(nil, wire.Origin{}, r)
	if err != nil {
		t.Fatal(err)
	}
	return octets
}

// logIn lets a person in, with 256 s for each of limit.
func (w *world) logIn(user, id, attempt string, limit byte) {
	w.t.Helper()
	w.Admitted(w.of(user, id).Granted(attempt, accepted(w.t, limit)))
}

// told is one word of accounting on s1, after so many seconds.
type told struct {
	after  int
	status string
	time   int // of the session, in seconds
	in     uint64
	out    uint64
	more   func(s *sessions.Session)
}

func (w *world) hear(all ...told) {
	w.t.Helper()
	for _, h := range all {
		w.now = w.now.Add(time.Duration(h.after) * time.Second)
		s := w.of("alice", "s1")
		s.Measure = accounting.Measure{At: w.now, Time: time.Duration(h.time) * time.Second, In: h.in, Out: h.out, Counted: true}
		if h.more != nil {
			h.more(&s)
		}
		w.Told(h.status, s)
	}
}

func wide(s *sessions.Session)    { s.Measure.Wide = true }
func counted(s *sessions.Session) { s.Measure.Counted = false }

// late has a packet of some seconds before.
func late(seconds int) func(*sessions.Session) {
	return func(s *sessions.Session) { s.Measure.At = s.Measure.At.Add(-time.Duration(seconds) * time.Second) }
}

func (w *world) one() sessions.Session {
	w.t.Helper()
	found, left := w.List("", "", netip.Addr{}, 1)
	if len(found) != 1 || left != 0 {
		w.t.Fatalf("%d sessions and %d more", len(found), left)
	}
	return found[0]
}

func (w *world) total() (t sessions.Total) {
	for _, t = range w.Totals() {
		if t.Client == "vpn" {
			return t
		}
	}
	return t
}

// TestOctets: what a NAS counts is counted once, whatever it says and in whatever order; nothing makes a sum wrong.
func TestOctets(t *testing.T) {
	const g = 1 << 30
	for _, c := range []struct {
		name    string
		tells   []told
		in, out uint64
		unsure  bool
		sum     uint64 // of octets in
	}{
		{"an update", []told{{0, "start", 0, 0, 0, nil}, {60, "interim_update", 60, 5, 7, nil}}, 5, 7, false, 5},
		{"updates", []told{{0, "start", 0, 0, 0, nil}, {60, "interim_update", 60, 5, 7, nil}, {60, "interim_update", 120, 9, 7, nil}}, 9, 7, false, 9},
		{"the same again", []told{{0, "start", 0, 0, 0, nil}, {60, "interim_update", 60, 5, 7, nil}, {1, "interim_update", 60, 5, 7, nil}, {1, "interim_update", 60, 5, 7, nil}}, 5, 7, false, 5},
		{"an older one behind a newer", []told{{0, "start", 0, 0, 0, nil}, {60, "interim_update", 120, 9, 9, nil}, {1, "interim_update", 60, 5, 7, late(60)}}, 9, 9, false, 9},
		{"the start behind an update", []told{{60, "interim_update", 60, 5, 7, nil}, {1, "start", 0, 0, 0, late(61)}}, 5, 7, false, 0},
		{"32 bits that wrap", []told{{0, "start", 0, 0, 0, nil}, {60, "interim_update", 60, 4*g - 1, 0, nil}, {60, "interim_update", 120, 9, 0, nil}, {60, "interim_update", 180, 11, 0, nil}}, 4*g + 11, 0, false, 4*g + 11},
		{"the wraps told", []told{{0, "start", 0, 0, 0, nil}, {60, "interim_update", 60, 4*g - 1, 0, nil}, {60, "interim_update", 120, 4*g + 9, 0, wide}}, 4*g + 9, 0, false, 4*g + 9},
		{"the wraps told, then not", []told{{0, "start", 0, 0, 0, nil}, {60, "interim_update", 60, 4*g + 9, 0, wide}, {60, "interim_update", 120, 11, 0, nil}}, 4*g + 11, 0, false, 4*g + 11},
		{"a counter that goes back", []told{{0, "start", 0, 0, 0, nil}, {60, "interim_update", 60, 500, 7, nil}, {60, "interim_update", 120, 5, 8, nil}}, 500, 8, true, 500},
		{"more than can be", []told{{0, "start", 0, 0, 0, nil}, {60, "interim_update", 60, 1 << 60, 7, wide}}, 0, 7, true, 0},
		{"no counters", []told{{0, "start", 0, 0, 0, nil}, {60, "interim_update", 60, 5, 7, nil}, {60, "interim_update", 120, 0, 0, counted}}, 5, 7, false, 5},
		{"one that began before us", []told{{0, "interim_update", 3600, 500, 700, nil}, {60, "interim_update", 3660, 510, 700, nil}}, 510, 700, false, 10},
		{"another session under the same name", []told{{0, "start", 0, 0, 0, nil}, {60, "interim_update", 60, 500, 7, nil}, {600, "start", 0, 0, 0, nil}, {60, "interim_update", 60, 5, 0, nil}}, 5, 0, false, 505},
		{"a start told again", []told{{0, "start", 0, 0, 0, nil}, {60, "interim_update", 60, 500, 7, nil}, {1, "start", 0, 0, 0, late(61)}}, 500, 7, false, 500},
	} {
		w := newWorld(t)
		w.hear(c.tells...)
		s := w.one()
		if s.Use.In != c.in || s.Use.Out != c.out || s.Use.Unsure != c.unsure {
			t.Errorf("%s: %+v", c.name, s.Use)
		}
		if got := w.total(); got.In != c.sum || got.Accounted != 1 {
			t.Errorf("%s: in all %+v", c.name, got)
		}
		l := w.Look(sessions.Filter{}, 0)
		if l.In != c.in || l.Out != c.out || l.Left != 1 {
			t.Errorf("%s: listed %+v", c.name, l)
		}
		if c.name == "updates" { // the last ones are told by the stop
			w.hear(told{60, "stop", 180, 20, 30, nil}, told{0, "stop", 180, 20, 30, nil})
			if got := w.total(); got.In != 20 || got.Out != 30 || got.Accounted != 0 || w.Len() != 0 {
				t.Errorf("stopped: %+v", got)
			}
		}
	}
}

// TestStarted: since when.
func TestStarted(t *testing.T) {
	for _, c := range []struct {
		name  string
		tells []told
		ago   int // seconds; -1: not known
	}{
		{"a start", []told{{0, "start", 0, 0, 0, nil}, {60, "interim_update", 60, 0, 0, nil}}, 60},
		{"a start told late", []told{{0, "start", 0, 0, 0, late(30)}}, 30},
		{"an update", []told{{0, "interim_update", 90, 0, 0, nil}}, 90},
		{"an update told late", []told{{0, "interim_update", 90, 0, 0, late(10)}}, 100},
		{"an update that does not say", []told{{0, "interim_update", 0, 0, 0, nil}}, -1},
		{"it says so later", []told{{0, "interim_update", 0, 0, 0, nil}, {1, "interim_update", 5, 0, 0, nil}}, 5},
	} {
		w := newWorld(t)
		w.hear(c.tells...)
		if s := w.one(); c.ago < 0 && !s.Started.IsZero() || c.ago >= 0 && w.now.Sub(s.Started) != time.Duration(c.ago)*time.Second {
			t.Errorf("%s: %v", c.name, w.now.Sub(s.Started))
		}
	}
}

// TestComesBehindItsStop: what comes behind a session's stop does not bring it back.
func TestComesBehindItsStop(t *testing.T) {
	for name, tells := range map[string][]told{
		"an update":                                       {{0, "start", 0, 0, 0, nil}, {60, "stop", 60, 0, 0, nil}, {1, "interim_update", 50, 0, 0, nil}},
		"an update, told again hours later":               {{0, "start", 0, 0, 0, nil}, {60, "stop", 60, 0, 0, nil}, {20000, "interim_update", 50, 0, 0, nil}},
		"the start, sent before":                          {{60, "stop", 60, 0, 0, nil}, {1, "start", 0, 0, 0, late(61)}},
		"the start, told by none before, without a delay": {{60, "stop", 60, 0, 0, nil}, {1, "start", 0, 0, 0, nil}},
		"the start of one that stopped, sent before":      {{0, "start", 0, 0, 0, nil}, {60, "stop", 60, 0, 0, nil}, {1, "start", 0, 0, 0, late(61)}},
	} {
		w := newWorld(t)
		w.hear(tells...)
		if w.Len() != 0 {
			t.Errorf("%s: it is back", name)
		}
	}
}

// TestANameIsUsedAgain: a NAS that begins its Acct-Session-Ids anew has a new session, which goes on.
func TestANameIsUsedAgain(t *testing.T) {
	w := newWorld(t)
	w.hear(told{0, "start", 0, 0, 0, nil}, told{60, "stop", 60, 0, 0, nil}, told{3600, "start", 0, 0, 0, nil}, told{300, "interim_update", 300, 5, 0, nil})
	if s := w.one(); s.Use.In != 5 || !s.Started.Equal(w.now.Add(-300*time.Second)) {
		t.Errorf("%+v", s)
	}
}

// TestARestartOfBefore: an Accounting-On that comes late ends what was there before it, and nothing that was heard of since.
func TestARestartOfBefore(t *testing.T) {
	w := newWorld(t)
	w.hear(told{0, "start", 0, 0, 0, nil}, told{100, "accounting_on", 0, 0, 0, late(200)})
	if w.Len() != 1 {
		t.Error("a session is gone that began behind the restart")
	}
	w.hear(told{100, "accounting_on", 0, 0, 0, late(50)})
	if w.Len() != 0 {
		t.Error("a session of before the restart is there")
	}
}

// TestTwoBoxesOfOneAddress: two NAS behind one address that use the same Acct-Session-Id have a session each.
func TestTwoBoxesOfOneAddress(t *testing.T) {
	w := newWorld(t)
	here := w.of("alice", "s1")
	there := here
	there.Attributes = slices.Concat(attr(1, "bob"), attr(44, "s1"), attr(32, "gw2"))
	there.User = "bob"
	w.Told("start", here)
	w.Told("start", there)
	w.now = w.now.Add(time.Second)
	stop := here
	stop.Heard = w.now
	w.Told("stop", stop)
	w.expect("alice")
	w.expect("bob", "s1")
}

// TestGrant: which login let a session in, and until when.
func TestGrant(t *testing.T) {
	w := newWorld(t)
	w.logIn("alice", "", "a1", 1)
	if s := w.one(); s.Grant.Attempt != "a1" || s.Accounted() || w.total().Logins != 1 || !s.Until.Equal(w.now.Add(256*time.Second)) {
		t.Errorf("a login: %+v", s)
	}
	begun := w.now.Add(10 * time.Second)
	w.hear(told{10, "start", 0, 0, 0, nil})
	if s := w.one(); s.Grant.Attempt != "a1" || !s.Accounted() || w.total().Logins != 0 || !s.Until.Equal(begun.Add(256*time.Second)) {
		t.Errorf("started: %+v", s)
	}
	w.logIn("alice", "", "a2", 0) // while the first session is there
	w.now = w.now.Add(time.Second)
	w.Told("start", w.of("alice", "s2"))
	w.now = w.now.Add(time.Second)
	w.hear(told{0, "interim_update", 2, 0, 0, nil})
	found, _ := w.List("alice", "", netip.Addr{}, 2)
	if len(found) != 2 || found[0].ID() != "s1" || found[0].Grant.Attempt != "a1" || found[1].Grant.Attempt != "a2" || !found[1].Until.IsZero() {
		t.Errorf("two: %+v", found)
	}
}

// TestGrantIsOfOneLogin: a session that started before a login is not its, one after it that comes back has what is left, and a login that names its
// session is found by that.
func TestGrantIsOfOneLogin(t *testing.T) {
	w := newWorld(t)
	w.logIn("alice", "", "a1", 1)
	w.hear(told{0, "interim_update", 3600, 0, 0, nil})
	if s := w.one(); s.Grant.Attempt != "" || !s.Until.IsZero() {
		t.Errorf("it started before: %+v", s)
	}
	w = newWorld(t)
	w.logIn("alice", "", "a1", 1)
	begun := w.now
	w.hear(told{0, "start", 0, 0, 0, nil}, told{100, "stop", 100, 0, 0, nil})
	w.now = w.now.Add(time.Second)
	w.Told("start", w.of("alice", "s2"))
	if s := w.one(); s.ID() != "s2" || s.Grant.Attempt != "a1" || !s.Until.Equal(begun.Add(256*time.Second)) {
		t.Errorf("it came back: %+v", s)
	}
	w = newWorld(t)
	w.logIn("alice", "s1", "a1", 1)
	w.logIn("alice", "s2", "a2", 2)
	w.hear(told{0, "start", 0, 0, 0, nil})
	found, _ := w.List("alice", "", netip.Addr{}, 2)
	if len(found) != 2 || found[0].ID() != "s1" || found[0].Grant.Attempt != "a1" || found[1].Grant.Attempt != "a2" {
		t.Errorf("by identifier: %+v", found)
	}
}

// TestGrantsAreBounded: logins of which nothing more is heard. A person who comes again and again from one place takes one place.
func TestGrantsAreBounded(t *testing.T) {
	w := newWorld(t)
	w.logIn("carol", "", "first", 1)
	again := w.of("alice", "").Granted("a", nil)
	for range 65536 {
		w.Admitted(again)
	}
	w.Told("start", w.of("carol", "early"))
	if found, _ := w.List("carol", "", netip.Addr{}, 1); len(found) != 1 || found[0].Grant.Attempt != "first" {
		t.Errorf("many logins of one person: %+v", found)
	}
	for i := range 65536 {
		w.Admitted(w.of(fmt.Sprint("alice", i), "").Granted("a", nil))
	}
	w.Told("start", w.of("carol", "late"))
	if found, _ := w.List("carol", "", netip.Addr{}, 2); len(found) != 1 || found[0].ID() != "late" || found[0].Grant.Attempt != "" {
		t.Errorf("the first of too many is remembered: %+v", found)
	}
}
