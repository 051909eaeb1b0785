package policy

import (
	"slices"
	"time"
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
	if !w.days[weekdayOf(day)] {
		return false
	}
	_, excepted := slices.BinarySearch(w.except, day)
	return !excepted
}

// bounds are the instants between which the window that starts on day is open. now is the span that the question was asked
// in; near is whether a clock change may matter.
func (w *window) bounds(day int64, now span, calm bool) (start, end int64) {
	from, to := day*daySeconds+w.from, day*daySeconds+w.to
	if calm {
		return from - now.offset, to - now.offset
	}
	if !exists(w.loc, day) {
		return 0, 0
	}
	start, _ = showings(w.loc, from)
	_, end = showings(w.loc, to)
	return start, end
}

// until is the end of the window, where it is open at an instant. It is the latest one where a window meets the next day's.
func (w *window) until(instant int64) (end int64, open bool) {
	const margin = 4 // days: two that a window may lie off, and two that a clock change may
	now := spanAt(w.loc, instant)
	today := dayOf(instant + now.offset)
	calm := now.calm(instant, margin)
	first, last := today-1, today
	if !calm { // where clocks go back over midnight, a window of tomorrow's date may have begun
		first, last = first-1, last+1
	}
	for day := first; day <= last; day++ {
		if !w.starts(day) {
			continue
		}
		if s, e := w.bounds(day, now, calm); s <= instant && instant < e && (!open || e > end) {
			end, open = e, true
		}
	}
	return end, open
}

// hours are windows of which any may be open. The zero hours are a key left out: always open, without end.
type hours struct {
	windows    []window
	oneZone    bool  // all windows read the same zone's clocks
	lastExcept int64 // the latest day in any except; before all days where there is none
}

// lookAhead is how far until follows adjoining windows. Two weeks and a day hold every weekday at least once without a clock
// change, so what stays open that long, in one zone and without exceptions to come, is open for ever.
const lookAhead = 15 * daySeconds

// until tells whether any window is open at t, and when the last of those that adjoin or overlap from there on closes. The zero
// time is "never". Where that end is more than 15 days away, the time told may be earlier than it, but is 15 days away.
func (h *hours) until(t time.Time) (end time.Time, open bool) {
	if h.windows == nil {
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
			return time.Unix(reached, 0).UTC(), true
		}
		reached = further
	}
	if h.forEver(start) {
		return time.Time{}, true
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

// forEver reports that what stayed open from an instant over the whole lookAhead never closes.
func (h *hours) forEver(start int64) bool {
	const skew = 2 // days between a civil date anywhere and the date in UTC
	return h.oneZone && h.lastExcept+skew < dayOf(start)
}
