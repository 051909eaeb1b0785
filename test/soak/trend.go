package soak

import (
	"slices"
	"time"
)

// Point is a figure at a moment.
type Point struct {
	At    time.Duration // since the load began
	Value float64
}

// Rule is how much a figure may grow. The zero Rule lets nothing grow.
type Rule struct {
	Room  float64 // so much in the judged time, in the figure's own unit
	Share float64 // or this part of its median there, whichever is more
}

// Finding is what became of a figure.
type Finding struct {
	Median  float64 // over the judged time
	Least   float64 // over the judged time
	Most    float64 // over the judged time
	PerHour float64 // the slope
	Growth  float64 // the slope over the judged time
	Allowed float64 // of Growth
	Flat    bool
}

const (
	fewest = 10               // points that tell a trend
	brief  = 10 * time.Minute // a judged time below this has twice the room: the warm-up is not quite over
)

// Judge looks at the second half of a series, by time: what comes before is the warm-up. It is flat where the slope, kept up over that half, adds no
// more than the rule allows, or twice that where the half is brief. A figure that falls is flat. Too few points are never flat: nothing is known then.
func Judge(series []Point, rule Rule) Finding {
	half := secondHalf(series)
	if len(half) < fewest {
		return Finding{}
	}
	values := make([]float64, len(half))
	for i, p := range half {
		values[i] = p.Value
	}
	slices.Sort(values)
	slope := theilSen(half)
	f := Finding{Median: values[len(values)/2], Least: values[0], Most: values[len(values)-1], PerHour: slope * time.Hour.Seconds()}
	f.Growth = slope * (half[len(half)-1].At - half[0].At).Seconds()
	f.Allowed = max(rule.Room, rule.Share*f.Median)
	if half[len(half)-1].At-half[0].At < brief {
		f.Allowed *= 2
	}
	f.Flat = f.Growth <= f.Allowed
	return f
}

func secondHalf(series []Point) []Point {
	if len(series) == 0 {
		return nil
	}
	middle := (series[0].At + series[len(series)-1].At) / 2
	from := slices.IndexFunc(series, func(p Point) bool { return p.At >= middle })
	return series[from:]
}

// theilSen is the median of the slopes between all pairs of points, a second. A third of the points may lie anywhere without moving it far.
func theilSen(points []Point) float64 {
	var slopes []float64
	for i, p := range points {
		for _, q := range points[i+1:] {
			if q.At > p.At {
				slopes = append(slopes, (q.Value-p.Value)/(q.At-p.At).Seconds())
			}
		}
	}
	if len(slopes) == 0 {
		return 0
	}
	slices.Sort(slopes)
	return slopes[len(slopes)/2]
}
