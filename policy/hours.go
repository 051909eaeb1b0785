package policy

import (
	"slices"
	"time"

	"ivalt-radius/policy/clock"
)

// window is one stretch of clock time on some days. The zero window never opens.
type window struct {
	loc    *time.Location
	days   [7]bool // by time.Weekday
	from   int64   // seconds of the day, inclusive
	to     int64   // seconds from the same midnight, exclusive; more than a day's where the window runs over midnight
	except []int64 // days on which it does not start, sorted
	text   string  // for words
}

// starts reports whether a window may start on a civil date.
func (w *window) starts(day int64) bool {
	if !w.days[clock.WeekdayOf(day)] {
		return false
	}
	_, excepted := slices.BinarySearch(w.except, day)
	return !excepted
}

// bounds are the instants between which the window that starts on day is open. now is the span that the question was asked
// in; calm says that no clock change is near.
func (w *window) bounds(day int64, now clock.Span) (start, end int64) {
	from, to := day*clock.Day+w.from, day*clock.Day+w.to
	if now.Calm {
		return from - now.Offset, to - now.Offset
	}
	if !clock.Exists(w.loc, day) {
		return 0, 0
	}
	start, _ = clock.Showings(w.loc, from)
	_, end = clock.Showings(w.loc, to)
	return start, end
}

// until is the end of the window, where it is open at an instant. It is the latest one where a window meets the next day's.
func (w *window) until(instant int64) (end int64, open bool) {
	now := clock.SpanAt(w.loc, instant)
	today := clock.DayOf(instant + now.Offset)
	first, last := today-1, today
	if !now.Calm { // where clocks go back over midnight, a window of tomorrow's date may have begun
		first, last = first-1, last+1
	}
	for day := first; day <= last; day++ {
		if !w.starts(day) {
			continue
		}
		if s, e := w.bounds(day, now); s <= instant && instant < e {
			end, open = e, true // a later date's window never ends before an earlier one's
		}
	}
	return end, open
}

// hours are windows of which any may be open. The zero hours are a key left out: always open, without end.
type hours struct {
	windows []window
	always  bool // they leave no minute of any week out
}

// lookAhead is how far until follows adjoining windows. Two weeks and a day hold every weekday at least once without a clock
// change, so of windows in one zone and without exceptions it sees the end.
const lookAhead = 15 * clock.Day

// until tells whether any window is open at t, and when the last of those that adjoin or overlap from there on closes. The zero
// time is "never". An end more than 15 days away, which exceptions or windows of several zones can make, is told as an
// earlier time that is 15 days away at least.
func (h *hours) until(t time.Time) (end time.Time, open bool) {
	if h.windows == nil || h.always {
		return time.Time{}, true
	}
	start := t.Unix()
	reached, open := h.extend(start)
	if !open {
		return time.Time{}, false
	}
	for reached-start < lookAhead {
		further, open := h.extend(reached)
		if !open {
			break
		}
		reached = further
	}
	return time.Unix(reached, 0).UTC(), true
}

// extend passes over the windows once, each time going on from where an open one closes.
func (h *hours) extend(instant int64) (end int64, open bool) {
	end = instant
	for i := range h.windows {
		if e, ok := h.windows[i].until(end); ok {
			end, open = e, true
		}
	}
	return end, open
}

// alwaysOpen reports that the windows of one zone, those without exceptions, leave no minute of the week out. Clock changes
// make no gap between them, since what adjoins on paper adjoins in time.
func alwaysOpen(windows []window) bool {
	for i := range windows {
		zone := windows[i].loc.String()
		earlier := slices.ContainsFunc(windows[:i], func(w window) bool { return w.loc.String() == zone })
		if !earlier && wholeWeek(windows, zone) {
			return true
		}
	}
	return false
}

func wholeWeek(windows []window, zone string) bool {
	const minutes = 7 * clock.Day / 60
	var covered [minutes]bool
	for i := range windows {
		w := &windows[i]
		if w.loc.String() != zone || len(w.except) > 0 {
			continue
		}
		for day, on := range w.days {
			midnight := int64(day) * clock.Day
			for at := midnight + w.from; on && at < midnight+w.to; at += 60 {
				covered[at/60%minutes] = true
			}
		}
	}
	return !slices.Contains(covered[:], false)
}
