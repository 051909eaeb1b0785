package block

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"ivalt-radius/state"
)

// clock is a time that a test sets.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

func open(t *testing.T, dir string, c *clock) (*Blocks, *state.Store) {
	t.Helper()
	store, err := state.OpenStore(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	bs, err := Open(store, c.now)
	if err != nil {
		t.Fatal(err)
	}
	return bs, store
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// of is the subject of a block: a prefix or address where it is one, else a user.
func of(t *testing.T, text string) Block {
	t.Helper()
	if b, err := OfAddress(text); err == nil {
		return b
	}
	b, err := OfUser(text)
	must(t, err)
	return b
}

func (c *clock) block(t *testing.T, subject string, lasts time.Duration) Block {
	t.Helper()
	b := of(t, subject)
	b.Until, b.Reason, b.By = c.at.Add(lasts), "a test", "uid=0 pid=1"
	return b
}

// check asks about persons and addresses.
func (c *clock) check(t *testing.T, step string, bs *Blocks) {
	t.Helper()
	for _, x := range []struct {
		names []string
		from  string
		lasts time.Duration // 0: not blocked
	}{
		{[]string{"alice"}, "", time.Hour},
		{[]string{"bob", "alice"}, "", time.Hour},
		{[]string{"bob"}, "", 0},
		{[]string{"alice2"}, "10.0.0.1", 0},
		{nil, "192.0.2.1", time.Hour},
		{nil, "192.0.2.7", 2 * time.Hour},
		{[]string{"alice"}, "192.0.2.7", 2 * time.Hour},
		{nil, "::ffff:192.0.2.1", time.Hour},
		{nil, "192.0.3.1", 0},
		{nil, "2001:db8:1::1", time.Hour},
		{nil, "2001:db8:1::1%eth0", time.Hour},
		{nil, "2001:db9::1", 0},
		{nil, "198.51.100.9", time.Hour},
		{nil, "198.51.100.8", 0},
		{nil, "203.0.113.1", time.Hour},
		{nil, "203.0.114.1", 0},
	} {
		var from netip.Addr
		if x.from != "" {
			from = netip.MustParseAddr(x.from)
		}
		until, yes := bs.Blocked(x.names, from)
		if yes != (x.lasts > 0) || yes && !until.Equal(c.at.Add(x.lasts)) {
			t.Errorf("%s: %v from %s: blocked %v until %v", step, x.names, x.from, yes, until)
		}
	}
}

func TestBlocked(t *testing.T) {
	c := &clock{time.Date(2026, 11, 26, 10, 0, 0, 0, time.UTC)}
	dir := t.TempDir()
	bs, store := open(t, dir, c)
	for _, subject := range []string{"Alice", "192.0.2.0/24", "192.0.2.7/32", "2001:db8::/32", "::ffff:198.51.100.9", "::ffff:203.0.113.77/120"} {
		lasts := time.Hour
		if subject == "192.0.2.7/32" {
			lasts = 2 * time.Hour
		}
		must(t, bs.Place(c.block(t, subject, lasts)))
	}
	c.check(t, "placed", bs)
	must(t, store.Close())
	again, store := open(t, dir, c)
	c.check(t, "after a restart", again)
	if n := len(again.All()); n != 6 || again.All()[0].User != "alice" || again.All()[1].Subject() != "192.0.2.0/24" {
		t.Errorf("%d blocks: %v", n, again.All())
	}

	c.at = c.at.Add(time.Hour - 1)
	if _, yes := again.Blocked([]string{"alice"}, netip.Addr{}); !yes {
		t.Error("it ended before its time")
	}
	c.at = c.at.Add(1)
	if _, yes := again.Blocked([]string{"alice"}, netip.MustParseAddr("192.0.2.1")); yes {
		t.Error("it did not end by itself")
	}
	if _, yes := again.Blocked(nil, netip.MustParseAddr("192.0.2.7")); !yes || len(again.All()) != 1 {
		t.Errorf("the longer one has ended: %v", again.All())
	}
	must(t, again.Place(c.block(t, "bob", time.Minute))) // which sweeps
	if again.Len() != 2 {
		t.Errorf("%d are kept", again.Len())
	}
	must(t, store.Close())
	if last, _ := open(t, dir, c); last.Len() != 2 {
		t.Errorf("%d are kept on disk", last.Len())
	}
}

// TestBlockedAllocatesNothing: every login asks.
func TestBlockedAllocatesNothing(t *testing.T) {
	c := &clock{time.Now()}
	bs, _ := open(t, t.TempDir(), c)
	must(t, bs.Place(c.block(t, "10.0.0.0/8", time.Hour)))
	must(t, bs.Place(c.block(t, "2001:db8::/32", time.Hour)))
	must(t, bs.Place(c.block(t, "alice", time.Hour)))
	names, from := []string{"alice", "bob"}, netip.MustParseAddr("::ffff:10.1.1.1")
	if n := testing.AllocsPerRun(100, func() { bs.Blocked(names, from) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestPlaceRefuses(t *testing.T) {
	c := &clock{time.Now()}
	bs, store := open(t, t.TempDir(), c)
	for name, c := range map[string]struct {
		change func(b *Block)
		says   string
	}{
		"nobody":               {func(b *Block) { b.User = "" }, "a user or an address"},
		"both":                 {func(b *Block) { b.Prefix = netip.MustParsePrefix("10.0.0.0/8") }, "not both"},
		"a name that is none":  {func(b *Block) { b.User = "a\x00b" }, ""},
		"everybody":            {func(b *Block) { b.User, b.Prefix = "", netip.MustParsePrefix("0.0.0.0/0") }, "everybody"},
		"everybody, mapped":    {func(b *Block) { b.User, b.Prefix = "", netip.MustParsePrefix("::ffff:0:0/96") }, "everybody"},
		"no reason":            {func(b *Block) { b.Reason = "" }, "reason"},
		"a long reason":        {func(b *Block) { b.Reason = strings.Repeat("x", 501) }, "reason"},
		"a reason that steers": {func(b *Block) { b.Reason = "a\x1b[2J" }, "control"},
		"an actor that steers": {func(b *Block) { b.By = "a\nb" }, "control"},
		"a past":               {func(b *Block) { b.Until = c.at }, "future"},
		"no end":               {func(b *Block) { b.Until = time.Time{} }, "future"},
		"for ever":             {func(b *Block) { b.Until = c.at.Add(Longest + 1) }, "at most"},
	} {
		t.Run(name, func(t *testing.T) {
			b := Block{User: "alice", Until: time.Now().Add(time.Hour), Reason: "r"}
			c.change(&b)
			if err := bs.Place(b); err == nil || !strings.Contains(err.Error(), c.says) || bs.Len() > 0 {
				t.Errorf("%v, %d blocks", err, bs.Len())
			}
		})
	}
	for _, text := range []string{"", "alice", "10.0.0.0/33", "10.0.0.1/8/8", "fe80::1%eth0"} {
		if b, err := OfAddress(text); err == nil {
			t.Errorf("%q is the address %v", text, b)
		}
	}
	must(t, store.Close())
	if bs.Place(c.block(t, "alice", time.Hour)) == nil {
		t.Error("it was placed without a disk")
	}
	if _, yes := bs.Blocked([]string{"alice"}, netip.Addr{}); yes {
		t.Error("it counts without a disk")
	}
}

func TestLift(t *testing.T) {
	c := &clock{time.Now()}
	dir := t.TempDir()
	bs, store := open(t, dir, c)
	for _, subject := range []string{"alice", "192.0.2.0/24", "192.0.0.0/16"} {
		must(t, bs.Place(c.block(t, subject, time.Hour)))
	}
	if _, err := bs.Lift(of(t, "192.0.2.1")); !errors.Is(err, ErrNoBlock) {
		t.Error(err)
	}
	if wide := bs.Covering(of(t, "192.0.2.1")); len(wide) != 2 {
		t.Errorf("covered by %v", wide)
	}
	if wide := bs.Covering(of(t, "192.0.2.0/24")); len(wide) != 1 || wide[0].Subject() != "192.0.0.0/16" {
		t.Errorf("covered by %v", wide)
	}
	for _, subject := range []string{"ALICE", "::ffff:192.0.2.0/120"} {
		lifted, err := bs.Lift(of(t, subject))
		if err != nil || lifted.Reason != "a test" {
			t.Errorf("%s: %v, %v", subject, lifted, err)
		}
	}
	must(t, store.Close())
	again, store := open(t, dir, c)
	if all := again.All(); len(all) != 1 || all[0].Subject() != "192.0.0.0/16" {
		t.Errorf("after a restart there is %v", all)
	}
	must(t, store.Close())
	if _, err := again.Lift(of(t, "192.0.0.0/16")); err == nil || len(again.All()) != 1 {
		t.Errorf("lifted without a disk: %v", err)
	}
}

// TestLengthen: what follows by itself never shortens what somebody placed.
func TestLengthen(t *testing.T) {
	c := &clock{time.Now().UTC()}
	bs, _ := open(t, t.TempDir(), c)
	must(t, bs.Place(c.block(t, "alice", 2*time.Hour)))
	for _, x := range []struct{ asks, stands time.Duration }{{time.Hour, 2 * time.Hour}, {3 * time.Hour, 3 * time.Hour}} {
		b, err := bs.Lengthen(c.block(t, "alice", x.asks))
		if err != nil || !b.Until.Equal(c.at.Add(x.stands)) {
			t.Errorf("%v: %v, %v", x.asks, b.Until.Sub(c.at), err)
		}
	}
	must(t, bs.Place(c.block(t, "alice", time.Minute)))
	if until, _ := bs.Blocked([]string{"alice"}, netip.Addr{}); !until.Equal(c.at.Add(time.Minute)) {
		t.Error("somebody could not shorten it")
	}
}

// TestDamagedRecords block on, and keep nobody from starting.
func TestDamagedRecords(t *testing.T) {
	c := &clock{time.Now().UTC()}
	dir := t.TempDir()
	_, store := open(t, dir, c)
	for key, value := range map[string]string{
		"user:alice":           "{",
		"user:bob":             `{"user":"carol","until":"2026-11-26T00:00:00Z","reason":"r"}`,
		"address:192.0.2.0/24": "",
		"address:everywhere":   "{}",
		"user:a\x00b":          "{}",
		"other":                "{}",
		"user:eve":             `{"user":"eve","until":"9999-01-01T00:00:00Z","reason":"r"}`,
	} {
		must(t, store.Put(bucket, key, []byte(value)))
	}
	bs, err := Open(store, c.now)
	must(t, err)
	for _, name := range []string{"alice", "bob", "eve"} {
		if until, yes := bs.Blocked([]string{name}, netip.Addr{}); !yes || !until.Equal(c.at.Add(Longest)) {
			t.Errorf("%s: %v %v", name, until, yes)
		}
	}
	if _, yes := bs.Blocked([]string{"carol"}, netip.MustParseAddr("192.0.2.9")); !yes || bs.Len() != 4 {
		t.Errorf("the address is not blocked, of %v", bs.All())
	}
	if b, err := bs.Lift(of(t, "alice")); err != nil || !strings.Contains(b.Reason, "damaged") {
		t.Errorf("%v, %v", b, err)
	}
	must(t, store.Close())
	if _, err := Open(store, nil); err == nil {
		t.Error("opened without a disk")
	}
}

// TestFull: a table without room refuses in words, and takes again what fits once some have ended.
func TestFull(t *testing.T) {
	c := &clock{time.Now().UTC()}
	bs, _ := open(t, t.TempDir(), c)
	for i := range Most {
		bs.put(Block{User: fmt.Sprint("u", i), Until: c.at.Add(time.Minute)})
	}
	must(t, bs.Place(c.block(t, "u7", time.Hour))) // in the place of one
	if err := bs.Place(c.block(t, "alice", time.Hour)); !errors.Is(err, ErrFull) || !strings.Contains(err.Error(), "100000 blocks") {
		t.Error(err)
	}
	c.at = c.at.Add(time.Minute)
	must(t, bs.Place(c.block(t, "alice", time.Hour)))
	if bs.Len() != 2 {
		t.Errorf("%d are kept", bs.Len())
	}
}
