package pace

import (
	"math"
	"time"
)

// Times is how long people take from the push to their answer: log-normal, but for a share that never answers. The zero
// Times knows nothing; use Prior.
type Times struct {
	location float64 // of the logarithm of the seconds
	scale    float64 // its standard deviation
	silent   float64 // the share that never answers
}

// Prior is what is assumed before anybody was seen: median 7 s, sigma 0.6, 3 % silent.
func Prior() Times { return Times{location: math.Log(7), scale: 0.6, silent: 0.03} }

// Median is half of the answers' time.
func (t Times) Median() time.Duration { return toDuration(math.Exp(t.location)) }

// Chance is the probability that an answer is waiting now, where there was none at the moment since. Both count from the push.
func (t Times) Chance(since, now time.Duration) float64 {
	a, b := t.unanswered(seconds(since)), t.unanswered(seconds(now))
	return max(0, 1-b/a)
}

// Worth is how long an answer has been waiting now, on average, where there was none at the moment since: the integral of
// Chance. Never negative.
func (t Times) Worth(since, now time.Duration) time.Duration {
	return toDuration(t.worth(seconds(since), seconds(now)))
}

// Due is the first moment at which the Worth of a poll reaches its price, where the last look was at the moment since; latest
// where it does not before.
func (t Times) Due(since, price, latest time.Duration) time.Duration {
	from, low, high, cost := seconds(since), seconds(since), seconds(latest), seconds(price)
	if high <= low || t.worth(from, high) < cost {
		return latest
	}
	for high-low > resolution {
		middle := (low + high) / 2
		if t.worth(from, middle) < cost {
			low = middle
		} else {
			high = middle
		}
	}
	return toDuration(high)
}

// resolution is how exactly Due looks, in seconds.
const resolution = 0.005

func (t Times) worth(from, to float64) float64 {
	if to <= from {
		return 0
	}
	unseen := t.area(to) - t.area(from) - (to-from)*t.answered(from)
	return max(0, (1-t.silent)*unseen/t.unanswered(from))
}

// answered is the share of those who ever answer that has answered by then.
func (t Times) answered(s float64) float64 {
	if s <= 0 {
		return 0
	}
	return normal((math.Log(s) - t.location) / t.scale)
}

// unanswered is the share of everybody that has not. It is never 0: some never answer.
func (t Times) unanswered(s float64) float64 {
	return max(1-(1-t.silent)*t.answered(s), tiny)
}

const tiny = 1e-9

// area is the integral of answered from 0 to s: s F(s) less the mean of the times below s.
func (t Times) area(s float64) float64 {
	if s <= 0 {
		return 0
	}
	z := (math.Log(s) - t.location) / t.scale
	return s*normal(z) - math.Exp(t.location+t.scale*t.scale/2)*normal(z-t.scale)
}

// normal is the standard normal distribution.
func normal(z float64) float64 { return math.Erfc(-z/math.Sqrt2) / 2 }

// density is its derivative.
func density(z float64) float64 { return math.Exp(-z*z/2) / math.Sqrt(2*math.Pi) }

func seconds(d time.Duration) float64 { return d.Seconds() }

func toDuration(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
