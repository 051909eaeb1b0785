package policy

import (
	"math"
	"time"
)

const (
	daySeconds  = 24 * 60 * 60
	hourSeconds = 60 * 60
)

// Two kinds of seconds meet here. An instant is counted from 1970 in UTC. A wall is what a zone's clocks show, counted from
// 1970 as if there were no zones; a day is a wall divided by the seconds of a day, so a civil date.

// span is a stretch of time in which a zone keeps one offset.
type span struct {
	start, end int64 // instants; the end is not part of it
	offset     int64 // wall minus instant
	calm       bool  // the instant asked for is four days away from both ends at least, as on nearly every day of the year
}

// spanAt is the span of loc that holds an instant.
func spanAt(loc *time.Location, instant int64) span {
	t := time.Unix(instant, 0).In(loc)
	_, offset := t.Zone()
	s := span{start: math.MinInt64, end: math.MaxInt64, offset: int64(offset), calm: true}
	const margin = 4 * daySeconds
	start, end := t.ZoneBounds()
	if !start.IsZero() {
		s.start = start.Unix()
		s.calm = instant-s.start >= margin
	}
	if !end.IsZero() {
		s.end = end.Unix()
		s.calm = s.calm && s.end-instant >= margin
	}
	return s
}

// showings are the first and the last instant at which loc's clocks show a wall. Where they never do, because they jump
// over it, both are the instant of the jump.
func showings(loc *time.Location, wall int64) (first, last int64) {
	const reach = 36 * hourSeconds // more than any zone's distance from UTC
	shown, jumped := false, false
	jump := wall
	for at := wall - reach; ; {
		s := spanAt(loc, at)
		instant := wall - s.offset
		switch {
		case instant >= s.start && instant < s.end:
			if !shown {
				first, shown = instant, true
			}
			last = instant
		case instant < s.start && !jumped:
			jump, jumped = s.start, true
		}
		if s.end > wall+reach || s.end <= at {
			break
		}
		at = s.end
	}
	if !shown {
		return jump, jump
	}
	return first, last
}

// dayOf is the civil date that a wall falls on.
func dayOf(wall int64) int64 {
	day := wall / daySeconds
	if wall%daySeconds < 0 {
		day--
	}
	return day
}

// weekdayOf is the weekday of a civil date; 1970-01-01 was a Thursday.
func weekdayOf(day int64) time.Weekday {
	const week = 7
	return time.Weekday(((day+int64(time.Thursday))%week + week) % week)
}

// exists reports whether loc's clocks ever showed a civil date. Samoa had no 30 December 2011.
func exists(loc *time.Location, day int64) bool {
	start, _ := showings(loc, day*daySeconds)
	end, _ := showings(loc, (day+1)*daySeconds)
	return start < end
}
