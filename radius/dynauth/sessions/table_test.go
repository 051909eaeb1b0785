package sessions_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"ivalt-radius/radius/dynauth/sessions"
	"ivalt-radius/radius/wire"
	"ivalt-radius/secret"
)

var (
	box     = netip.MustParseAddr("192.0.2.1")   //nolint:gochecknoglobals // an address
	other   = netip.MustParseAddr("192.0.2.2")   //nolint:gochecknoglobals // an address
	station = netip.MustParseAddr("203.0.113.9") //nolint:gochecknoglobals // an address
)

// attr is one attribute of a packet.
func attr(typ byte, value string) []byte { return wire.Append(nil, typ, []byte(value)) }

// packet is a packet of a NAS.
func packet(t *testing.T, code wire.Code, attributes ...[]byte) wire.Packet {
	t.Helper()
	raw := append([]byte{byte(code), 7, 0, 0}, make([]byte, 16)...)
	raw = append(raw, bytes.Join(attributes, nil)...)
	binary.BigEndian.PutUint16(raw[2:], uint16(len(raw))) //nolint:gosec // a packet
	p, err := wire.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// world is a table under a clock of its own.
type world struct {
	*sessions.Table

	t   *testing.T
	now time.Time
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, now: time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC)}
	w.Table = sessions.New(func() time.Time { return w.now })
	return w
}

// of is a session of a person from the station, by a packet that came now; id may be empty.
func (w *world) of(user, id string) sessions.Session {
	w.t.Helper()
	attributes := [][]byte{attr(1, `CORP\`+user), attr(31, station.String()), attr(32, "gw1")}
	if id != "" {
		attributes = append(attributes, attr(44, id))
	}
	return sessions.Session{
		Client: "vpn", Source: box, User: user, Station: station, Heard: w.now,
		Attributes: sessions.Identify(packet(w.t, wire.AccountingRequest, attributes...)),
	}
}

// expect says which sessions of a person there are, by their Acct-Session-Ids; "-" is one without.
func (w *world) expect(user string, want ...string) {
	w.t.Helper()
	found, left := w.Find(user, netip.Addr{}, 100)
	got := []string{}
	for _, s := range found {
		got = append(got, strings.TrimSpace(s.ID()+map[bool]string{true: "-"}[s.ID() == ""]))
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) || left != 0 {
		w.t.Errorf("%s has %q, want %q", user, got, want)
	}
}

// happening is something that a NAS tells, after so long.
type happening struct {
	after  time.Duration
	status string // "accept" beside audit.Accounting's
	user   string
	id     string
}

func TestTable(t *testing.T) {
	const second = time.Second
	cases := []struct {
		name  string
		tells []happening
		want  []string // of alice
	}{
		{"a login", []happening{{0, "accept", "alice", ""}}, []string{"-"}},
		{"the same login answered twice", []happening{{0, "accept", "alice", ""}, {second, "accept", "alice", ""}}, []string{"-"}},
		{"a start", []happening{{0, "start", "alice", "s1"}}, []string{"s1"}},
		{"the start takes the login's place", []happening{{0, "accept", "alice", ""}, {second, "start", "alice", "s1"}}, []string{"s1"}},
		{"a login that names its session", []happening{{0, "accept", "alice", "s1"}, {second, "start", "alice", "s1"}}, []string{"s1"}},
		{"a login anew within a session", []happening{{0, "start", "alice", "s1"}, {second, "accept", "alice", ""}}, []string{"s1"}},
		{"a second session", []happening{{0, "start", "alice", "s1"}, {second, "start", "alice", "s2"}}, []string{"s1", "s2"}},
		{"an interim update alone, as after a restart of ours", []happening{{0, "interim_update", "alice", "s1"}}, []string{"s1"}},
		{"a stop", []happening{{0, "start", "alice", "s1"}, {second, "stop", "alice", "s1"}}, nil},
		{"a stop without a start", []happening{{0, "accept", "alice", ""}, {second, "stop", "alice", "s1"}}, nil},
		{"a stop of another session", []happening{{0, "start", "alice", "s1"}, {second, "stop", "alice", "s2"}}, []string{"s1"}},
		{"a login while the one before stops", []happening{{0, "start", "alice", "s1"}, {second, "stop", "alice", "s1"}, {second, "accept", "alice", ""}}, []string{"-"}},
		{"sessions without identifiers", []happening{{0, "start", "alice", ""}, {second, "stop", "alice", ""}}, nil},
		{"the NAS starts", []happening{{0, "start", "alice", "s1"}, {0, "accept", "alice", ""}, {second, "accounting_on", "", ""}}, nil},
		{"the NAS ends", []happening{{0, "start", "alice", "s1"}, {second, "accounting_off", "", ""}}, nil},
		{"a start after the NAS's", []happening{{0, "accounting_on", "", ""}, {second, "start", "alice", "s1"}}, []string{"s1"}},
		{"an identifier used again", []happening{{0, "start", "alice", "s1"}, {second, "stop", "alice", "s1"}, {second, "start", "alice", "s1"}}, []string{"s1"}},
		{"somebody else's", []happening{{0, "start", "bob", "s1"}}, nil},
		{"no status of a session", []happening{{0, "failed", "alice", "s1"}}, nil},
		{"a day of silence", []happening{{0, "start", "alice", "s1"}, {24 * time.Hour, "accept", "bob", ""}}, nil},
		{"a day with an update", []happening{
			{0, "start", "alice", "s1"}, {12 * time.Hour, "interim_update", "alice", "s1"}, {23 * time.Hour, "accept", "bob", ""},
		}, []string{"s1"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			for _, h := range c.tells {
				w.now = w.now.Add(h.after)
				w.tell(h)
			}
			w.expect("alice", c.want...)
		})
	}
}

func (w *world) tell(h happening) {
	s := w.of(h.user, h.id)
	if h.status == "accept" {
		w.Admitted(s)
		return
	}
	w.Told(h.status, s)
}

// TestOutOfOrder: records become durable in any order; what was sent before the stop does not bring the session back.
func TestOutOfOrder(t *testing.T) {
	w := newWorld(t)
	start := w.of("alice", "s1")
	w.now = w.now.Add(time.Second)
	update := w.of("alice", "s1")
	w.now = w.now.Add(time.Second)
	stop := w.of("alice", "s1")

	w.Told("interim_update", update)
	w.Told("start", start)
	if found, _ := w.Find("alice", netip.Addr{}, 1); len(found) != 1 || !found[0].Heard.Equal(update.Heard) {
		t.Errorf("the older packet counts: %+v", found)
	}
	w.Told("stop", stop)
	w.Told("start", start)
	w.expect("alice")

	w.now = w.now.Add(time.Second)
	w.Told("stop", w.of("bob", "s1")) // the newer stop of the same session, told twice
	w.Told("stop", stop)
	w.expect("alice")
	w.now = w.now.Add(2 * time.Minute)
	w.Told("start", w.of("alice", "s1"))
	w.expect("alice", "s1")
}

// TestRestartIsOfOneBox: behind one address there may be many boxes, and an accounting_on is of one.
func TestRestartIsOfOneBox(t *testing.T) {
	w := newWorld(t)
	here := w.of("alice", "s1")
	neighbour := here
	neighbour.Attributes = slices.Concat(attr(1, "x"), attr(44, "s2"), attr(32, "gw2"))
	elsewhere := w.of("alice", "s3")
	elsewhere.Source = other
	client := w.of("alice", "s4")
	client.Client = "another"
	for _, s := range []sessions.Session{here, neighbour, elsewhere, client} {
		w.Told("start", s)
	}
	w.now = w.now.Add(time.Second)
	w.Told("accounting_on", w.of("", ""))
	w.expect("alice", "s2", "s3", "s4")
	if w.Len() != 3 {
		t.Errorf("%d sessions are known", w.Len())
	}
}

// TestBounded: the session of which nothing was heard for longest goes first, and nothing of it stays.
func TestBounded(t *testing.T) {
	const most = 65536
	w := newWorld(t)
	for i := range most {
		w.now = w.now.Add(time.Millisecond)
		w.Told("start", w.of("alice", fmt.Sprint(i)))
	}
	w.now = w.now.Add(time.Second)
	w.Told("interim_update", w.of("alice", "0"))
	w.Told("start", w.of("bob", "b"))
	if w.Len() != most {
		t.Errorf("%d sessions are known", w.Len())
	}
	found, left := w.Find("alice", netip.Addr{}, 2)
	if len(found) != 2 || found[0].ID() != "0" || found[1].ID() != fmt.Sprint(most-1) || left != most-3 {
		t.Errorf("%d found, the first %q, %d left", len(found), found[0].ID(), left)
	}
	for i := range most {
		w.Told("stop", w.of("alice", fmt.Sprint(i)))
	}
	w.expect("alice")
	w.expect("bob", "b")
}

func TestFind(t *testing.T) {
	w := newWorld(t)
	far := w.of("alice", "far")
	far.Station = netip.MustParseAddr("198.51.100.1")
	w.Told("start", w.of("alice", "near"))
	w.Told("start", far)
	w.Told("start", w.of("bob", "bob's"))
	nowhere := w.of("", "nobody")
	nowhere.Station = netip.Addr{}
	w.Told("start", nowhere)
	for _, c := range []struct {
		name, user, address string
		want                string
	}{
		{"a person", "alice", "", "far near"},
		{"an address", "", "203.0.113.9", "bob's near"},
		{"both", "alice", "203.0.113.9", "near"},
		{"IPv4 written as IPv6", "", "::ffff:203.0.113.9", "bob's near"},
		{"somebody else", "carol", "", ""},
		{"nobody", "", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			addr, _ := netip.ParseAddr(c.address)
			found, _ := w.Find(c.user, addr, 10)
			var got []string
			for _, s := range found {
				got = append(got, s.ID())
			}
			slices.Sort(got)
			if strings.Join(got, " ") != c.want {
				t.Errorf("found %q, want %q", got, c.want)
			}
		})
	}
}

// TestGone: a session that was told of again since it was found stays.
func TestGone(t *testing.T) {
	w := newWorld(t)
	w.Told("start", w.of("alice", "s1"))
	w.Admitted(w.of("bob", ""))
	found, _ := w.Find("alice", netip.Addr{}, 1)
	nameless, _ := w.Find("bob", netip.Addr{}, 1)
	w.now = w.now.Add(time.Second)
	w.Told("interim_update", w.of("alice", "s1"))
	w.Gone(found[0])
	w.Gone(nameless[0])
	w.expect("alice", "s1")
	w.expect("bob")
	found, _ = w.Find("alice", netip.Addr{}, 1)
	w.Gone(found[0])
	w.expect("alice")
}

// TestStationOfTheLogin: a NAS that tells the person's address in the login alone.
func TestStationOfTheLogin(t *testing.T) {
	w := newWorld(t)
	w.Admitted(w.of("alice", ""))
	for range 2 {
		w.now = w.now.Add(time.Second)
		s := w.of("alice", "s1")
		s.Station = netip.Addr{}
		w.Told("interim_update", s)
	}
	if found, _ := w.Find("", station, 1); len(found) != 1 || found[0].ID() != "s1" {
		t.Errorf("found %+v", found)
	}
}

func TestIdentify(t *testing.T) {
	all := [][]byte{
		attr(2, "0123456789abcdef"), attr(1, "alice"), attr(1, "bob"), attr(4, "\xc0\x00\x02\x01"), attr(8, "\x0a\x00\x00\x05"), attr(4, "abcd"),
		attr(31, ""), attr(31, "here"), attr(32, "gw\x00\xff"), attr(44, "s"), attr(95, strings.Repeat("x", 16)), attr(25, "class"), attr(79, "eap"),
	}
	want := slices.Concat(attr(1, "alice"), attr(4, "\xc0\x00\x02\x01"), attr(8, "\x0a\x00\x00\x05"), attr(31, "here"), attr(32, "gw\x00\xff"),
		attr(44, "s"), attr(95, strings.Repeat("x", 16)))
	if got := sessions.Identify(packet(t, wire.AccountingRequest, all...)); !bytes.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	login := bytes.Replace(want, attr(8, "\x0a\x00\x00\x05"), nil, 1)
	if got := sessions.Identify(packet(t, wire.AccessRequest, all...)); !bytes.Equal(got, login) {
		t.Errorf("of a login %q, want %q", got, login)
	}
	odd := packet(t, wire.AccountingRequest, attr(4, "abc"), attr(8, "abcde"), attr(95, "x"), attr(1, ""))
	if got := sessions.Identify(odd); len(got) != 0 {
		t.Errorf("what does not fit its type: %q", got)
	}
	raw := packet(t, wire.AccountingRequest, all...)
	if n := testing.AllocsPerRun(100, func() { _ = sessions.Identify(raw) }); n > 2 {
		t.Errorf("%v allocations", n)
	}
}

// TestSessionShowsNoSecret: whatever prints a session prints no key.
func TestSessionShowsNoSecret(t *testing.T) {
	const shared = "correct horse battery staple"
	s := sessions.Session{Client: "vpn", Key: wire.NewKey(secret.New(shared))}
	if text := fmt.Sprintf("%v %+v %#v", s, s, s); strings.Contains(text, "horse") {
		t.Error(text)
	}
}

// TestAging: what is too old is not found, and goes with the next word of anybody.
func TestAging(t *testing.T) {
	w := newWorld(t)
	w.Told("start", w.of("alice", "s1"))
	w.now = w.now.Add(24*time.Hour - time.Second)
	w.expect("alice", "s1")
	w.now = w.now.Add(time.Second)
	w.expect("alice")
	if w.Len() != 1 {
		t.Errorf("%d sessions are known", w.Len())
	}
	w.Told("start", w.of("bob", "s2"))
	if w.Len() != 1 {
		t.Errorf("%d sessions are known", w.Len())
	}
}

// TestLoginKeepsWhatAccountingTold: a login within a session, which names it, knows less of it.
func TestLoginKeepsWhatAccountingTold(t *testing.T) {
	w := newWorld(t)
	s := w.of("alice", "s1")
	s.Attributes = slices.Concat(s.Attributes, attr(8, "\x0a\x08\x00\x02"))
	w.Told("start", s)
	w.now = w.now.Add(time.Second)
	w.Admitted(w.of("alice", "s1"))
	if found, _ := w.Find("alice", netip.Addr{}, 2); len(found) != 1 || !bytes.Equal(found[0].Attributes, s.Attributes) {
		t.Errorf("%+v", found)
	}
}

// TestList: all sessions, the newest first, bounded, or those of a client; and what a NAS told of one.
func TestList(t *testing.T) {
	w := newWorld(t)
	for i, id := range []string{"s1", "s2", "s3"} {
		s := w.of("alice", id)
		if i == 1 {
			s.Client, s.User = "wlan", "bob"
			s.Attributes = sessions.Identify(packet(t, wire.AccountingRequest, attr(44, "s9"), attr(4, "\xc0\x00\x02\x01"), attr(8, "\x0a\x08\x00\x07")))
		}
		w.Told("start", s)
		w.now = w.now.Add(time.Second)
	}
	for _, c := range []struct {
		user, client string
		limit, left  int
		want         string
	}{
		{"", "", 9, 0, "[s3 s9 s1]"}, {"", "", 2, 1, "[s3 s9]"}, {"", "wlan", 9, 0, "[s9]"}, {"alice", "vpn", 9, 0, "[s3 s1]"}, {"bob", "vpn", 9, 0, "[]"},
	} {
		found, left := w.List(c.user, c.client, netip.Addr{}, c.limit)
		ids := []string{}
		for _, s := range found {
			ids = append(ids, s.ID())
		}
		if fmt.Sprint(ids) != c.want || left != c.left {
			t.Errorf("%+v: %v and %d more", c, ids, left)
		}
	}
	named, addressed := w.of("alice", "s1"), sessions.Session{Attributes: sessions.Identify(packet(t, wire.AccountingRequest, attr(4, "\xc0\x00\x02\x01"), attr(8, "\x0a\x08\x00\x07")))}
	if named.NAS() != "gw1" || named.FramedIP() != "" || addressed.NAS() != "192.0.2.1" || addressed.FramedIP() != "10.8.0.7" {
		t.Errorf("%q %q, %q %q", named.NAS(), named.FramedIP(), addressed.NAS(), addressed.FramedIP())
	}
	w.now = w.now.Add(24 * time.Hour)
	if found, left := w.List("", "", netip.Addr{}, 9); len(found)+left > 0 {
		t.Errorf("%v and %d of yesterday", found, left)
	}
}
