package sighting

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"ivalt-radius/audit"
	"ivalt-radius/auth"
	"ivalt-radius/state"
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
	b.Late("late")
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
	if len(b.known) != 1000+mostUnproven || len(b.strangers) != mostStrangers || b.order.size != mostStrangers {
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
	if b.proven.size != mostProven || len(b.known) != b.proven.size+b.unproven.size {
		t.Errorf("%d of %d are proven", b.proven.size, len(b.known))
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

func open(t *testing.T, dir string) (*Book, *state.Store) {
	t.Helper()
	store, err := state.OpenStore(dir)
	if err != nil {
		t.Fatal(err)
	}
	b, err := Open(store)
	if err != nil {
		t.Fatal(err)
	}
	return b, store
}

// TestKill9: what the last tick wrote is there after a kill -9, which closes nothing; what came since is lost.
func TestKill9(t *testing.T) {
	dir := t.TempDir()
	b, store := open(t, dir)
	b.Note("vpn", addr("192.0.2.1"), Signed, noon())
	b.Ended("vpn", addr("192.0.2.1"), login("a", approved(), 3*time.Second, 10*time.Second, 20*time.Second))
	b.Note("vpn", addr("192.0.2.2"), Unsigned, noon())
	b.Note("vpn", addr("192.0.2.3"), Forged, noon())
	want := find(t, b, "192.0.2.1")
	tick, stop, done := make(chan time.Time), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		b.Keep(tick, stop, func(err error) { t.Error(err) })
	}()
	tick <- noon()
	close(stop)
	<-done
	b.Note("vpn", addr("192.0.2.1"), Signed, noon().Add(time.Minute))
	killed := copied(t, dir)
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	after, store := open(t, killed)
	defer func() { _ = store.Close() }()
	if diff := cmp.Diff(want, find(t, after, "192.0.2.1"), cmpopts.EquateComparable(netip.Addr{})); diff != "" {
		t.Error(diff)
	}
	find(t, after, "192.0.2.2")
	if _, there := after.Find(PeerOf("vpn", addr("192.0.2.3"))); there {
		t.Error("an address whose packets were all refused is written to the disk")
	}
}

// copied is the state as it lies on the disk.
func copied(t *testing.T, dir string) string {
	t.Helper()
	to := t.TempDir()
	if err := os.CopyFS(to, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	return to
}

// TestTheStateIsBounded: who is forgotten leaves the state too, and who comes back is there again.
func TestTheStateIsBounded(t *testing.T) {
	dir := t.TempDir()
	b, store := open(t, dir)
	for i := range mostUnproven {
		b.Note("vpn", numbered(i), Unsigned, noon().Add(time.Duration(i)*time.Second))
	}
	save(t, b)
	later := noon().Add(24 * time.Hour)
	for i := range 100 {
		b.Note("vpn", numbered(mostUnproven+i), Unsigned, later)
	}
	b.Note("vpn", numbered(0), Unsigned, later) // forgotten a moment ago
	save(t, b)
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	after, store := open(t, dir)
	defer func() { _ = store.Close() }()
	n := 0
	if err := store.Each(Bucket, func(string, []byte) { n++ }); err != nil || n != mostUnproven || len(after.known) != mostUnproven {
		t.Errorf("%d are kept, %d are known, %v", n, len(after.known), err)
	}
	for i, want := range map[int]bool{0: true, 1: false, 101: true, mostUnproven + 99: true} {
		if _, there := after.Find(PeerOf("vpn", numbered(i))); there != want {
			t.Errorf("address %d is known: %t", i, there)
		}
	}
	after.Note("vpn", numbered(mostUnproven+200), Unsigned, later.Add(time.Hour))
	if _, there := after.Find(PeerOf("vpn", numbered(101))); there {
		t.Error("after a restart not the least recently heard goes first")
	}
}

func save(t *testing.T, b *Book) {
	t.Helper()
	if err := b.Save(); err != nil {
		t.Fatal(err)
	}
}

// faulty is a state whose disk fails.
type faulty struct {
	fail   error
	values map[string][]byte
}

func (f *faulty) Each(_ string, do func(string, []byte)) error {
	for k, v := range f.values {
		do(k, v)
	}
	return f.fail
}

func (f *faulty) Change(_ string, values map[string][]byte) error {
	if f.fail != nil {
		return f.fail
	}
	for k, v := range values {
		if v == nil {
			delete(f.values, k)
		} else {
			f.values[k] = v
		}
	}
	return nil
}

func TestADiskThatFails(t *testing.T) {
	disk := &faulty{values: map[string][]byte{}}
	b, err := Open(disk)
	if err != nil {
		t.Fatal(err)
	}
	b.Note("vpn", numbered(0), Unsigned, noon())
	save(t, b)
	for i := range mostUnproven {
		b.Note("vpn", numbered(1+i), Unsigned, noon())
	}
	disk.fail = errors.New("no space left")
	synctest.Test(t, func(t *testing.T) {
		tick, stop, told := make(chan time.Time), make(chan struct{}), make(chan error, 1)
		go b.Keep(tick, stop, func(err error) { told <- err })
		tick <- noon()
		if err := <-told; !errors.Is(err, disk.fail) {
			t.Errorf("%v", err)
		}
		close(stop)
	})
	b.Note("vpn", numbered(9999), Unsigned, noon()) // pushes out one that could not be written
	disk.fail = nil
	save(t, b)
	if len(disk.values) != mostUnproven || disk.values[key(PeerOf("vpn", numbered(0)))] != nil || disk.values[key(PeerOf("vpn", numbered(9999)))] == nil {
		t.Errorf("%d are kept", len(disk.values))
	}
	if disk.fail = errors.New("unreadable"); true {
		if _, err := Open(disk); !errors.Is(err, disk.fail) {
			t.Errorf("%v", err)
		}
	}
	if err := New().Save(); err != nil {
		t.Error(err)
	}
}

// TestAStateThatIsOdd: whatever stands there is passed over or bounded.
func TestAStateThatIsOdd(t *testing.T) {
	many := strings.Repeat("1,", 1000) + "1"
	disk := &faulty{values: map[string][]byte{
		"1": []byte("{"), "2": []byte(`{}`), "3": []byte(`{"client":"vpn"}`), "4": []byte(`{"client":"vpn","address":"fe80::1%eth0"}`),
		"5": []byte(`{"client":"vpn","address":"::ffff:192.0.2.9"}`),
		"6": []byte(`{"client":"vpn","address":"192.0.2.1","habits":{"approvals":{"values":[` + many + `],"next":-5},"intervals":{"next":99}}}`),
		"7": []byte(`{"client":"vpn","address":"192.0.2.1"}`),
	}}
	b, err := Open(disk)
	if err != nil || len(b.known) != 1 {
		t.Fatalf("%d are known, %v", len(b.known), err)
	}
	b.Ended("vpn", addr("192.0.2.1"), login("a", approved(), 3*time.Second, 10*time.Second, 20*time.Second))
	if s := find(t, b, "192.0.2.1"); s.Approvals > mostApprovals {
		t.Errorf("%d approvals", s.Approvals)
	}
}

func TestALongNameIsNotWritten(t *testing.T) {
	disk := &faulty{values: map[string][]byte{}}
	b, err := Open(disk)
	if err != nil {
		t.Fatal(err)
	}
	b.Note(strings.Repeat("x", 2000), numbered(1), Signed, noon())
	b.Note("vpn", numbered(1), Signed, noon())
	save(t, b)
	if len(disk.values) != 1 {
		t.Errorf("%d are kept", len(disk.values))
	}
}

func TestSightingsAreInOrder(t *testing.T) {
	b := New()
	for _, p := range []Peer{{"vpn", addr("192.0.2.2")}, {"vpn", addr("192.0.2.1")}, {"lan", addr("192.0.2.9")}} {
		b.Note(p.Client, p.Address, Signed, noon())
	}
	var got []string
	for _, s := range b.Sightings() {
		got = append(got, s.Client+" "+s.Address.String())
	}
	if text := strings.Join(got, ", "); text != "lan 192.0.2.9, vpn 192.0.2.1, vpn 192.0.2.2" {
		t.Error(text)
	}
}

// TestNoteOfAKnownAddressAllocatesNothing, nor does a flood of strangers.
func TestNoteOfAKnownAddressAllocatesNothing(t *testing.T) {
	b := New()
	for i := range 2 * mostStrangers {
		b.Stranger(numbered(i), noon())
	}
	b.Note("vpn", numbered(1), Signed, noon())
	n := 0
	if got := testing.AllocsPerRun(1000, func() {
		n++
		b.Note("vpn", numbered(1), Signed, noon())
		b.Stranger(numbered(1<<20), noon())
	}); got > 0 {
		t.Errorf("%v allocations", got)
	}
}

func BenchmarkNote(b *testing.B) {
	book := New()
	b.ReportAllocs()
	for b.Loop() {
		book.Note("vpn", numbered(1), Signed, noon())
	}
}

// BenchmarkFlood is a packet of an address that was not heard before, when everything is full.
func BenchmarkFlood(b *testing.B) {
	for name, note := range map[string]func(*Book, int){
		"strangers": func(book *Book, i int) { book.Stranger(numbered(i), time.Time{}) },
		"forged":    func(book *Book, i int) { book.Note("vpn", numbered(i), Forged, time.Time{}) },
	} {
		b.Run(name, func(b *testing.B) {
			book := New()
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				note(book, i)
			}
		})
	}
}
