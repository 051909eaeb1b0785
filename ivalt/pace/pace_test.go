package pace

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"pgregory.net/rapid"

	"ivalt-radius/state"
)

const sec = time.Second

// near compares with the tolerance of a simulation.
func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if math.Abs(got-want) > tolerance {
		t.Errorf("%s: %.4f, want %.4f within %.4f", what, got, want, tolerance)
	}
}

// median is half of the answers' time.
func (t Times) median() time.Duration { return toDuration(math.Exp(t.location)) }

// draw is one person's time in seconds; infinite where they never answer.
func (t Times) draw(r *rand.Rand) float64 {
	if r.Float64() < t.silent {
		return math.Inf(1)
	}
	return math.Exp(t.location + t.scale*r.NormFloat64())
}

// TestChanceAndWorthAreWhatPeopleDo holds the closed forms against a crowd.
func TestChanceAndWorthAreWhatPeopleDo(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // a simulation
	for _, times := range []Times{Prior(), {location: math.Log(12), scale: 0.9, silent: 0.2}} {
		for _, look := range [][2]time.Duration{{0, 5 * sec}, {5 * sec, 9 * sec}, {20 * sec, 40 * sec}} {
			n, there, waited := 0.0, 0.0, 0.0
			for range 400_000 {
				at := times.draw(r)
				if at <= seconds(look[0]) {
					continue
				}
				n++
				if wait := seconds(look[1]) - at; wait > 0 {
					there++
					waited += wait
				}
			}
			near(t, fmt.Sprint("chance ", look), times.Chance(look[0], look[1]), there/n, 0.01)
			near(t, fmt.Sprint("worth ", look), seconds(times.Worth(look[0], look[1])), waited/n, 0.05)
		}
	}
}

func TestDue(t *testing.T) {
	for _, c := range []struct {
		name         string
		since, price time.Duration
		latest, want time.Duration
	}{
		{"idle, first", 0, idle, 58 * sec, 4830 * time.Millisecond},
		{"dearer is later", 0, 2 * sec, 58 * sec, 8500 * time.Millisecond},
		{"from a later look", 8 * sec, idle, 58 * sec, 10060 * time.Millisecond},
		{"never worth it: the latest", 0, 5 * time.Minute, 58 * sec, 58 * sec},
		{"no time left", 58 * sec, idle, 50 * sec, 50 * sec},
		{"the silent are left alone", 55 * sec, idle, 120 * sec, 102690 * time.Millisecond},
	} {
		t.Run(c.name, func(t *testing.T) {
			near(t, "due", seconds(Prior().Due(c.since, c.price, c.latest)), seconds(c.want), 0.1)
		})
	}
}

// TestDueIsWorthItsPrice is the rule itself, for whatever times, looks and prices.
func TestDueIsWorthItsPrice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		times := Times{
			location: rapid.Float64Range(math.Log(leastMedian), math.Log(mostMedian)).Draw(t, "location"),
			scale:    rapid.Float64Range(leastScale, mostScale).Draw(t, "scale"),
			silent:   rapid.Float64Range(leastSilent, mostSilent).Draw(t, "silent"),
		}
		since := time.Duration(rapid.Int64Range(0, int64(100*sec)).Draw(t, "since"))
		latest := since + time.Duration(rapid.Int64Range(int64(sec), int64(200*sec)).Draw(t, "latest"))
		price := time.Duration(rapid.Int64Range(int64(idle), int64(most)).Draw(t, "price"))
		due := times.Due(since, price, latest)
		if due < since || due > latest {
			t.Fatalf("due at %v, outside of %v to %v", due, since, latest)
		}
		worth := times.Worth(since, due)
		if due < latest && (worth < price || times.Worth(since, due-20*time.Millisecond) > price) {
			t.Fatalf("worth %v at %v, price %v", worth, due, price)
		}
		if chance := times.Chance(since, due); chance < 0 || chance > 1 || math.IsNaN(chance) {
			t.Fatalf("chance %v", chance)
		}
	})
}

func TestPrice(t *testing.T) {
	last := time.Duration(0)
	for i := range 101 {
		used := float64(i) / 100
		price := Price(state.Use{Minute: used})
		if price < last {
			t.Errorf("a fuller minute is cheaper: %v at %v, after %v", price, used, last)
		}
		last = price
	}
	if got := Price(state.Use{}); got != idle {
		t.Errorf("%v while idle", got)
	}
	for _, full := range []state.Use{{Minute: 1}, {Hour: 1}, {Minute: 1, Hour: 1}} {
		if got := Price(full); got != most {
			t.Errorf("%v with %v", got, full)
		}
	}
	if Price(state.Use{Minute: 0.2, Hour: 0.8}) != Price(state.Use{Hour: 0.8}) {
		t.Error("the fuller window does not decide")
	}
}

// observe is how the scheduler sees an answer: between two polls.
func observe(l *Learner, person string, at float64) {
	if at > 60 {
		l.Silent(person, 60*sec)
		return
	}
	by := math.Ceil(at/2) * 2
	l.Answered(person, toDuration(by-2), toDuration(by))
}

func TestLearnsTheServer(t *testing.T) {
	for _, truth := range []Times{{math.Log(4), 0.4, 0.01}, {math.Log(12), 0.7, 0.05}, {math.Log(25), 0.5, 0.3}} {
		r := rand.New(rand.NewPCG(3, 4)) //nolint:gosec // a simulation
		l := NewLearner()
		for i := range 3000 {
			observe(l, fmt.Sprint(i), truth.draw(r))
		}
		got := l.Of("somebody new")
		near(t, "median", math.Exp(got.location), math.Exp(truth.location), 0.15*math.Exp(truth.location))
		near(t, "scale", got.scale, truth.scale, 0.12)
		near(t, "silent", got.silent, truth.silent, 0.07)
	}
}

// TestShortPatienceMakesNobodySilent: half of the answers come too late for the NAS, and are known to be late, not missing.
func TestShortPatienceMakesNobodySilent(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6)) //nolint:gosec // a simulation
	l := NewLearner()
	defer l.Close()
	truth := Times{location: math.Log(9), scale: 0.6, silent: 0.03}
	for i := range 3000 {
		person := fmt.Sprint(i)
		if at := truth.draw(r); at < 9 {
			observe(l, person, at)
		} else {
			l.Silent(person, 9*sec)
		}
	}
	got := l.Of("somebody new")
	near(t, "median", math.Exp(got.location), 9, 1.5)
	near(t, "silent", got.silent, truth.silent, 0.1)
}

func TestLearnsAPersonOnceThereIsEnough(t *testing.T) {
	l := NewLearner()
	defer l.Close()
	before := l.Of("ada")
	for range enough - 1 {
		observe(l, "ada", 25)
	}
	early := l.Of("ada")
	if early != l.Of("bob") || early == before {
		t.Errorf("%v answers make their own times, or none the server's", enough-1)
	}
	observe(l, "ada", 25)
	own := l.Of("ada")
	if own.median() <= l.Of("bob").median() {
		t.Errorf("median %v of somebody slow, %v of everybody", own.median(), l.Of("bob").median())
	}
	for range 20 {
		observe(l, "ada", 25)
	}
	near(t, "median", seconds(l.Of("ada").median()), 21, 4)
}

// TestOnePersonTeachesLittle: somebody who logs in all night, and slowly, does not make the others wait.
func TestOnePersonTeachesLittle(t *testing.T) {
	l := NewLearner()
	defer l.Close()
	before := l.Of("bob").Due(0, idle, 58*sec)
	for range 400 {
		l.Answered("mallory", 54*sec, 55*sec)
	}
	if after := l.Of("bob").Due(0, idle, 58*sec); after > before+2*sec {
		t.Errorf("the first poll for somebody else is due at %v, %v before", after, before)
	}
}

// TestNobodyTeachesNonsense: whatever is noted, the times stay within their bounds.
func TestNobodyTeachesNonsense(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := NewLearner()
		defer l.Close()
		for range rapid.IntRange(1, 60).Draw(t, "logins") {
			after := time.Duration(rapid.Int64Range(-int64(sec), int64(time.Hour)).Draw(t, "after"))
			by := time.Duration(rapid.Int64Range(-int64(sec), int64(time.Hour)).Draw(t, "by"))
			if rapid.IntRange(0, 3).Draw(t, "silent") == 0 {
				l.Silent("ada", by)
			} else {
				l.Answered("ada", after, by)
			}
			for _, who := range []string{"ada", "bob"} {
				got := l.Of(who)
				if got.median() < leastMedian*sec-sec/1000 || got.median() > mostMedian*sec+sec/1000 || !(got.scale >= leastScale && got.scale <= mostScale) ||
					!(got.silent >= leastSilent && got.silent <= mostSilent) {
					t.Fatalf("%s: %+v", who, got)
				}
			}
		}
	})
}

func BenchmarkDue(b *testing.B) {
	times := Prior()
	b.ReportAllocs()
	for b.Loop() {
		times.Due(5*sec, idle, 58*sec)
	}
}
