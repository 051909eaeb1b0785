package gate

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sirupsen/logrus"

	"ivalt-radius/auth"
	"ivalt-radius/guard/gate/familiar"
	"ivalt-radius/guard/gate/lockout"
	"ivalt-radius/guard/gate/pause"
	"ivalt-radius/state"
)

// openStore opens a store that ends with the test.
func openStore(t *testing.T, dir string) *state.Store {
	t.Helper()
	s, err := state.OpenStore(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// stand leaves one of everything that outlives a restart: bob is locked out for the second time, eve is asleep, ann refused, and all have a home.
func stand(y *yard) {
	for _, name := range []string{"bob", "eve", "ann"} {
		y.home(name, "192.0.2.9")
	}
	y.logins(4, bob(), wrong())
	y.pass(time.Minute)
	y.logins(4, bob(), wrong())
	y.logins(2, visit("eve", "192.0.2.1"), unanswered())
	y.in(visit("ann", "192.0.2.9"), denied())
}

// stands wants all of it, before a minute has passed.
func stands(y *yard) {
	y.t.Helper()
	y.out(bob(), exempt(), auth.LockedOut, "until 2026-11-26T12:03:00Z")
	if got := y.Lockouts(); len(got) != 1 || got[0].Count != 2 {
		y.t.Errorf("in force: %+v", got)
	}
	if a := y.out(visit("eve", "192.0.2.1"), approved(), auth.RateLimited, "guard.unanswered"); !a.Asleep {
		y.t.Error("asleep is forgotten")
	}
	y.out(visit("ann", "192.0.2.9"), approved(), auth.RateLimited, "guard.denied.for: the person refused a push of a familiar place")
	y.in(visit("eve", "192.0.2.9"), approved())
	y.pass(2 * time.Minute)
	y.in(visit("ann", "192.0.2.9"), approved())
	y.logins(4, bob(), wrong())
	if got := y.Lockouts(); len(got) != 1 || got[0].Count != 3 || got[0].Until.Sub(y.now) != 4*time.Minute {
		y.t.Errorf("the doubling is forgotten: %+v", got)
	}
}

func lasting() Settings {
	s := defaults()
	s.WrongPasswords.PerUser = 100
	return s
}

func TestARestartForgetsNothing(t *testing.T) {
	dir := t.TempDir()
	store := openStore(t, dir)
	y := newYard(t, lasting(), store)
	stand(y)
	if err := errors.Join(y.Close(), store.Close()); err != nil {
		t.Fatal(err)
	}
	y.open(lasting(), openStore(t, dir))
	stands(y)
}

// TestACrashForgetsNothing looks at the store's file as it is once the writing goroutine has nothing more to do.
func TestACrashForgetsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := openStore(t, t.TempDir())
		y := newYard(t, lasting(), store)
		stand(y)
		synctest.Wait()
		dir := t.TempDir()
		f, err := os.Create(filepath.Join(dir, state.StoreFile))
		if err != nil {
			t.Fatal(err)
		}
		if _, err = store.Snapshot(f); err != nil || f.Close() != nil {
			t.Fatal(err)
		}
		y.open(lasting(), openStore(t, dir))
		stands(y)
	})
}

// killed is the environment of the process that is killed: the directory of its store.
const killed = "GATE_KILLED_IN"

func TestKill9ForgetsNoLockout(t *testing.T) {
	if dir := os.Getenv(killed); dir != "" {
		store := openStore(t, dir)
		stand(newYard(t, lasting(), store))
		for {
			have := ""
			for _, bucket := range []string{lockout.Bucket, pause.Bucket, familiar.Bucket} {
				_ = store.Each(bucket, func(key string, value []byte) { have += key + string(value) })
			}
			if strings.Count(have, "192.0.2.9") == 4 && strings.Contains(have, `"count":2`) && strings.Contains(have, `"row":2`) {
				_, _ = os.Stderr.WriteString("ready\n")
				select {}
			}
		}
	}
	dir := t.TempDir()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestKill9ForgetsNoLockout$") //nolint:gosec // this test itself
	c.Env = append(os.Environ(), killed+"="+dir)
	out, err := c.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err = c.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "ready\n" {
		t.Fatalf("got %q, %v", line, err)
	}
	if err = c.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = c.Wait()
	y := newYard(t, lasting(), nil)
	y.pass(3*time.Hour + time.Minute) // the time of the process that was killed
	y.open(lasting(), openStore(t, dir))
	stands(y)
}

func TestOldEntriesAreDropped(t *testing.T) {
	disk := newMemory()
	y := newYard(t, lasting(), disk)
	stand(y)
	if err := y.Close(); err != nil {
		t.Fatal(err)
	}
	disk.buckets[lockout.Bucket]["no pair"] = []byte(`{"until":"2026-11-26T12:03:00Z","count":1}`)
	disk.buckets[lockout.Bucket]["bob\x00192.0.2.5"] = []byte(`{"until":`)
	disk.buckets[pause.Bucket]["no place"] = []byte(`{"row":9,"until":"2026-11-26T12:03:00Z"}`)
	disk.buckets[familiar.Bucket]["tom"] = []byte(`[{"station":"192.0.2.1","at":"2026-10-01T00:00:00Z"},{"station":"","at":"2026-11-26T00:00:00Z"},{"station":"192.0.2.2","at":"2036-11-26T00:00:00Z"}]`)
	have := func(want ...int) {
		t.Helper()
		y.open(lasting(), disk)
		if err := y.Close(); err != nil {
			t.Fatal(err)
		}
		for i, bucket := range []string{lockout.Bucket, pause.Bucket, familiar.Bucket} {
			if n := len(disk.buckets[bucket]); n != want[i] {
				t.Errorf("%s has %d entries, want %d: %v", bucket, n, want[i], disk.buckets[bucket])
			}
		}
	}
	have(1, 2, 3)
	y.pass(2*time.Minute + 24*time.Hour)
	have(0, 1, 3) // eve's pause ends later
	y.pass(24 * time.Hour)
	have(0, 0, 3)
	y.pass(28*24*time.Hour + 3*time.Hour)
	have(0, 0, 0)
}

func TestAClockThatWasAheadLocksNobodyOutForEver(t *testing.T) {
	disk := newMemory()
	y := newYard(t, lasting(), disk)
	y.pass(10 * 365 * 24 * time.Hour)
	y.logins(4, bob(), wrong())
	y.logins(2, visit("eve", "192.0.2.1"), unanswered())
	y.in(visit("ann", "192.0.2.1"), denied())
	if err := y.Close(); err != nil {
		t.Fatal(err)
	}
	y.pass(-10 * 365 * 24 * time.Hour)
	y.open(lasting(), disk)
	y.out(bob(), exempt(), auth.LockedOut, "")
	y.pass(time.Hour)
	y.in(bob(), exempt())
	y.in(visit("eve", "192.0.2.1"), approved())
	y.in(visit("ann", "192.0.2.1"), approved())
}

func TestWhatIsReleasedStaysReleased(t *testing.T) {
	disk := newMemory()
	y := newYard(t, lasting(), disk)
	stand(y)
	for _, name := range []string{"bob", "eve", "ann"} {
		y.Release(name, "")
	}
	if err := y.Close(); err != nil {
		t.Fatal(err)
	}
	y.open(lasting(), disk)
	y.in(bob(), exempt())
	y.in(visit("eve", "192.0.2.1"), approved())
	y.in(visit("ann", "192.0.2.9"), approved())
}

func TestAFailingDiskStopsNobodyAndOpensNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		disk := newMemory()
		var said strings.Builder
		log := logrus.New()
		log.SetOutput(&said)
		y := &yard{t: t, now: time.Now(), names: nil}
		g, err := New(lasting(), Deps{Store: disk, Now: y.clock, Note: y.note, Log: log})
		if err != nil {
			t.Fatal(err)
		}
		y.Gate = g
		synctest.Wait()
		disk.fail(errors.New("no space left on device"))
		y.in(visit("bob", "192.0.2.9"), approved())
		y.logins(4, bob(), wrong())
		y.out(bob(), exempt(), auth.LockedOut, "")
		y.in(visit("bob", "192.0.2.9"), approved())
		<-time.After(150 * time.Second)
		synctest.Wait()
		if n := strings.Count(said.String(), "no space left on device"); n != 6 { // at 0, 60 and 120 s, for places and lockouts
			t.Errorf("said %d times:\n%s", n, said.String())
		}
		disk.fail(nil)
		<-time.After(2 * time.Second)
		synctest.Wait()
		if len(disk.buckets[lockout.Bucket]) != 1 || len(disk.buckets[familiar.Bucket]) != 1 {
			t.Errorf("not written once the disk is well: %v", disk.buckets)
		}
		if err := y.Close(); err != nil {
			t.Fatal(err)
		}
	})
}

func TestNoGateWithoutItsMemory(t *testing.T) {
	disk := newMemory()
	disk.fail(errors.New("input/output error"))
	log := logrus.New()
	log.SetOutput(io.Discard)
	if g, err := New(lasting(), Deps{Store: disk, Now: time.Now, Log: log}); err == nil || g != nil || !strings.Contains(err.Error(), "the gate: read lockouts: input/output error") {
		t.Errorf("got %v, %v", g, err)
	}
}
