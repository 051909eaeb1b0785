package sighting

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"ivalt-radius/audit"
	"ivalt-radius/auth"
)

// noon is when things happen here.
func noon() time.Time { return time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC) }

func addr(text string) netip.Addr { return netip.MustParseAddr(text) }

// numbered is one of many addresses.
func numbered(n int) netip.Addr {
	return netip.AddrFrom4([4]byte{10, byte(n >> 16), byte(n >> 8), byte(n)}) //nolint:gosec // cut on purpose
}

// login is a login of a NAS that asks every gap and gives up at end; the verdict stands after took.
func login(attempt string, v auth.Verdict, gap, end, took time.Duration) *Login {
	v.Attempt = attempt
	l := &Login{Verdict: v, Took: took, Packets: 1}
	for at := gap; at < min(end, took); at += gap {
		l.Packets, l.Last = l.Packets+1, at
	}
	return l
}

func approved() auth.Verdict { return auth.Verdict{Kind: auth.Accept, Reason: auth.ApprovedByPerson} }

func timedOut() auth.Verdict { return auth.Verdict{Reason: auth.PushTimeout} }

func find(t *testing.T, b *Book, address string) Sighting {
	t.Helper()
	s, there := b.Find(PeerOf("vpn", addr(address)))
	if !there {
		t.Fatalf("%s is not known", address)
	}
	return s
}

func TestPacketsAreTold(t *testing.T) {
	b := New()
	at := noon()
	for i, m := range []Mark{Unsigned, Signed, SignedEAP, Signed, Forged, Refused, Signed, Believed} {
		b.Note("vpn", addr("::ffff:192.0.2.1"), m, at.Add(time.Duration(i)*time.Second))
	}
	got := find(t, b, "192.0.2.1")
	want := Sighting{
		Peer: Peer{"vpn", addr("192.0.2.1")}, First: at, Last: at.Add(7 * time.Second),
		Signed: Tally{4, at.Add(6 * time.Second)}, Unsigned: Tally{1, at}, Refused: Tally{1, at.Add(5 * time.Second)}, Forged: Tally{1, at.Add(4 * time.Second)},
		InRow: 1,
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateComparable(netip.Addr{})); diff != "" {
		t.Error(diff)
	}
	if _, there := b.Find(PeerOf("other", addr("192.0.2.1"))); there {
		t.Error("another client has the same address")
	}
}

// TestReady: ten signed requests in a row and a login; whatever is unsigned begins anew, what is forged or EAP says nothing.
func TestReady(t *testing.T) {
	ten := strings.Repeat("s", 10)
	for _, c := range []struct {
		name, packets string
		ready         bool
	}{
		{"nothing", "", false},
		{"no login", ten, false},
		{"ten and a login", ten + "l", true},
		{"nine and a login", ten[1:] + "l", false},
		{"an unsigned one among them", "sssssusssssl", false},
		{"an unsigned one before", "u" + ten + "l", true},
		{"an unsigned one after", ten + "lu", false},
		{"a refused one after", ten + "lr", false},
		{"the login was before", "lu" + ten, false},
		{"a forged one among them", "sssssfsssssl", true},
		{"EAP", strings.Repeat("e", 20) + "l", false},
		{"accounting", strings.Repeat("b", 20) + "l", false},
	} {
		b := New()
		b.Note("vpn", addr("192.0.2.1"), Believed, noon())
		for i, what := range c.packets {
			if what == 'l' {
				b.Ended("vpn", addr("192.0.2.1"), login(fmt.Sprint(i), timedOut(), time.Minute, 0, 0))
				continue
			}
			m := map[rune]Mark{'s': Signed, 'u': Unsigned, 'r': Refused, 'f': Forged, 'e': SignedEAP, 'b': Believed}[what]
			b.Note("vpn", addr("192.0.2.1"), m, noon())
		}
		if s := find(t, b, "192.0.2.1"); s.Ready() != c.ready {
			t.Errorf("%s: ready %t, %d in a row, %d logins", c.name, s.Ready(), s.InRow, s.InRowLogins)
		}
	}
}

// TestPatience is learned from a NAS that asks every 3 s and gives up after 10 s.
func TestPatience(t *testing.T) {
	const gap, end = 3 * time.Second, 10 * time.Second
	for _, c := range []struct {
		name     string
		logins   []*Login
		interval Estimate
		patience Estimate
		late     string
	}{
		{"answered at once", []*Login{login("a", timedOut(), gap, end, 0)}, Estimate{}, Estimate{}, "0 of 0"},
		{"answered while it asks", []*Login{login("a", approved(), gap, end, 7*time.Second)}, Estimate{gap, 1}, Estimate{}, "0 of 1"},
		{"given up", []*Login{login("a", timedOut(), gap, end, 55*time.Second)}, Estimate{gap, 1}, Estimate{12 * time.Second, 1}, "0 of 0"},
		{"some approvals come later", []*Login{
			login("a", timedOut(), gap, end, 55*time.Second), login("b", approved(), gap, end, 5*time.Second),
			login("c", approved(), gap, end, 20*time.Second), login("d", approved(), gap, end, 12*time.Second),
			login("e", approved(), gap, end, 13*time.Second),
		}, Estimate{gap, 5}, Estimate{12 * time.Second, 2}, "2 of 4"},
		{"a single packet", []*Login{login("a", timedOut(), time.Minute, time.Minute, 55*time.Second)}, Estimate{}, Estimate{}, "0 of 0"},
		{"a doubling", []*Login{login("a", timedOut(), time.Millisecond, 2*time.Millisecond, 55*time.Second)}, Estimate{}, Estimate{}, "0 of 0"},
		{"a copy of a login", []*Login{login("a", approved(), gap, end, 5*time.Second), login("a", approved(), gap, end, 5*time.Second)}, Estimate{gap, 1}, Estimate{}, "0 of 1"},
	} {
		b := New()
		b.Note("vpn", addr("192.0.2.1"), Signed, noon())
		for _, l := range c.logins {
			b.Ended("vpn", addr("192.0.2.1"), l)
		}
		s := find(t, b, "192.0.2.1")
		if late := fmt.Sprintf("%d of %d", s.Late, s.Approvals); s.Interval != c.interval || s.Patience != c.patience || late != c.late {
			t.Errorf("%s: interval %v, patience %v, late %s", c.name, s.Interval, s.Patience, late)
		}
	}
}

// TestANewTimeout: what was learned is replaced soon after the NAS was set anew, and one odd login changes nothing.
func TestANewTimeout(t *testing.T) {
	b := New()
	b.Note("vpn", addr("192.0.2.1"), Signed, noon())
	give := func(n int, end time.Duration) {
		for range n {
			b.Ended("vpn", addr("192.0.2.1"), login("", timedOut(), 5*time.Second, end, 2*time.Minute))
		}
	}
	give(100, 10*time.Second)
	give(1, time.Minute)
	if s := find(t, b, "192.0.2.1"); s.Patience != (Estimate{10 * time.Second, mostTimes}) {
		t.Errorf("%v", s.Patience)
	}
	give(9, time.Minute)
	if s := find(t, b, "192.0.2.1"); s.Patience.Time != time.Minute || s.Rejected != 110 {
		t.Errorf("%v, %d logins", s.Patience, s.Rejected)
	}
}

func TestLateApprovals(t *testing.T) {
	b := New()
	b.Note("vpn", addr("192.0.2.1"), Signed, noon())
	b.Ended("vpn", addr("192.0.2.1"), login("in-time", approved(), time.Minute, 0, 5*time.Second))
	b.Ended("vpn", addr("192.0.2.1"), login("late", timedOut(), time.Minute, 0, 55*time.Second))
	b.Heed(audit.Security{Event: "late_approval", Attempt: "late"})
	b.Heed(audit.Security{Event: "late_approval", Attempt: "of another process"})
	b.Heed(audit.Security{Event: "collision", Attempt: "late"})
	b.Heed(audit.System{Event: "late_approval"})
	if s := find(t, b, "192.0.2.1"); s.Late != 1 || s.Approvals != 2 || s.LateShare() != 0.5 {
		t.Errorf("%d of %d", s.Late, s.Approvals)
	}
	if (Sighting{}).LateShare() != 0 {
		t.Error("nothing is late")
	}
	for i := range mostRecent {
		b.Ended("vpn", addr("192.0.2.1"), login(fmt.Sprint(i), timedOut(), time.Minute, 0, 0))
	}
	b.late("late")
	if s := find(t, b, "192.0.2.1"); s.Late != 1 || len(b.attempts.peers) != mostRecent || len(b.attempts.order) != mostRecent {
		t.Errorf("%d late, %d attempts are remembered", s.Late, len(b.attempts.peers))
	}
}

func TestLoginsAreCounted(t *testing.T) {
	b := New()
	b.Ended("vpn", addr("192.0.2.1"), login("a", approved(), time.Minute, 0, 0)) // of an address that nobody heard
	b.Note("vpn", addr("192.0.2.1"), Signed, noon())
	for i, v := range []auth.Verdict{approved(), {Kind: auth.Accept, Reason: auth.ExemptByRule}, timedOut(), {Kind: auth.Challenge}, {Silent: true}} {
		b.Ended("vpn", addr("192.0.2.1"), login(fmt.Sprint(i), v, time.Minute, 0, 0))
	}
	if s := find(t, b, "192.0.2.1"); s.Accepted != 2 || s.Rejected != 1 || s.Challenged != 1 || s.Unanswered != 1 || s.Approvals != 1 {
		t.Errorf("%+v", s)
	}
}

// TestForgedAddressesPushNobodyOut: a hundred thousand forged sources, and as many unsigned ones, leave every gateway that signs.
func TestForgedAddressesPushNobodyOut(t *testing.T) {
	b := New()
	for i := range 1000 {
		b.Note("vpn", numbered(1<<18+i), Signed, noon())
	}
	for i := range 1 << 17 {
		m := Unsigned
		if i%2 == 0 {
			m = Forged
		}
		b.Note("vpn", numbered(i), m, noon())
		b.Stranger(numbered(i), noon())
	}
	if len(b.known) != 1000+mostUnproven || len(b.strangers) != mostStrangers || b.order.Len() != mostStrangers {
		t.Errorf("%d addresses and %d strangers are known", len(b.known), len(b.strangers))
	}
	for i := range 1000 {
		if _, there := b.Find(PeerOf("vpn", numbered(1<<18+i))); !there {
			t.Fatal("a gateway is forgotten")
		}
	}
	for i := range 2 * mostProven {
		b.Note("vpn", numbered(i), Signed, noon())
	}
	if b.proven.Len() != mostProven || len(b.known) != b.proven.Len()+b.unproven.Len() {
		t.Errorf("%d of %d are proven", b.proven.Len(), len(b.known))
	}
	if _, there := b.Find(PeerOf("vpn", numbered(mostProven-1))); there {
		t.Error("not the least recently heard went first")
	}
	if _, there := b.Find(PeerOf("vpn", numbered(2*mostProven-1))); !there {
		t.Error("the newest is not known")
	}
}

func TestLeastRecentlyHeardGoesFirst(t *testing.T) {
	b := New()
	for i := range mostUnproven {
		b.Note("vpn", numbered(i), Unsigned, noon())
	}
	b.Note("vpn", numbered(0), Unsigned, noon()) // heard again
	b.Note("vpn", numbered(mostUnproven), Unsigned, noon())
	if _, there := b.Find(PeerOf("vpn", numbered(0))); !there {
		t.Error("who was just heard is forgotten")
	}
	if _, there := b.Find(PeerOf("vpn", numbered(1))); there {
		t.Error("who was not heard for longest is still there")
	}
}

func TestStrangers(t *testing.T) {
	b := New()
	for i := range 20 {
		for range i + 1 {
			b.Stranger(numbered(i), noon().Add(time.Duration(i)*time.Second))
		}
	}
	got := b.Strangers(10)
	if len(got) != 10 || got[0] != (Stranger{numbered(19), 20, noon().Add(19 * time.Second), noon().Add(19 * time.Second)}) || got[9].Packets != 11 {
		t.Errorf("%v", got)
	}
	if got := New().Strangers(10); len(got) != 0 {
		t.Errorf("%v", got)
	}
}
