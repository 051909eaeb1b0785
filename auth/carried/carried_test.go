package carried

import (
	"bytes"
	"encoding/json"
	"net/netip"
	"reflect"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// noon is when the process before left.
func noon() time.Time { return time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC) }

func digest(b byte) []byte { return bytes.Repeat([]byte{b}, 32) }

// TestTable: an attempt is gone on with once, while somebody waits for it, and by its whole key alone.
func TestTable(t *testing.T) {
	now := noon()
	table := NewTable([]Attempt{
		{Key: digest(1), ID: "waits", Until: now.Add(time.Minute)},
		{Key: digest(2), ID: "nobody waits", Until: now},
		{Key: digest(3), ID: "of long ago", Until: time.Time{}},
		{Key: nil, ID: "no key", Until: now.Add(time.Minute)},
		{Key: digest(4)[:31], ID: "a short key", Until: now.Add(time.Minute)},
		{Key: append(digest(5), 0), ID: "a long key", Until: now.Add(time.Minute)},
		{Key: digest(6), ID: "former", Until: now.Add(time.Minute)},
		{Key: digest(6), ID: "latter", Until: now.Add(time.Minute)},
	}, now)
	for b, want := range map[byte]string{0: "", 1: "waits", 2: "", 3: "", 4: "", 5: "", 6: "latter"} {
		key := [32]byte(digest(b))
		found, taken, again := table.Find(key, now), table.Take(key, now), table.Take(key, now)
		if (want != "") != (found != nil) || found != taken || again != nil || table.Find(key, now) != nil {
			t.Errorf("key %d: found %v, taken %v, again %v", b, found, taken, again)
		}
		if found != nil && found.ID != want {
			t.Errorf("key %d is %q, want %q", b, found.ID, want)
		}
	}
}

// TestTableForgets: nobody goes on with an attempt behind its end.
func TestTableForgets(t *testing.T) {
	now, key := noon(), [32]byte(digest(1))
	table := NewTable([]Attempt{{Key: key[:], Until: now.Add(time.Second)}}, now)
	if table.Find(key, now.Add(time.Second-1)) == nil {
		t.Error("it is forgotten too early")
	}
	if table.Find(key, now.Add(time.Second)) != nil || table.Take(key, now.Add(time.Second)) != nil {
		t.Error("it is found behind its end")
	}
}

// TestEmptyTable: where nobody waits there is none, and that one has nobody.
func TestEmptyTable(t *testing.T) {
	now := noon()
	for name, all := range map[string][]Attempt{"none": nil, "one that is over": {{Key: digest(1), Until: now}}} {
		table := NewTable(all, now)
		if table != nil || table.Find([32]byte{}, now) != nil || table.Take([32]byte(digest(1)), now) != nil {
			t.Errorf("%s: %+v", name, table)
		}
	}
}

// TestTakeIsOnce: of many copies that come at the same time one goes on with the attempt.
func TestTakeIsOnce(t *testing.T) {
	now, key := noon(), [32]byte(digest(1))
	for range 50 {
		table := NewTable([]Attempt{{Key: key[:], Until: now.Add(time.Minute)}}, now)
		var taken atomic.Int32
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				if table.Take(key, now) != nil {
					taken.Add(1)
				}
			})
		}
		all.Wait()
		if n := taken.Load(); n != 1 {
			t.Fatalf("%d take it", n)
		}
	}
}

// TestRings: an attempt goes on with the push that rings for it.
func TestRings(t *testing.T) {
	for name, c := range map[string]struct {
		of         *Attempt
		number, id string
	}{
		"none before":       {nil, "42", "new"},
		"none had a push":   {&Attempt{ID: "a1"}, "42", "new"},
		"one that rings":    {&Attempt{Number: "17", Push: "a1"}, "17", "a1"},
		"one of no number":  {&Attempt{Push: "a1"}, "42", "a1"},
		"one of no attempt": {&Attempt{Number: "17"}, "17", "new"},
	} {
		if number, id := c.of.Rings("42", "new"); number != c.number || id != c.id {
			t.Errorf("%s: %q, %q", name, number, id)
		}
	}
}

// TestBound: an Accept is joined for its reason, and no longer than an Accept can be.
func TestBound(t *testing.T) {
	now, most := noon(), 10*time.Second
	for _, c := range []struct {
		name            string
		word            string
		first, joinable time.Duration // from now
		ok              bool
	}{
		{"as it was", "approved", -time.Second, time.Second, true},
		{"remembered", "remembered", -time.Second, time.Second, true},
		{"exempt", "exempt", -time.Second, time.Second, true},
		{"a refusal", "push_denied", -time.Second, time.Second, false},
		{"unavailable", "unavailable", -time.Second, time.Second, false},
		{"no reason", "", -time.Second, time.Second, false},
		{"a word that nobody knows", "let in", -time.Second, time.Second, false},
		{"over", "approved", -time.Second, 0, false},
		{"of all time", "approved", -time.Second, 1 << 62, true},
		{"of the future", "approved", 1 << 62, time.Second, true},
	} {
		a, ok := Accept{Key: digest(1), ID: "a1", Reason: c.word, First: now.Add(c.first), Joinable: now.Add(c.joinable)}.Bound(now, most)
		if ok != c.ok || ok == (a.ID == "") {
			t.Errorf("%s: %+v, %v", c.name, a, ok)
		}
		if a.First.After(now) || a.Joinable.After(now.Add(most)) || ok && c.joinable < most && !a.Joinable.Equal(now.Add(c.joinable)) {
			t.Errorf("%s: from %v, joinable until %v", c.name, a.First, a.Joinable)
		}
	}
}

func TestKey(t *testing.T) {
	if k, ok := Key(digest(7)); !ok || !bytes.Equal(k[:], digest(7)) {
		t.Errorf("%x, %v", k, ok)
	}
	for _, n := range []int{0, 1, 31, 33, 1 << 16} {
		if k, ok := Key(make([]byte, n)); ok || k != ([32]byte{}) {
			t.Errorf("%d octets are a key", n)
		}
	}
}

// TestLoginsAreWrittenAndRead: nothing of them is lost on the way.
func TestLoginsAreWrittenAndRead(t *testing.T) {
	now := noon()
	attempt := Attempt{
		Key: digest(1), ID: "a2", Push: "a1", First: now, Until: now.Add(time.Minute), Renews: "a0", Number: "17", Rang: true, Owing: true, Familiar: true,
	}
	packet := Datagram{
		Socket: netip.MustParseAddrPort("[::]:1812"), Source: netip.MustParseAddrPort("192.0.2.9:40000"), Local: netip.MustParseAddr("192.0.2.1"),
		Received: now, Octets: []byte{1, 2, 0, 255},
	}
	all := Logins{
		Secret: digest(9), Attempts: []Attempt{attempt},
		Accepts:   []Accept{{Key: digest(2), ID: "a3", First: now, Joinable: now.Add(time.Second), Reason: "approved", Until: now.Add(time.Hour)}},
		Lapsed:    []Lapsed{{Key: digest(3), ID: "a4", Until: now.Add(time.Second)}},
		Questions: []Question{{Attempt: attempt, Packet: packet, State: "state", Message: "Which phone?", Ends: now.Add(time.Minute), Wrong: 2, Chosen: 3}},
	}
	text, err := json.Marshal(all) //nolint:gosec // no disk sees it
	if err != nil {
		t.Fatal(err)
	}
	var read Logins
	if err := json.Unmarshal(text, &read); err != nil || !reflect.DeepEqual(read, all) {
		t.Errorf("%v; read %+v, want %+v", err, read, all)
	}
}
