package claim

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"ivalt-radius/auth"
	"ivalt-radius/ivalt/course"
	"ivalt-radius/state/cluster"
)

func TestOperationsOnOnePhoneLeaveInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := NewDesk()
		defer d.Close(time.Second)
		var done []string
		for i := range 3 {
			d.Do("one", func(context.Context) {
				<-time.After(time.Duration(3-i) * time.Second)
				done = append(done, fmt.Sprint(i))
			})
		}
		began := time.Now()
		if err := d.Await("two", func(context.Context) error { return cluster.ErrLost }); !errors.Is(err, cluster.ErrLost) || time.Since(began) > 0 {
			t.Errorf("another phone waits: %v after %s", err, time.Since(began))
		}
		if err := d.Await("one", func(context.Context) error { return nil }); err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff([]string{"0", "1", "2"}, done); diff != "" {
			t.Errorf("order (-want +got):\n%s", diff)
		}
		synctest.Wait()
		if len(d.lines) != 0 {
			t.Errorf("%d lines are left", len(d.lines))
		}
	})
}

// TestAQuickDeskHasFewGoroutines: a crowd waits for them, and everything is done, in order on each phone.
func TestAQuickDeskHasFewGoroutines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := NewQuickDesk()
		const phones = 10 * quickMost
		var atOnce, most atomic.Int64
		var done [phones][]string
		for _, op := range []string{"first", "second"} {
			for i := range phones {
				d.Do(fmt.Sprint(i), func(context.Context) {
					if n := atOnce.Add(1); n > most.Load() {
						most.Store(n)
					}
					<-time.After(time.Second)
					atOnce.Add(-1)
					done[i] = append(done[i], op)
				})
			}
		}
		d.Close(time.Minute)
		if most.Load() != quickMost || d.busy != 0 || len(d.due) != 0 {
			t.Errorf("%d at once, %d goroutines and %d waiting phones are left", most.Load(), d.busy, len(d.due))
		}
		for i := range done {
			if !slices.Equal(done[i], []string{"first", "second"}) {
				t.Errorf("phone %d: %v", i, done[i])
			}
		}
	})
}

// TestAQuickDeskThatEndsLeavesTheRest: what waits for a goroutine is given up with it.
func TestAQuickDeskThatEndsLeavesTheRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := NewQuickDesk()
		var done atomic.Int64
		for i := range 2 * quickMost {
			d.Do(fmt.Sprint(i), func(ctx context.Context) { <-ctx.Done(); done.Add(1) })
		}
		d.Close(time.Second)
		if done.Load() != quickMost || d.busy != 0 || len(d.lines) != 0 {
			t.Errorf("%d were done, %d goroutines and %d phones are left", done.Load(), d.busy, len(d.lines))
		}
	})
}

func TestAnOperationIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := NewDesk()
		defer d.Close(time.Second)
		began := time.Now()
		err := d.Await("one", func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != opLasts {
			t.Errorf("%v after %s", err, time.Since(began))
		}
	})
}

// away is a memory that is out of reach until a moment.
type away struct {
	until time.Time
	began time.Time
	tries []time.Duration
}

func (a *away) end(context.Context) error {
	a.tries = append(a.tries, time.Since(a.began))
	if time.Now().Before(a.until) {
		return cluster.ErrUnreachable
	}
	return nil
}

func TestWhatIsOwed(t *testing.T) {
	ms := func(ns ...int) (out []time.Duration) {
		for _, n := range ns {
			out = append(out, time.Duration(n)*time.Millisecond)
		}
		return out
	}
	for _, tc := range []struct {
		name  string
		away  time.Duration
		until time.Duration
		tries []time.Duration
		want  error
	}{
		{"taken at once", 0, time.Minute, ms(0), nil},
		{"taken later", 1500 * time.Millisecond, time.Minute, ms(0, 100, 350, 850, 1350, 1850), nil},
		{"not taken in time", time.Hour, time.Second, ms(0, 100, 350, 850, 1350), cluster.ErrUnreachable},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := NewDesk()
				defer d.Close(time.Second)
				m := away{until: time.Now().Add(tc.away), began: time.Now()}
				got := make(chan error, 1)
				d.Owe("one", time.Now().Add(tc.until), m.end, func(err error) { got <- err })
				if err := <-got; !errors.Is(err, tc.want) {
					t.Error(err)
				}
				if diff := cmp.Diff(tc.tries, m.tries); diff != "" {
					t.Errorf("tries (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// TestWhatIsOwedComesFirst: nothing else is done on a phone before its owed end is tried.
func TestWhatIsOwedComesFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := NewDesk()
		defer d.Close(time.Second)
		m := away{until: time.Now().Add(20 * time.Millisecond), began: time.Now()}
		d.Owe("one", time.Now().Add(time.Minute), m.end, nil)
		<-time.After(30 * time.Millisecond)
		if err := d.Await("one", m.end); err != nil {
			t.Error(err)
		}
		<-time.After(time.Second)
		if want := []time.Duration{0, 30 * time.Millisecond, 30 * time.Millisecond}; !slices.Equal(m.tries, want) {
			t.Errorf("tries at %v, want %v", m.tries, want)
		}
	})
}

func TestCloseWaitsAndIsBounded(t *testing.T) {
	for _, tc := range []struct {
		away, want time.Duration
	}{{0, 0}, {300 * time.Millisecond, 350 * time.Millisecond}, {time.Hour, 2 * time.Second}} {
		synctest.Test(t, func(t *testing.T) {
			d := NewDesk()
			m := away{until: time.Now().Add(tc.away), began: time.Now()}
			d.Owe("one", time.Now().Add(time.Hour), m.end, nil)
			d.Close(2 * time.Second)
			if took := time.Since(m.began); took != tc.want {
				t.Errorf("away for %s: closed after %s, want %s", tc.away, took, tc.want)
			}
			tries := len(m.tries)
			d.Do("one", func(context.Context) { t.Error("a closed desk does something") })
			d.Owe("one", time.Now().Add(time.Hour), m.end, nil)
			if err := d.Await("one", m.end); !errors.Is(err, cluster.ErrUnreachable) || len(m.tries) != tries {
				t.Errorf("%v", err)
			}
			d.Close(time.Second)
		})
	}
}

// BenchmarkClaim is what one login's claim costs on a single node: the claim, three records of how far its push has come, and the end.
func BenchmarkClaim(b *testing.B) {
	d := NewQuickDesk()
	defer d.Close(time.Second)
	node := cluster.NewMemory(nil).Join("", nil)
	c := course.Course{Delivery: course.Pushed, History: course.Clean}
	told := Told{Outcome: auth.Approved, Attempt: "a1"}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		phone := fmt.Sprint(i)
		var token cluster.Token
		d.Do(phone, func(ctx context.Context) {
			got, _ := node.Claim(ctx, cluster.Bid{Phone: phone, Attempt: "a1", Life: time.Minute})
			token = got.Token
		})
		for range 3 {
			m := c.Mark(time.Second)
			d.Do(phone, func(ctx context.Context) {
				_ = node.Record(ctx, token, cluster.Progress{State: m.Encode(), Rang: true})
			})
		}
		e := Ending(&c, auth.Approved, course.UnknownResult, time.Second)
		e.Answer = told.Encode()
		if err := d.Await(phone, func(ctx context.Context) error { return node.End(ctx, token, e) }); err != nil {
			b.Fatal(err)
		}
	}
}
