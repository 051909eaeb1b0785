package state

import (
	"testing"
	"time"
)

func TestGauge(t *testing.T) {
	now := time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC)
	b := NewBudget(Limits{PerSecond: 10, PerHour: 1000}, func() time.Time { return now })
	if r := b.Gauge(); r != (Room{Second: Window{9, 9}, Hour: Window{970, 970}}) {
		t.Errorf("nothing was spent: %+v", r)
	}
	b.Take()
	b.Reserve(4)
	b.Penalise(now.Add(time.Minute))
	if r := b.Gauge(); r != (Room{Second: Window{9, 8}, Hour: Window{970, 965}, Held: now.Add(time.Minute)}) {
		t.Errorf("a call and four places: %+v", r)
	}
	now = now.Add(time.Minute)
	if r := b.Gauge(); r != (Room{Second: Window{9, 9}, Hour: Window{970, 965}}) {
		t.Errorf("a minute later: %+v", r)
	}
	b.Heed(Notice{Limit: 500, Remaining: 100, Reset: time.Hour})
	if r := b.Gauge(); r.Hour.Limit != 485 || r.Hour.Left > 97 {
		t.Errorf("the API allows less: %+v", r)
	}
}

func TestPart(t *testing.T) {
	for _, c := range []struct {
		limit int
		used  float64
		want  Window
	}{{0, 0.5, Window{}}, {100, 0, Window{97, 97}}, {100, 1, Window{97, 0}}, {100, 0.5, Window{97, 48}}, {1, 0, Window{1, 1}}, {100, 7, Window{97, 0}}} {
		if got := Part(c.limit, c.used); got != c.want {
			t.Errorf("%d, %v used: %+v", c.limit, c.used, got)
		}
	}
}
