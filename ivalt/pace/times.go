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

// Chance is the probability that an answer is waiting now, where there was none at the moment since. Both count from the push.
func (t Times) Chance(since, now time.Duration) float64 {
	return t.look(seconds(since)).chance(seconds(now))
}

// Worth is how long an answer has been waiting now, on average, where there was none at the moment since: the integral of
// Chance. Never negative.
func (t Times) Worth(since, now time.Duration) time.Duration {
	return toDuration(t.look(seconds(since)).worth(seconds(now)))
}

// Due is the first moment, in whole steps, at which the Worth of a poll reaches its price, where the last look was at the moment
// since; latest where it does not before.
func (t Times) Due(since, price, latest time.Duration) time.Duration {
	from, cost := t.look(seconds(since)), seconds(price)
	at := seconds(latest)
	if at <= from.at || from.worth(at) < cost {
		return latest
	}
	// Newton's way from the right: worth is convex, since its slope is the chance and that only grows, so no step goes too far.
	for over := from.worth(at) - cost; over > 0; over = from.worth(at) - cost {
		before := at
		at -= over / from.chance(at)
		if before-at < enoughSeconds {
			break
		}
	}
	whole := (toDuration(at) + step - 1).Truncate(step)
	return min(whole, latest)
}

const (
	step          = 10 * time.Millisecond
	enoughSeconds = 0.0005
)

// look is a moment at which there was no answer, with what every later one is held against.
type look struct {
	Times

	at, share, below, open float64
}

func (t Times) look(at float64) look {
	return look{Times: t, at: at, share: t.answered(at), below: t.area(at), open: t.unanswered(at)}
}

// worth is Times.Worth in seconds.
func (l look) worth(to float64) float64 {
	if to <= l.at {
		return 0
	}
	return max(0, (1-l.silent)*(l.area(to)-l.below-(to-l.at)*l.share)/l.open)
}

func (l look) chance(now float64) float64 { return max(0, 1-l.unanswered(now)/l.open) }

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
