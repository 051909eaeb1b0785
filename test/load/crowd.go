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

// people are how a crowd approves: after a log-normal time, but for a share that never does.
type people struct {
	median float64 // seconds
	sigma  float64
	silent float64
}

// assumed are the people that docs/ivalt.md begins with; slow ones are nothing of what it expects.
func assumed() people { return people{median: 7, sigma: 0.6, silent: 0.03} }
func slow() people    { return people{median: 12, sigma: 0.8, silent: 0.1} }

// crowd are the logins of a scene, which arrive at random.
func crowd(seed uint64, s scene) []person {
	r := rand.New(rand.NewPCG(seed, 7)) //nolint:gosec // a simulation
	var all []person
	for at := 0.0; ; {
		at += r.ExpFloat64() / s.most * 60
		moment := time.Duration(at * float64(time.Second))
		if moment >= s.length {
			return all
		}
		p := s.people.person(r, len(all), moment)
		if r.Float64() < s.rate(moment)/s.most {
			all = append(all, p)
		}
	}
}

// person is the n-th one.
func (q people) person(r *rand.Rand, n int, at time.Duration) person {
	p := person{number: ivalttest.DerivedMobile(string(rune('a'+n%26)) + time.Duration(n).String()), at: at}
	p.mobile, _ = auth.ParseMobile(p.number) // a derived number is one
	after := math.Exp(math.Log(q.median) + q.sigma*r.NormFloat64())
	if r.Float64() >= q.silent {
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
