package load

import (
	"math"
	"math/rand/v2"
	"time"

	"ivalt-radius/auth"
	"ivalt-radius/ivalt/ivalttest"
)

// person is one login of somebody who logs in once.
type person struct {
	number string
	mobile auth.Mobile
	at     time.Duration // from the beginning
	after  time.Duration // from the push to the approval; 0: never
}

// What is assumed of people (docs/ivalt.md): log-normal times with a median of 7 s, and three in a hundred who never answer.
const (
	median, sigma = 7.0, 0.6
	silent        = 0.03
)

// crowd are logins that arrive at random, rate being the logins a minute at each moment and most its highest value.
func crowd(seed uint64, length time.Duration, most float64, rate func(time.Duration) float64) []person {
	r := rand.New(rand.NewPCG(seed, 7)) //nolint:gosec // a simulation
	var all []person
	for at := 0.0; ; {
		at += r.ExpFloat64() / most * 60
		moment := time.Duration(at * float64(time.Second))
		if moment >= length {
			return all
		}
		p := newPerson(r, len(all), moment)
		if r.Float64() < rate(moment)/most {
			all = append(all, p)
		}
	}
}

// newPerson is the n-th one.
func newPerson(r *rand.Rand, n int, at time.Duration) person {
	p := person{number: ivalttest.DerivedMobile(string(rune('a'+n%26)) + time.Duration(n).String()), at: at}
	p.mobile, _ = auth.ParseMobile(p.number) // a derived number is one
	after := math.Exp(math.Log(median) + sigma*r.NormFloat64())
	if r.Float64() >= silent {
		p.after = time.Duration(after * float64(time.Second))
	}
	return p
}

// steady is the same rate all the time.
func steady(perMinute float64) func(time.Duration) float64 {
	return func(time.Duration) float64 { return perMinute }
}

// morning is a peak of twenty logins a minute in the middle of 40 minutes, over one a minute.
func morning(at time.Duration) float64 {
	z := (at - 20*time.Minute).Minutes() / 5
	return 1 + 19*math.Exp(-z*z/2)
}
