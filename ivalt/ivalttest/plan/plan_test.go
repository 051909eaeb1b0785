package plan

import (
	"math/rand/v2"
	"sync"
	"testing"
	"time"
)

func someTime() time.Time { return time.Date(2026, 11, 23, 9, 0, 0, 471373000, time.UTC) }

func TestDocumentedLimits(t *testing.T) {
	p := New(Documented())
	at := someTime()
	taken := 0
	for range 2 * 3600 * 4 { // four a quarter-second apart, for two hours
		if !p.Take(at, Minute).Refused {
			taken++
		}
		at = at.Add(250 * time.Millisecond)
	}
	if taken != 2000 {
		t.Errorf("%d calls in two hours", taken)
	}
	if !New(Limits{}).Unlimited() || !New(Limits{PerHour: -1}).Unlimited() {
		t.Error("no limits limit")
	}
}

// TestWhatHeadersSpeakOf: the window that is preferred, where there is one, and the one that refused.
func TestWhatHeadersSpeakOf(t *testing.T) {
	all := Limits{PerSecond: 1, PerMinute: 10, PerHour: 100}
	for _, tt := range []struct {
		name             string
		limits           Limits
		preferred        Window
		taken, refused   int // the limits that are spoken of
		remaining        int // after the refused call, which does not count
		retry, resetting time.Duration
	}{
		{"the minute", all, Minute, 10, 1, 0, time.Second, time.Second},
		{"the hour", all, Hour, 100, 100, 99, time.Second, time.Hour},
		{"the second", all, Second, 1, 1, 0, time.Second, time.Second},
		{"no hour", Limits{PerSecond: 1, PerMinute: 10}, Hour, 10, 10, 9, time.Second, time.Minute},
		{"no minute", Limits{PerSecond: 1, PerHour: 100}, Minute, 100, 1, 0, time.Second, time.Second},
		{"no window", Limits{PerSecond: 1}, 99, 1, 1, 0, time.Second, time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, now := New(tt.limits), someTime()
			if r := p.Take(now, tt.preferred); r.Refused || r.Limit != tt.taken || r.Remaining != tt.taken-1 {
				t.Errorf("taken: %+v", r)
			}
			r := p.Take(now, tt.preferred)
			if !r.Refused || r.By != Second || r.Limit != tt.refused || r.Remaining != tt.remaining ||
				r.Again.Sub(now) != tt.retry || r.Reset.Sub(now) != tt.resetting {
				t.Errorf("refused: %+v", r)
			}
		})
	}
}

// TestPeaksAreExact compares with counting every window anew, over bursts and pauses.
func TestPeaksAreExact(t *testing.T) {
	draw := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the same calls every time
	var p Peaks
	var all []time.Time
	now := someTime()
	for range 5000 {
		step := time.Duration(draw.Int64N(int64(300 * time.Millisecond)))
		switch draw.IntN(500) {
		case 0:
			step = time.Duration(draw.Int64N(int64(70 * time.Minute)))
		case 1, 2:
			step = []time.Duration{time.Second, time.Minute, time.Hour}[draw.IntN(3)] // a call leaves as another comes
		}
		now = now.Add(step)
		all = append(all, now)
		p.Count(func() time.Time { return now })
	}
	for _, w := range []Window{Second, Minute, Hour} {
		want, from := 0, 0
		for i := range all {
			for all[i].Sub(all[from]) >= w.Length() {
				from++
			}
			want = max(want, i-from+1)
		}
		if got := p.Most(w); got != want {
			t.Errorf("busiest %s: %d, want %d", w.Length(), got, want)
		}
	}
	p.Reset()
	p.Count(someTime)
	if p.Most(Second) != 1 || p.Most(Hour) != 1 || p.Most(99) != 0 {
		t.Error("Reset left something behind")
	}
}

func TestPeaksEdges(t *testing.T) {
	var p Peaks
	now := someTime()
	at := func(d time.Duration) { p.Count(func() time.Time { return now.Add(d) }) }
	at(0)
	at(time.Second) // a second later: another second
	if p.Most(Second) != 1 || p.Most(Minute) != 2 {
		t.Errorf("%d a second, %d a minute", p.Most(Second), p.Most(Minute))
	}
	at(2*time.Second - 1)
	at(-time.Hour) // a clock that goes back
	if p.Most(Second) != 3 {
		t.Errorf("%d a second", p.Most(Second))
	}
}

// TestPeaksAreBounded: more calls than are remembered make the hour's peak that number, and cost no more memory.
func TestPeaksAreBounded(t *testing.T) {
	var p Peaks
	now := someTime()
	for i := range MaxRemembered + 1000 {
		p.Count(func() time.Time { return now.Add(time.Duration(i) * time.Millisecond) })
	}
	if p.Most(Second) != 1000 || p.Most(Minute) != 60_000 || p.Most(Hour) != MaxRemembered || len(p.at) != MaxRemembered {
		t.Errorf("%d, %d, %d; %d remembered", p.Most(Second), p.Most(Minute), p.Most(Hour), len(p.at))
	}
}

func TestPeaksOfMany(t *testing.T) {
	var p Peaks
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 1000 {
				p.Count(someTime)
			}
		})
	}
	all.Wait()
	if p.Most(Second) != 4000 {
		t.Errorf("%d in one moment", p.Most(Second))
	}
}
