package sessions

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"ivalt-radius/radius/wire"
	"ivalt-radius/secret"
)

// wired are the tables of two nodes; what they tell waits in posts.
type wired struct {
	a, b  *Table
	posts []post
	now   time.Time
}

type post struct {
	from *Table
	text []byte
}

func wire2() *wired {
	w := &wired{now: time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC)}
	clock := func() time.Time { return w.now }
	w.a, w.b = New(clock), New(clock)
	for _, t := range []*Table{w.a, w.b} {
		t.Tell = func(text []byte) { w.posts = append(w.posts, post{t, text}) }
	}
	return w
}

func (w *wired) deliver(t *testing.T) {
	t.Helper()
	posts := w.posts
	w.posts = nil
	for _, p := range posts {
		to, node := w.a, "b"
		if p.from == w.a {
			to, node = w.b, "a"
		}
		if err := to.Apply(node, w.now, p.text); err != nil {
			t.Fatal(err)
		}
	}
	if len(w.posts) != 0 {
		t.Fatal("what was heard is told on")
	}
}

// toldOf is a session of bob as a packet that this node believes tells of it; id empty: an Accept.
func (w *wired) toldOf(id string) Session {
	attributes := wire.Append(nil, userName, []byte("bob"))
	attributes = wire.Append(attributes, callingStationID, []byte("192.0.2.1"))
	attributes = wire.Append(attributes, nasIdentifier, []byte("gw"))
	if id != "" {
		attributes = wire.Append(attributes, acctSessionID, []byte(id))
	}
	return Session{
		Client: "vpn", Source: netip.MustParseAddr("198.51.100.1"), Local: netip.MustParseAddr("198.51.100.9"), Key: wire.NewKey(secret.New("a secret")), User: "bob",
		Station: netip.MustParseAddr("192.0.2.1"), Attributes: attributes, Heard: w.now,
	}
}

func bobs(t *Table) []Session {
	found, _ := t.Find("bob", netip.Addr{}, 10)
	return found
}

func TestSessionsOfAllNodes(t *testing.T) {
	w := wire2()
	w.a.Admitted(w.toldOf(""))
	if text := string(w.posts[0].text); strings.Contains(text, "secret") || strings.Contains(text, "198.51.100.9") {
		t.Errorf("told %s", text)
	}
	w.deliver(t)
	if got := bobs(w.b); len(got) != 1 || got[0].Node != "a" || got[0].Key != nil || got[0].Local.IsValid() || !got[0].Heard.Equal(w.now) {
		t.Fatalf("%+v", got)
	}
	w.now = w.now.Add(time.Second)
	w.b.Told(start, w.toldOf("17")) // accounting goes to the other node
	w.deliver(t)
	for _, table := range []*Table{w.a, w.b} {
		if got := bobs(table); len(got) != 1 || got[0].ID() != "17" || got[0].Node != "" || got[0].Key == nil {
			t.Errorf("%+v", got)
		}
	}
	w.now = w.now.Add(time.Second)
	w.a.Told(stop, w.toldOf("17"))
	w.deliver(t)
	if len(bobs(w.a))+len(bobs(w.b)) != 0 {
		t.Error("a session outlives its stop")
	}
}

// TestOneSessionOfTwoRequests: a request that reaches both nodes is one session at each.
func TestOneSessionOfTwoRequests(t *testing.T) {
	w := wire2()
	w.a.Told(start, w.toldOf("17"))
	w.now = w.now.Add(time.Second)
	w.b.Told(start, w.toldOf("17"))
	w.deliver(t)
	for _, table := range []*Table{w.a, w.b} {
		if got := bobs(table); len(got) != 1 || got[0].Key == nil || table.Len() != 1 {
			t.Errorf("%+v", got)
		}
	}
	w.b.Told(on, w.toldOf(""))
	w.deliver(t)
	if w.a.Len()+w.b.Len() != 0 {
		t.Error("a session outlives its NAS")
	}
}

func TestGoneAtAllNodes(t *testing.T) {
	w := wire2()
	w.a.Told(start, w.toldOf("17"))
	w.deliver(t)
	w.b.Gone(bobs(w.b)[0])
	w.deliver(t)
	if w.a.Len()+w.b.Len() != 0 {
		t.Error("a session that was ended is known")
	}
	w.a.Told(start, w.toldOf("18"))
	w.deliver(t)
	old := bobs(w.b)[0]
	w.now = w.now.Add(time.Second)
	w.b.Told(interim, w.toldOf("18"))
	w.b.Gone(old)
	if w.b.Len() != 1 {
		t.Error("a session of which was heard since is forgotten")
	}
}

func TestApplyRefuses(t *testing.T) {
	w := wire2()
	w.a.Told(start, w.toldOf("17"))
	fine := string(w.posts[0].text)
	for name, text := range map[string]string{
		"nothing":          "",
		"another version":  strings.Replace(fine, `"v":1`, `"v":2`, 1),
		"another kind":     strings.Replace(fine, `"start"`, `"begin"`, 1),
		"no client":        strings.Replace(fine, `"vpn"`, `""`, 1),
		"no source":        strings.Replace(fine, `198.51.100.1`, ``, 1),
		"a mapped source":  strings.Replace(fine, `198.51.100.1`, `::ffff:198.51.100.1`, 1),
		"a station's zone": strings.Replace(fine, `192.0.2.1`, `fe80::1%eth0`, 1),
		"no canonical one": strings.Replace(fine, `"u":"bob"`, `"u":"BOB"`, 1),
		"odd attributes":   strings.Replace(fine, `"x":"`, `"x":"AAAA`, 1),
		"too long":         fine + strings.Repeat(" ", mostTold),
	} {
		if err := w.b.Apply("a", w.now, []byte(text)); err == nil || w.b.Len() != 0 {
			t.Errorf("%s: no error", name)
		}
	}
	twice := w.toldOf("17")
	twice.Attributes = slices.Concat(twice.Attributes, twice.Attributes)
	w.a.Told(interim, twice)
	if err := w.b.Apply("a", w.now, w.posts[1].text); err == nil {
		t.Error("an attribute twice: no error")
	}
}

func FuzzApply(f *testing.F) {
	w := wire2()
	w.a.Told(start, w.toldOf("17"))
	w.a.Admitted(w.toldOf(""))
	for _, p := range w.posts {
		f.Add(p.text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		to := wire2().a
		if err := to.Apply("b", time.Now(), text); err != nil && to.Len() != 0 {
			t.Error("an error, and something was applied")
		}
	})
}
