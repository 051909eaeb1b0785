package password

import (
	"context"
	"errors"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"ivalt-radius/auth"
	"ivalt-radius/secret"
)

// slow is a derivation that takes a second of virtual time, and counts.
type slow struct{ now, most, all atomic.Int32 }

func (s *slow) matches(Hash, secret.Secret) bool {
	s.most.Store(max(s.most.Load(), s.now.Add(1)))
	s.all.Add(1)
	time.Sleep(time.Second) //nolint:forbidigo // virtual time
	s.now.Add(-1)
	return true
}

// TestBounded: never more derivations than cores, all that may wait get their turn, and one more is told at once.
func TestBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const cores, waiting = 2, 3
		var s slow
		v := newVerifier(cores, waiting, s.matches)
		var right atomic.Int32
		for range cores * (1 + waiting) {
			go func() {
				if ok, err := v.Verify(t.Context(), Familiar, Hash{}, secret.Secret{}); ok && err == nil {
					right.Add(1)
				}
			}()
		}
		synctest.Wait()
		if !v.Full(Familiar) {
			t.Error("it is not full")
		}
		before := time.Now()
		if ok, err := v.Verify(t.Context(), Familiar, Hash{}, secret.Secret{}); ok || !errors.Is(err, auth.ErrBusy) || time.Since(before) != 0 {
			t.Errorf("one too many: %v, %v after %s", ok, err, time.Since(before))
		}
		time.Sleep((1 + waiting) * time.Second) //nolint:forbidigo // virtual time
		synctest.Wait()
		if right.Load() != cores*(1+waiting) || s.most.Load() != cores || s.all.Load() != right.Load() {
			t.Errorf("%d are right, %d at once, %d in all", right.Load(), s.most.Load(), s.all.Load())
		}
		if ok, err := v.Verify(t.Context(), Familiar, Hash{}, secret.Secret{}); v.Full(Familiar) || !ok || err != nil {
			t.Errorf("room is not given back: %v", err)
		}
	})
}

// TestStrangersStandBehind: a flood of strangers fills half of the queue and no more, and somebody familiar waits for those alone that
// run, and as many whose turn is next.
func TestStrangersStandBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const cores, waiting = 1, 9
		var s slow
		v := newVerifier(cores, waiting, s.matches)
		var in, busy atomic.Int32
		for range 100 {
			go func() {
				if _, err := v.Verify(t.Context(), Strangers, Hash{}, secret.Secret{}); errors.Is(err, auth.ErrBusy) {
					busy.Add(1)
				} else {
					in.Add(1)
				}
			}()
		}
		synctest.Wait()
		if most := int32(cores * (1 + waiting) / 2); busy.Load() != 100-most || !v.Full(Strangers) || v.Full(Familiar) {
			t.Fatalf("%d of 100 strangers are busy; full %t for them, %t for others", busy.Load(), v.Full(Strangers), v.Full(Familiar))
		}
		began := time.Now()
		if ok, err := v.Verify(t.Context(), Familiar, Hash{}, secret.Secret{}); !ok || err != nil || time.Since(began) > (2+cores)*time.Second {
			t.Errorf("somebody familiar: %v, %v after %s", ok, err, time.Since(began))
		}
		time.Sleep(10 * time.Second) //nolint:forbidigo // virtual time
		synctest.Wait()
		if in.Load() != 5 || v.Full(Strangers) || s.most.Load() != cores {
			t.Errorf("%d strangers had their turn, %d at once", in.Load(), s.most.Load())
		}
	})
}

// TestWaiterLeaves: whose context ends is gone at once, without a derivation, and leaves room for another.
func TestWaiterLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s slow
		v := newVerifier(1, 1, s.matches)
		go func() { _, _ = v.Verify(t.Context(), Familiar, Hash{}, secret.Secret{}) }()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		before := time.Now()
		ok, err := v.Verify(ctx, Familiar, Hash{}, secret.Secret{})
		if ok || !errors.Is(err, context.DeadlineExceeded) || time.Since(before) != time.Millisecond {
			t.Errorf("%v, %v after %s", ok, err, time.Since(before))
		}
		if ok, err := v.Verify(t.Context(), Familiar, Hash{}, secret.Secret{}); !ok || err != nil {
			t.Errorf("the waiter's room is not free: %v", err)
		}
		if ok, err := v.Verify(ctx, Familiar, Hash{}, secret.Secret{}); ok || err == nil {
			t.Errorf("one that has ended is checked: %v", err)
		}
		if s.all.Load() != 2 {
			t.Errorf("%d derivations", s.all.Load())
		}
	})
}

// TestACoreIsLeft: the logins that wait for a phone keep one for themselves, where there are several.
func TestACoreIsLeft(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for cores, want := range map[int]int{1: 1, 2: 1, 4: 3} {
		runtime.GOMAXPROCS(cores)
		if v := NewVerifier(); cap(v.running) != want || cap(v.room) != want*(1+waitingPerCore) {
			t.Errorf("%d cores: %d derivations, room for %d", cores, cap(v.running), cap(v.room))
		}
	}
}

func TestVerifierDerives(t *testing.T) {
	v := NewVerifier()
	password := secret.New("correct horse")
	h := Make(password)
	for text, want := range map[string]bool{"correct horse": true, "wrong horse": false} {
		if ok, err := v.Verify(t.Context(), Familiar, h, secret.New(text)); ok != want || err != nil {
			t.Errorf("%q: %v, %v", text, ok, err)
		}
	}
}

// BenchmarkDerivation is the work of one password; beside it what the queue adds, and that a wrong password and nobody's hash
// cost the same.
func BenchmarkDerivation(b *testing.B) {
	v := NewVerifier()
	h := Make(secret.New("correct horse"))
	for name, c := range map[string]struct {
		hash     Hash
		password string
	}{"right": {h, "correct horse"}, "wrong": {h, "wrong horse"}, "nobody": {Decoy(Standard()), "wrong horse"}} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				_, _ = v.Verify(b.Context(), Familiar, c.hash, secret.New(c.password))
			}
		})
	}
}

// BenchmarkQueue is the queue without the derivation.
func BenchmarkQueue(b *testing.B) {
	v := newVerifier(2, waitingPerCore, func(Hash, secret.Secret) bool { return true })
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			_, _ = v.Verify(b.Context(), Familiar, Hash{}, secret.Secret{})
		}
	})
}
