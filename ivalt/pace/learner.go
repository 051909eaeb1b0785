package pace

import (
	"math"
	"time"

	"ivalt-radius/state"
)

// How much is remembered. A weight is a number of people seen; old ones fade once there are as many as the memory holds.
const (
	priorWeight  = 30  // what Prior counts as
	serverMemory = 300 // of the server
	personMemory = 20  // of one person
	enough       = 5   // answers of one person's own before they count
	sharedWeight = 5   // what the server's times count as beside a person's own

	mostPeople  = 10_000
	personLives = 30 * 24 * time.Hour
)

// Bounds of what can be learned, so that nobody's odd answers make everybody wait.
const (
	leastMedian, mostMedian = 2, 40 // seconds
	leastScale, mostScale   = 0.3, 1.2
	leastSilent, mostSilent = 0.005, 0.5
)

// Learner learns Times from logins. It keeps 10,000 people at most, each for 30 days, in memory alone. Not safe for concurrent use.
type Learner struct {
	server record
	people *state.Cache[record]
}

// record is a faded sum over logins.
type record struct {
	answers float64 // weight of those that were answered
	sum     float64 // of the logarithms of their seconds
	squares float64
	silent  float64 // weight of those that never were
}

// NewLearner knows Prior alone.
func NewLearner() *Learner {
	p := Prior()
	answers := priorWeight * (1 - p.silent)
	return &Learner{
		server: record{
			answers: answers, sum: answers * p.location, squares: answers * (p.location*p.location + p.scale*p.scale),
			silent: priorWeight * p.silent,
		},
		people: state.NewCache[record](personLives, mostPeople),
	}
}

// Of are the times to expect of a person: their own once there are enough of them, leaning on the server's.
func (l *Learner) Of(person string) Times {
	own, _ := l.people.Get(person)
	if own.answers+own.silent < enough {
		return l.server.times()
	}
	server := l.server.scaled(sharedWeight / (l.server.answers + l.server.silent))
	return server.plus(own).times()
}

// Answered notes an answer that came behind the look at after and not behind the look at by, both counted from the push.
func (l *Learner) Answered(person string, after, by time.Duration) {
	if by <= 0 || by < after {
		return
	}
	mean, square := l.Of(person).within(seconds(after), seconds(by))
	l.note(person, record{answers: 1, sum: mean, squares: square})
}

// Silent notes a push that nobody had answered at the look at until. Whether the answer would have come later or never is weighed
// by what is known so far, so that a gateway's short patience makes nobody silent.
func (l *Learner) Silent(person string, until time.Duration) {
	t, end := l.Of(person), seconds(until)
	never := t.silent / t.unanswered(end)
	mean, square := t.within(end, math.Inf(1))
	l.note(person, record{answers: 1 - never, sum: (1 - never) * mean, squares: (1 - never) * square, silent: never})
}

// Close forgets everybody.
func (l *Learner) Close() { l.people.Close() }

func (l *Learner) note(person string, r record) {
	own, _ := l.people.Get(person)
	// The n-th login of one person says less and less of everybody.
	l.server = l.server.fading(serverMemory).plus(r.scaled(1 / max(1, own.answers+own.silent)))
	l.people.Set(person, own.fading(personMemory).plus(r)) // full: the server's times serve
}

func (r record) scaled(by float64) record {
	return record{answers: r.answers * by, sum: r.sum * by, squares: r.squares * by, silent: r.silent * by}
}

func (r record) plus(o record) record {
	return record{answers: r.answers + o.answers, sum: r.sum + o.sum, squares: r.squares + o.squares, silent: r.silent + o.silent}
}

// fading makes room for one more.
func (r record) fading(memory float64) record {
	if weight := r.answers + r.silent; weight+1 > memory {
		return r.scaled((memory - 1) / weight)
	}
	return r
}

// times reads a record, within the bounds.
func (r record) times() Times {
	t := Prior()
	if r.answers > tiny {
		t.location = r.sum / r.answers
		t.scale = math.Sqrt(max(0, r.squares/r.answers-t.location*t.location))
	}
	t.location = min(max(t.location, math.Log(leastMedian)), math.Log(mostMedian))
	t.scale = min(max(t.scale, leastScale), mostScale)
	t.silent = min(max(r.silent/(r.answers+r.silent), leastSilent), mostSilent)
	return t
}

// within is the mean of the logarithm of an answer's seconds, and of its square, where all that is known is that it lies
// between a and b: the moments of the truncated normal distribution.
func (t Times) within(a, b float64) (mean, square float64) {
	high := (math.Log(b) - t.location) / t.scale
	low := math.Inf(-1)
	if a > 0 {
		low = (math.Log(a) - t.location) / t.scale
	}
	mass := normal(high) - normal(low)
	if mass < tiny {
		// So far out that the distribution says nothing: the nearer end.
		mean = math.Log(b)
		if a > 0 {
			mean = math.Log(a)
		}
		return mean, mean * mean
	}
	shift := (density(low) - density(high)) / mass
	spread := max(0, 1+(moment(low)-moment(high))/mass-shift*shift)
	mean = t.location + t.scale*shift
	return mean, mean*mean + t.scale*t.scale*spread
}

// moment is z times its density; 0 far out.
func moment(z float64) float64 {
	if math.IsInf(z, 0) {
		return 0
	}
	return z * density(z)
}
