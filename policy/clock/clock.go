package clock

import (
	"math"
	"time"
)

// Stretches of time, in seconds.
const (
	Hour = 60 * 60
	Day  = 24 * Hour
)

// Span is a stretch of time in which a zone keeps one offset.
type Span struct {
	start, end int64 // instants; the end is not part of it
	Offset     int64 // wall minus instant
	Calm       bool  // the instant asked for is four days away from both ends at least, as on nearly every day of the year
}

// SpanAt is the span of loc that holds an instant.
func SpanAt(loc *time.Location, instant int64) Span {
	t := time.Unix(instant, 0).In(loc)
	_, offset := t.Zone()
	s := Span{start: math.MinInt64, end: math.MaxInt64, Offset: int64(offset), Calm: true}
	const margin = 4 * Day
	start, end := t.ZoneBounds()
	if !start.IsZero() {
		s.start = start.Unix()
		s.Calm = instant-s.start >= margin
	}
	if !end.IsZero() {
		s.end = end.Unix()
		s.Calm = s.Calm && s.end-instant >= margin
	}
	return s
}

// Showings are the first and the last instant at which loc's clocks show a wall. Where they never do, because they jump
// over it, both are the instant of the jump.
func Showings(loc *time.Location, wall int64) (first, last int64) {
	const reach = 36 * Hour // more than any zone's distance from UTC
	shown, jumped := false, false
	jump := wall
	for at := wall - reach; ; {
		s := SpanAt(loc, at)
		instant := wall - s.Offset
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

// DayOf is the civil date that a wall falls on.
func DayOf(wall int64) int64 {
	day := wall / Day
	if wall%Day < 0 {
		day--
	}
	return day
}

// WeekdayOf is the weekday of a civil date; 1970-01-01 was a Thursday.
func WeekdayOf(day int64) time.Weekday {
	const week = 7
	return time.Weekday(((day+int64(time.Thursday))%week + week) % week)
}

// Exists reports whether loc's clocks ever showed a civil date. Samoa had no 30 December 2011.
func Exists(loc *time.Location, day int64) bool {
	start, _ := Showings(loc, day*Day)
	end, _ := Showings(loc, (day+1)*Day)
	return start < end
}
