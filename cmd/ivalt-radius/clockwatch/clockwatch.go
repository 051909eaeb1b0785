package clockwatch

import (
	"time"

	"golang.org/x/sys/unix"

	"ivalt-radius/audit"
)

// How often the two clocks are compared, and by how much they may part meanwhile: a slewed clock (adjtimex(2)) parts by 0.5 ms a
// second at most.
const (
	Every = time.Second
	most  = 500 * time.Millisecond
)

// Read reads the machine's wall clock, and the one since it was started, which nobody can set and which does not stand still
// while the machine sleeps.
func Read() (wall time.Time, since time.Duration) {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &t); err != nil {
		return time.Time{}, 0
	}
	return time.Now(), time.Duration(t.Nano())
}

// Watch notes each jump of the wall clock, until stop is closed: times in the trail before it and after it do not compare,
// and windows of hours open or close with it.
func Watch(read func() (time.Time, time.Duration), tick <-chan time.Time, stop <-chan struct{}, note func(audit.Event)) {
	wall, since := read()
	for {
		select {
		case <-stop:
			return
		case <-tick:
		}
		w, s := read()
		if jump := w.Round(0).Sub(wall.Round(0)) - (s - since); jump.Abs() >= most {
			note(audit.System{Event: "clock_jump", Detail: "the machine's clock was set by " + jump.Round(time.Millisecond).String()})
		}
		wall, since = w, s
	}
}
