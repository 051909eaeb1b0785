package load

import (
	"fmt"
	"time"

	"ivalt-radius/ivalt"
)

// scene is one way in which people arrive.
type scene struct {
	name   string
	length time.Duration
	most   float64 // logins a minute at the highest
	rate   func(time.Duration) float64
	rounds int // crowds that are added up
	people people
}

// logins is how many a cell of the table has at least, in one crowd or several.
const logins = 1000

// peaks are ten minutes of a rate out of an idle hour.
func peaks() []scene {
	var all []scene
	for _, rate := range []float64{1, 2, 3, 5, 8, 10, 15, 20, 25, 30, 40, 50, 60} {
		all = append(all, peak(rate, 1+int(logins/(10*rate))))
	}
	return all
}

func peak(rate float64, rounds int) scene {
	return scene{name: fmt.Sprintf("%.0f a minute", rate), length: 10 * time.Minute, most: rate, rate: steady(rate), rounds: rounds, people: assumed()}
}

// longer are scenes that the hour's limit decides.
func longer() []scene {
	return []scene{
		{name: "morning peak", length: 40 * time.Minute, most: 20, rate: morning, rounds: 5, people: assumed()},
		{name: "three hours of 4 a minute", length: 3 * time.Hour, most: 4, rate: steady(4), rounds: 2, people: assumed()},
		{name: "slow people, 3 a minute", length: 10 * time.Minute, most: 3, rate: steady(3), rounds: 34, people: slow()},
		{name: "slow people, 20 a minute", length: 10 * time.Minute, most: 20, rate: steady(20), rounds: 6, people: slow()},
		{name: "slow people, morning peak", length: 40 * time.Minute, most: 20, rate: morning, rounds: 5, people: slow()},
	}
}

// The clients of the table, in the order of its columns.
const (
	auto = iota
	always
	modes
	five
	two
)

func clients() []client {
	return []client{
		auto:   ours("`sentinel: auto`", ivalt.SentinelAuto, nil),
		always: ours("`sentinel: always`", ivalt.SentinelAlways, nil),
		modes:  ours("two modes, `auto`", ivalt.SentinelAuto, twoModes),
		five:   fixed("fixed 5 s", 5*time.Second),
		two:    fixed("fixed 2 s", 2*time.Second),
	}
}
