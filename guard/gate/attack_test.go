package gate

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"ivalt-radius/auth"
)

// TestAStrangerKeepsNobodyOut: whatever a stranger does from 10,000 addresses, for this person and for others, with a known calling station
// or none, the person's familiar place is as it was, and the person is locked out nowhere but at addresses of the stranger.
func TestAStrangerKeepsNobodyOut(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		y := newYard(t, defaults(), nil)
		y.home("bob", "192.0.2.1")
		ends := []auth.End{wrong(), wrong(), unanswered(), denied(), exempt(), {}, {Reason: auth.BadPassword}, {Reason: auth.Unavailable}}
		for range rapid.IntRange(1, 40).Draw(r, "waves") {
			user := rapid.SampledFrom([]string{"bob", "eve", "robert"}).Draw(r, "user")
			person := rapid.SampledFrom([]string{"", "bob"}).Draw(r, "person")
			first, n := rapid.IntRange(0, 9_999).Draw(r, "first"), rapid.IntRange(1, 300).Draw(r, "n")
			e := rapid.SampledFrom(ends).Draw(r, "end")
			dice := rand.New(rand.NewPCG(rapid.Uint64().Draw(r, "dice"), 0)) //nolint:gosec // chance, not secrecy; a draw for each login is dear
			for i := range n {
				from := station((first + i) % 10_000)
				if dice.IntN(10) == 0 {
					from = ""
				}
				v := of(visit(user, from), person)
				switch dice.IntN(4) {
				case 0: // it never ends
					y.Admit(v, auth.Arriving)
				case 1: // one that asks for a phone
					y.Admit(v, auth.Ringing)
					y.Ended(v, e)
				default:
					y.login(v, e)
				}
			}
			y.pass(time.Duration(rapid.IntRange(0, 60).Draw(r, "seconds")) * time.Second)
			for _, s := range []auth.Stage{auth.Arriving, auth.Ringing, auth.Entering} {
				if a := y.Admit(visit("bob", "192.0.2.1"), s); !a.Open {
					r.Fatalf("stage %d at home: %+v", s, a)
				}
			}
			y.Ended(visit("bob", "192.0.2.1"), auth.End{Reason: auth.ApprovedByPerson, Passed: true, Pushed: true})
			y.pass(100 * time.Second) // a familiar place has room for a push each 100 s
		}
		for _, l := range y.Lockouts() {
			if l.Station == "192.0.2.1" || l.Station == "" {
				r.Fatalf("locked out: %+v", l)
			}
		}
	})
}

// TestAttack prints what honest people see of an attack from 10,000 calling stations: their success and what the gate adds to a login.
func TestAttack(t *testing.T) {
	const people, addresses, guesses = 500, 10_000, 20 // guesses for each honest login
	y := newYard(t, defaults(), nil)
	for i := range people {
		y.in(visit(person1(i), station(20_000+i)), approved())
		y.pass(time.Second)
	}
	y.pass(time.Hour)
	honest := func(attacked func(i int)) (in int, took []time.Duration) {
		for i := range people {
			attacked(i)
			v := visit(person1(i), station(20_000+i))
			begun := time.Now()
			a := y.login(v, approved())
			took = append(took, time.Since(begun))
			if a.Open {
				in++
			}
			y.pass(50 * time.Millisecond)
		}
		slices.Sort(took)
		return in, took
	}
	_, calm := honest(func(int) {})
	y.pass(time.Hour)
	tried, let := 0, 0
	in, attacked := honest(func(i int) {
		for n := range guesses {
			tried++
			if y.login(visit(person1((i*7+n)%people), station((i*guesses+n)%addresses)), wrong()).Open {
				let++
			}
		}
	})
	t.Logf("%d of %d honest logins under the attack; the gate took %s at the median and %s at the 99th percentile, without it %s and %s; %d of %d guesses were checked",
		in, people, attacked[people/2], attacked[people*99/100], calm[people/2], calm[people*99/100], let, tried)
	if in != people {
		t.Errorf("%d honest logins were refused", people-in)
	}
	if most := 1000 + 100; tried != addresses || let > most {
		t.Errorf("%d of %d guesses were checked, at most %d", let, tried, most)
	}
}

// TestAFloodPushesOutNoLockout: names and addresses without end, each of them as far as the gate lets it.
func TestAFloodPushesOutNoLockout(t *testing.T) {
	s := defaults()
	s.Attempts = Rates{Window: time.Minute} // the worst settings
	s.WrongPasswords = Rates{Window: time.Minute}
	y := newYard(t, s, nil)
	y.home("bob", "192.0.2.9")
	y.logins(4, bob(), wrong())
	y.pass(time.Minute)
	y.logins(4, bob(), wrong())
	y.logins(2, visit("eve", "192.0.2.1"), unanswered())
	for i := range million / 10 {
		y.login(visit(fmt.Sprintf("x%d", i), station(i)), wrong())
		y.login(visit(fmt.Sprintf("y%d", i), station(i)), exempt())
	}
	y.out(bob(), exempt(), auth.LockedOut, "")
	y.out(visit("eve", "192.0.2.1"), approved(), auth.RateLimited, "guard.unanswered")
	y.pass(2 * time.Minute)
	y.logins(4, bob(), wrong())
	if got := y.Lockouts(); len(got) != 1 || got[0].Count != 3 {
		t.Errorf("in force: %+v", got)
	}
	if !y.places.Has("bob", "192.0.2.9", y.now) {
		t.Error("a familiar place is forgotten")
	}
}

// entries are all that the gate remembers.
func (y *yard) entries() int {
	pairs, locks := y.locks.Entries()
	return y.counts.entries() + pairs + locks + y.pauses.Len() + y.places.Len()
}

// TestAMillionPeopleAndAddresses measures how much the gate remembers of them at most.
func TestAMillionPeopleAndAddresses(t *testing.T) {
	s := defaults()
	for _, r := range []*Rates{&s.Attempts, &s.WrongPasswords, &s.Pushes} {
		*r = Rates{Window: time.Minute, PerUser: 1000, PerCallingStation: 1000, PerClient: 100_000_000, InAll: 100_000_000}
	}
	s.Lockout.After = 2
	y := newYard(t, s, nil)
	before := heap()
	ends := []auth.End{approved(), approved(), wrong(), unanswered(), denied()}
	for i := range million {
		v := visit(fmt.Sprintf("person%d@example.com", i), fmt.Sprintf("2001:db8::%x:%x", i>>16, i&0xffff))
		v.Client = fmt.Sprint("client", i)
		if i >= million*17/100 { // every table is full but that of the lockouts, which cost two wrong passwords each
			y.login(v, auth.End{})
			continue
		}
		y.login(v, ends[i%len(ends)])
		if i%len(ends) < 3 {
			y.login(v, wrong()) // a lockout, or one from a familiar place
		}
	}
	n, octets := y.entries(), heap()-before
	t.Logf("%d entries, %d MiB, %d octets each", n, octets>>20, octets/n)
	most := int(kinds)*int(shares)*(2*mostCounts+mostClients+1) + 1<<15 + 3<<16
	if n > most || octets > 256<<20 {
		t.Errorf("%d entries, at most %d", n, most)
	}
	runtime.KeepAlive(y)
}

// heap is what is in use.
func heap() int {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc) //nolint:gosec // it fits
}

func BenchmarkAdmit(b *testing.B) {
	clock := time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC)
	now := clock
	s := defaults()
	for _, c := range []struct {
		name   string
		visits []auth.Visit
		step   time.Duration
		e      auth.End
	}{
		{"familiar", []auth.Visit{bob()}, 10 * time.Second, exempt()},
		{"refused", []auth.Visit{visit("eve", "192.0.2.1")}, time.Nanosecond, exempt()},
		{"strangers", strangersOf(100_000), time.Second, wrong()},
	} {
		b.Run(c.name, func(b *testing.B) {
			g, err := New(s, Deps{Now: func() time.Time { return now }})
			if err != nil {
				b.Fatal(err)
			}
			g.Admit(bob(), auth.Arriving)
			g.Ended(bob(), approved())
			b.ReportAllocs()
			for i := range b.N {
				v := c.visits[i%len(c.visits)]
				now = now.Add(c.step)
				if g.Admit(v, auth.Arriving).Open {
					g.Ended(v, c.e)
				}
			}
		})
	}
}

func strangersOf(n int) []auth.Visit {
	all := make([]auth.Visit, n)
	for i := range all {
		all[i] = visit(fmt.Sprintf("x%d", i), station(i))
	}
	return all
}

// entries is how many counts there are.
func (c *counts) entries() (n int) {
	for k := range kinds {
		for sh := range shares {
			for s := range scopes {
				n += c.tables[k][sh][s].Len()
			}
		}
	}
	return n
}
