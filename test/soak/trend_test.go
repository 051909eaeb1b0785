package soak

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// made is an hour's series, a point every five seconds: what the function says, and noise.
func made(noise float64, value func(hours float64) float64) []Point {
	rng := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // chance, not secrecy
	var series []Point
	for at := time.Duration(0); at < time.Hour; at += 5 * time.Second {
		series = append(series, Point{At: at, Value: value(at.Hours()) + noise*(2*rng.Float64()-1)})
	}
	return series
}

func TestJudge(t *testing.T) {
	rule := Rule{Room: 4, Share: 0.05}
	steps := func(hours float64) float64 { return 60 + 2*math.Floor(hours*10) }
	sawtooth := func(hours float64) float64 { return 60 + 30*math.Mod(hours*40, 1) }
	for _, c := range []struct {
		name   string
		series []Point
		flat   bool
	}{
		{"level", made(3, func(float64) float64 { return 60 }), true},
		{"a warm-up that ends", made(3, func(hours float64) float64 { return 60 - 50*math.Exp(-12*hours) }), true},
		{"a sawtooth, as of a heap", made(0, sawtooth), true},
		{"falls", made(3, func(hours float64) float64 { return 60 - 20*hours }), true},
		{"peaks for a sixth of the time", made(3, func(hours float64) float64 {
			if math.Mod(hours*6, 1) > 0.83 {
				return 200
			}
			return 60
		}), true},
		{"a peak at the end", made(3, func(hours float64) float64 {
			if hours > 0.95 {
				return 500
			}
			return 60
		}), true},
		{"grows less than is allowed", made(1, func(hours float64) float64 { return 60 + 6*hours }), true},
		{"leaks", made(3, func(hours float64) float64 { return 60 + 12*hours }), false},
		{"leaks below its noise", made(30, func(hours float64) float64 { return 60 + 20*hours }), false},
		{"leaks below a sawtooth", made(0, func(hours float64) float64 { return sawtooth(hours) + 12*hours }), false},
		{"leaks by steps", made(0, steps), false},
		{"leaks in the second half alone", made(3, func(hours float64) float64 { return 60 + 20*max(0, hours-0.5) }), false},
		{"leaks more and more", made(3, func(hours float64) float64 { return 60 + 10*hours*hours }), false},
		{"one leaked a minute", made(1, func(hours float64) float64 { return 30 + math.Floor(hours*60) }), false},
		{"nothing is known", nil, false},
		{"too few points", made(0, func(float64) float64 { return 60 })[:2*fewest-2], false},
	} {
		if got := Judge(c.series, rule); got.Flat != c.flat {
			t.Errorf("%s: flat is %v: %+v", c.name, got.Flat, got)
		}
	}
	if got := Judge(made(0, func(hours float64) float64 { return 1 + hours/1000 }), Rule{}); got.Flat {
		t.Error("the zero rule lets something grow")
	}
	if got := Judge(made(0, func(hours float64) float64 { return 100 + 8*hours }), rule); math.Abs(got.PerHour-8) > 0.01 || math.Abs(got.Growth-4) > 0.02 || math.Abs(got.Allowed-5.3) > 0.05 {
		t.Errorf("the figures are %+v", got)
	}
}

// TestJudge_Brief: a soak of minutes has twice the room in its second half.
func TestJudge_Brief(t *testing.T) {
	minutes := func(growth float64) (series []Point) {
		for at := time.Duration(0); at < 10*time.Minute; at += 2 * time.Second {
			series = append(series, Point{At: at, Value: 10 + growth*at.Minutes()/5})
		}
		return series
	}
	for growth, flat := range map[float64]bool{3: true, 7: true, 9: false} {
		if got := Judge(minutes(growth), Rule{Room: 4}); got.Flat != flat {
			t.Errorf("%v in five minutes: %+v", growth, got)
		}
	}
}

// TestJudge_GapsAndClumps: samples that are missing, or come at once, do not make a slope.
func TestJudge_GapsAndClumps(t *testing.T) {
	level := made(3, func(float64) float64 { return 60 })
	leak := made(3, func(hours float64) float64 { return 60 + 12*hours })
	for i := range 300 {
		level[400+i%200].At, leak[i].At = level[400].At, leak[0].At
	}
	if got := Judge(level, Rule{Room: 3}); !got.Flat {
		t.Errorf("%+v", got)
	}
	if got := Judge(leak, Rule{Room: 3}); got.Flat {
		t.Errorf("%+v", got)
	}
}

func TestReturned(t *testing.T) {
	sample := func(open, running float64) Sample {
		return Sample{Values: map[string]float64{descriptors: open, goroutines: running}}
	}
	for _, c := range []struct {
		name  string
		after Sample
		above string
	}{
		{"as before", sample(20, 70), ""},
		{"a few that stay", sample(25, 76), ""},
		{"less", sample(10, 50), ""},
		{"descriptors", sample(27, 70), descriptors},
		{"goroutines", sample(20, 77), goroutines},
		{"unknown", Sample{}, descriptors},
	} {
		got := strings.Join(Returned(sample(20, 70), c.after), "; ")
		if (got == "") != (c.above == "") || !strings.Contains(got, c.above) {
			t.Errorf("%s: %q", c.name, got)
		}
	}
}
