package sighting

import (
	"errors"
	"net/netip"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"ivalt-radius/state"
)

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
