package clockwatch

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ivalt-radius/audit"
)

func TestClockJumps(t *testing.T) {
	from := time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC)
	steps := []struct{ wall, since time.Duration }{
		{0, 0},
		{time.Second, time.Second},
		{time.Hour + 2*time.Second, 2 * time.Second},             // set forward by an hour
		{time.Hour + 3*time.Second + 400*time.Millisecond, 3e9},  // slewed
		{2 * time.Second, 4 * time.Second},                       // set back
		{8*time.Hour + 2*time.Second, 8*time.Hour + 4e9},         // asleep for eight hours
		{8*time.Hour + 3600*time.Millisecond, 8*time.Hour + 5e9}, // set forward by little
	}
	var got []string
	i := -1
	read := func() (time.Time, time.Duration) {
		i++
		return from.Add(steps[i].wall), steps[i].since
	}
	tick, stop, done := make(chan time.Time), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		Watch(read, tick, stop, func(e audit.Event) {
			if s, ok := e.(audit.System); ok {
				got = append(got, s.Event+": "+s.Detail)
			}
		})
	}()
	for range len(steps) - 1 {
		tick <- time.Time{}
	}
	close(stop)
	<-done
	const jump = "clock_jump: the machine's clock was set by "
	if diff := cmp.Diff([]string{jump + "1h0m0s", jump + "-1h0m2.4s", jump + "600ms"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestTheClocksGoTogether(t *testing.T) {
	wall, since := Read()
	again, later := Read()
	if wall.IsZero() || since <= 0 || again.Before(wall) || later < since {
		t.Errorf("%v %v, then %v %v", wall, since, again, later)
	}
}
