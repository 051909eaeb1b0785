package joint

import (
	"context"
	"crypto/sha256"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"ivalt-radius/auth/identity"
	"ivalt-radius/auth/naming"
	"ivalt-radius/auth/outcome"
	"ivalt-radius/auth/reason"
	"ivalt-radius/auth/stage"
	"ivalt-radius/state/cluster"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// lossy has the answers to some operations lost on their way.
type lossy struct {
	cluster.Attempts
	mu    sync.Mutex
	loses map[string]int
}

func (l *lossy) lost(what string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.loses[what] == 0 {
		return nil
	}
	l.loses[what]--
	return cluster.ErrUnreachable
}

func (l *lossy) Enter(ctx context.Context, e cluster.Entry) (cluster.Place, error) {
	p, err := l.Attempts.Enter(ctx, e)
	return p, errors.Join(err, l.lost("enter"))
}

func (l *lossy) Conclude(ctx context.Context, k cluster.Digest, id string, c cluster.Conclusion) error {
	if err := l.lost("conclude"); err != nil {
		return err
	}
	return l.Attempts.Conclude(ctx, k, id, c)
}

func (l *lossy) Leave(ctx context.Context, k cluster.Digest, id string, to cluster.Leaving) error {
	if err := l.lost("leave"); err != nil {
		return err
	}
	return l.Attempts.Leave(ctx, k, id, to)
}

// two are a part whose answers may be lost, and another node's.
func two(loses map[string]int) (a, b *Part, memory *cluster.Memory) {
	memory = cluster.NewMemory(time.Now)
	return New(&lossy{Attempts: memory.Join("a", nil), loses: loses}), New(memory.Join("b", nil)), memory
}

// enter takes a seat that must be had.
func enter(t *testing.T, p *Part, id string) *Seat {
	t.Helper()
	s, err := p.Enter(t.Context(), cluster.Entry{Key: cluster.Digest{1}, ID: id, Exchange: sha256.Sum256([]byte(id)), Life: time.Minute})
	if err != nil {
		t.Fatalf("%s: %v", id, err)
	}
	return s
}

func (s *Seat) want(t *testing.T, want cluster.Place) {
	t.Helper()
	if s.Place.Role != want.Role || s.Place.ID != want.ID || s.Place.Taken != want.Taken {
		t.Errorf("the place is %+v, not %+v", s.Place, want)
	}
}

func approved() outcome.Answer { return outcome.Answer{Outcome: outcome.Approved, Pushed: true} }

// TestLeadsAndFollows: who follows is told, and what it is told is for its phones alone.
func TestLeadsAndFollows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b, _ := two(nil)
		one, other := enter(t, a, "one"), enter(t, b, "other")
		one.want(t, cluster.Place{Role: cluster.Leads, ID: "one"})
		other.want(t, cluster.Place{Role: cluster.Follows, ID: "one"})
		mine, err := identity.ParseMobile("+491701111111")
		if err != nil {
			t.Fatal(err)
		}
		theirs, _ := identity.ParseMobile("+491702222222")
		answer := approved()
		answer.Mobile = mine
		one.Conclude(answer, nil, 10*time.Second, 0)
		one.Leave() // it is given up already
		if err := other.Await(t.Context()); err != nil {
			t.Fatal(err)
		}
		other.want(t, cluster.Place{Role: cluster.Over, ID: "one"})
		for _, c := range []struct {
			phones []identity.Mobile
			want   outcome.Outcome
		}{
			{nil, outcome.Approved},
			{[]identity.Mobile{{}}, outcome.Approved},
			{[]identity.Mobile{theirs, mine}, outcome.Approved},
			{[]identity.Mobile{theirs}, outcome.NoAnswer},
		} {
			if got, err := other.Told(c.phones...); err != nil || got.Outcome != c.want || !got.Pushed {
				t.Errorf("%v: %+v, %v", c.phones, got, err)
			}
		}
		other.Conclude(approved(), nil, 0, 0)
		enter(t, b, "third").want(t, cluster.Place{Role: cluster.Over, ID: "one"})
	})
}

// TestAnApprovalOnNoPhone: an approval that names no phone is none for a person who has one here.
func TestAnApprovalOnNoPhone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b, _ := two(nil)
		one, other := enter(t, a, "one"), enter(t, b, "other")
		one.Conclude(outcome.Answer{Outcome: outcome.Approved, Pushed: true}, nil, 0, 0)
		if err := other.Await(t.Context()); err != nil {
			t.Fatal(err)
		}
		mine, err := identity.ParseMobile("+491701111111")
		if got, wrong := other.Told(mine); err != nil || wrong != nil || got.Outcome != outcome.NoAnswer || !got.Pushed {
			t.Errorf("%+v, %v, %v", got, err, wrong)
		}
		other.Leave()
	})
}

// TestRefusals: a gate's word travels with what it says, and is no answer.
func TestRefusals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b, _ := two(nil)
		one, other := enter(t, a, "one"), enter(t, b, "other")
		said := stage.RefusalError{Admission: stage.Admission{Reason: reason.Blocked, Detail: "since noon", Asleep: true}}
		one.Conclude(approved(), said, 0, 0)
		if err := other.Await(t.Context()); err != nil {
			t.Fatal(err)
		}
		var got stage.RefusalError
		if answer, err := other.Told(); !errors.As(err, &got) || got != said || answer != (outcome.Answer{}) {
			t.Errorf("%+v, %v", answer, err)
		}
		other.Leave()
	})
}

// TestLeft: what is withdrawn or stopped here is the other's to go on with, and so is what just ended.
func TestLeft(t *testing.T) {
	for name, leaves := range map[string]func(s *Seat){
		"left":      (*Seat).Leave,
		"withdrawn": func(s *Seat) { s.Conclude(outcome.Answer{Outcome: outcome.Withdrawn}, nil, 0, 0) },
		"stopped":   func(s *Seat) { s.Conclude(outcome.Answer{Outcome: outcome.Stopping}, nil, 0, 0) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a, b, _ := two(map[string]int{"leave": 2})
				one, other := enter(t, a, "one"), enter(t, b, "other")
				leaves(one)
				a.Finish(t.Context())
				if err := other.Await(t.Context()); err != nil {
					t.Fatal(err)
				}
				other.want(t, cluster.Place{Role: cluster.Leads, ID: "one", Taken: true})
				other.Conclude(approved(), nil, 0, 0)
				b.Finish(t.Context())
				enter(t, a, "next").want(t, cluster.Place{Role: cluster.Leads, ID: "next"})
			})
		})
	}
	(*Seat)(nil).Leave()
	(*Seat)(nil).Conclude(approved(), nil, 0, 0)
}

// TestOneAfterTheOther: a seat is free once the end of the former one is told.
func TestOneAfterTheOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, _, _ := two(map[string]int{"conclude": 5})
		one := enter(t, a, "one")
		began := time.Now()
		one.Conclude(outcome.Answer{Outcome: outcome.Denied}, nil, 0, time.Minute)
		if time.Since(began) != 0 {
			t.Error("the end of a login waits for the memory")
		}
		next := enter(t, a, "next")
		next.want(t, cluster.Place{Role: cluster.Leads, ID: "next"})
		if took := time.Since(began); took != time.Second || next.Place.Renews != "one" {
			t.Errorf("after %v it renews %q", took, next.Place.Renews)
		}
		if s, err := a.Enter(t.Context(), cluster.Entry{Key: cluster.Digest{1}, ID: "third"}); s != nil || !errors.Is(err, cluster.ErrUnreachable) {
			t.Errorf("beside another one: %v, %v", s, err)
		}
		if took := time.Since(began); took != time.Second+patience {
			t.Errorf("it took %v", took)
		}
		next.Leave()
		a.Finish(t.Context())
	})
}

// TestLostAnswers: what the memory did, and this node did not hear of.
func TestLostAnswers(t *testing.T) {
	t.Run("it entered", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			a, _, _ := two(map[string]int{"enter": 3})
			enter(t, a, "one").want(t, cluster.Place{Role: cluster.Leads, ID: "one"}) // it is no other node's
		})
	})
	t.Run("it entered, and gave up", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			a, b, _ := two(map[string]int{"enter": 99})
			s, err := a.Enter(t.Context(), cluster.Entry{Key: cluster.Digest{1}, ID: "one", Life: time.Minute})
			if !errors.Is(err, cluster.ErrUnreachable) {
				t.Fatal(err)
			}
			other := enter(t, b, "other")
			s.Leave()
			if err := other.Await(t.Context()); err != nil {
				t.Fatal(err)
			}
			other.want(t, cluster.Place{Role: cluster.Leads, ID: "one", Taken: true})
		})
	})
	t.Run("it entered, and could not leave", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			a, _, _ := two(map[string]int{"enter": 99, "leave": 99})
			s, _ := a.Enter(t.Context(), cluster.Entry{Key: cluster.Digest{1}, ID: "one", Life: time.Minute})
			a.attempts.(*lossy).loses["enter"] = 0
			s.Leave()
			a.Finish(t.Context())
			enter(t, a, "next").want(t, cluster.Place{Role: cluster.Leads, ID: "next"}) // one that no gate was asked about is not gone on with
		})
	})
	t.Run("it could not conclude", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			a, b, _ := two(map[string]int{"conclude": 99})
			one := enter(t, a, "one")
			one.Conclude(approved(), nil, 10*time.Second, 0)
			a.Finish(t.Context())
			synctest.Wait()
			a.attempts.(*lossy).loses["conclude"] = 3
			enter(t, a, "next").want(t, cluster.Place{Role: cluster.Leads, ID: "next"}) // the former answer is not its own
			enter(t, b, "other").want(t, cluster.Place{Role: cluster.Follows, ID: "next"})
		})
	})
}

// TestPatience: an outage is borne for a while, and no longer.
func TestPatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b, memory := two(nil)
		one, other := enter(t, a, "one"), enter(t, b, "other")
		memory.Cut()
		began := time.Now()
		if err := other.Await(t.Context()); !errors.Is(err, cluster.ErrUnreachable) || time.Since(began) != cluster.Patience {
			t.Errorf("%v after %v", err, time.Since(began))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began = time.Now()
		if err := other.Await(ctx); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != time.Second {
			t.Errorf("%v after %v", err, time.Since(began))
		}
		other.Leave() // it follows: there is nothing to tell
		began = time.Now()
		s, err := b.Enter(t.Context(), cluster.Entry{Key: cluster.Digest{1}, ID: "late", Life: time.Minute})
		if !errors.Is(err, cluster.ErrUnreachable) || time.Since(began) != patience {
			t.Errorf("%v after %v", err, time.Since(began))
		}
		s.Leave()
		began = time.Now()
		one.Leave()
		a.Finish(t.Context())
		b.Finish(t.Context())
		if time.Since(began) != patience {
			t.Errorf("the end took %v", time.Since(began))
		}
	})
	synctest.Test(t, func(t *testing.T) {
		a, b, _ := two(nil)
		one, other := enter(t, b, "one"), enter(t, a, "other")
		one.Conclude(approved(), nil, 0, 0)
		if err := other.Await(t.Context()); err != nil {
			t.Error(err)
		}
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		a.Finish(ended) // which waits for nobody
		other.Leave()
	})
	synctest.Test(t, func(t *testing.T) {
		a, b, memory := two(nil)
		enter(t, a, "one")
		other := enter(t, b, "other")
		memory.Empty()
		if err := other.Await(t.Context()); !errors.Is(err, cluster.ErrLost) {
			t.Error(err)
		}
	})
}

// counting counts how often the memory is entered.
type counting struct {
	cluster.Attempts
	entered int
}

func (c *counting) Enter(ctx context.Context, e cluster.Entry) (cluster.Place, error) {
	c.entered++
	return c.Attempts.Enter(ctx, e)
}

// TestJoined: a copy is told once, and again while the memory cannot be asked, ever more seldom; of an attempt that is gone it is asked for a moment only.
func TestJoined(t *testing.T) {
	for _, c := range []struct {
		name        string
		begun, away bool
		took        time.Duration // at most
		asked       int           // at most
	}{
		{"it is there", true, false, 0, 1},
		{"it is gone", false, false, 2 * patience, 9},
		{"the memory is away", true, true, time.Minute, 65},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a, b, memory := two(nil)
				if c.begun {
					enter(t, b, "one")
				}
				if c.away {
					memory.Cut()
				}
				count := &counting{Attempts: a.attempts}
				a.attempts = count
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				began := time.Now()
				a.Joined(ctx, cluster.Digest{1}, cluster.Digest{9}, func() string { return "one" })
				if took := time.Since(began); took > c.took || count.entered > c.asked || count.entered == 0 || c.away && took != time.Minute {
					t.Errorf("it was asked %d times in %v", count.entered, took)
				}
			})
		})
	}
}

// TestWaits: who withdraws a login ends its wait, and nothing answers it.
func TestWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		w := Waits(cancel)
		if a := <-w.Answer(); a != (outcome.Answer{}) || ctx.Err() != nil {
			t.Errorf("%+v, %v", a, ctx.Err())
		}
		w.Withdraw()
		if !errors.Is(ctx.Err(), context.Canceled) || Rest(ctx) {
			t.Error("it still waits")
		}
	})
}

// TestExchange: the very same packet of the same sender, at whatever node.
func TestExchange(t *testing.T) {
	here, there := naming.Keyed([]byte("k")), naming.Keyed([]byte("k"))
	packet := [17]byte{1}
	if Exchange(here, packet, "vpn", "x") != Exchange(there, packet, "vpn", "x") {
		t.Error("two nodes differ")
	}
	if Exchange(here, packet, "vpn", "x") == Exchange(here, packet, "vpnx", "") || Exchange(here, packet, "vpn") == Exchange(here, [17]byte{2}, "vpn") {
		t.Error("two packets are one")
	}
	unknown := Exchange(here, [17]byte{}, "vpn")
	if unknown == Exchange(here, [17]byte{}, "vpn") || unknown == Exchange(there, [17]byte{}, "vpn") {
		t.Error("what nobody knows is the same")
	}
}
