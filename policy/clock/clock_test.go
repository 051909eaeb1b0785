package clock

import (
	"testing"
	"time"
)

// TestShowings compares the two instants of a clock time with a walk over every minute.
func TestShowings(t *testing.T) {
	for zone, around := range map[string]string{
		"Europe/Berlin": "2026-03-29", "Europe/London": "2026-10-25", "Australia/Lord_Howe": "2026-04-05", "Pacific/Apia": "2011-12-30",
		"America/St_Johns": "2010-11-06", "Asia/Kathmandu": "2026-01-01", "America/Nuuk": "2024-03-30", "Antarctica/Troll": "2026-03-29",
	} {
		t.Run(zone, func(t *testing.T) {
			loc, err := time.LoadLocation(zone)
			if err != nil {
				t.Fatal(err)
			}
			date, err := time.Parse(time.DateOnly, around)
			if err != nil {
				t.Fatal(err)
			}
			walk := walkMinutes(loc, date.Unix()-4*Day, date.Unix()+5*Day)
			for wall := date.Unix() - Day; wall < date.Unix()+2*Day; wall += 300 {
				first, last := Showings(loc, wall)
				wantFirst, wantLast := walk(wall)
				if first != wantFirst || last != wantLast {
					t.Fatalf("wall %s: %d..%d, want %d..%d", time.Unix(wall, 0).UTC(), first, last, wantFirst, wantLast)
				}
			}
		})
	}
}

// walkMinutes reads a zone's clocks at every minute, by the standard library's calendar alone, and gives a look-up of when they show
// a wall: the first and the last time, or twice the minute at which they jump over it.
func walkMinutes(loc *time.Location, from, to int64) func(wall int64) (first, last int64) {
	const minute = 60
	read := func(instant int64) int64 {
		t := time.Unix(instant, 0).In(loc)
		return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, time.UTC).Unix()
	}
	firsts, lasts, jumps := map[int64]int64{}, map[int64]int64{}, map[int64]int64{}
	before := read(from - minute)
	for at := from; at < to; at += minute {
		wall := read(at)
		if _, seen := firsts[wall]; !seen {
			firsts[wall] = at
		}
		lasts[wall] = at
		for skipped := before + minute; skipped < wall; skipped += minute {
			jumps[skipped] = at
		}
		before = wall
	}
	return func(wall int64) (int64, int64) {
		if first, shown := firsts[wall]; shown {
			return first, lasts[wall]
		}
		return jumps[wall], jumps[wall]
	}
}

// TestSpanAt: an offset holds from one change of the clocks to the next, and is calm far from both.
func TestSpanAt(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]struct {
		offset int64
		calm   bool
	}{
		"2026-03-29T00:59:59Z": {Hour, false},
		"2026-03-29T01:00:00Z": {2 * Hour, false},
		"2026-04-02T00:59:59Z": {2 * Hour, false},
		"2026-04-02T01:00:00Z": {2 * Hour, true},
		"2026-07-01T00:00:00Z": {2 * Hour, true},
		"2026-10-20T00:00:00Z": {2 * Hour, true},
		"2026-10-22T00:00:00Z": {2 * Hour, false},
		"2026-12-24T00:00:00Z": {Hour, true},
	} {
		at, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		if s := SpanAt(berlin, at.Unix()); s.Offset != want.offset || s.Calm != want.calm {
			t.Errorf("%s: %d, %v", text, s.Offset, s.Calm)
		}
	}
	if s := SpanAt(time.UTC, 0); s.Offset != 0 || !s.Calm {
		t.Errorf("UTC: %+v", s)
	}
}

// TestDays: civil dates before 1970 too, and one that a zone left out.
func TestDays(t *testing.T) {
	for text, want := range map[string]time.Weekday{"1969-12-31": time.Wednesday, "1970-01-01": time.Thursday, "2026-11-26": time.Thursday, "1900-03-04": time.Sunday} {
		date, err := time.Parse(time.DateOnly, text)
		if err != nil {
			t.Fatal(err)
		}
		for _, second := range []int64{0, 1, Day - 1} {
			if got := WeekdayOf(DayOf(date.Unix() + second)); got != want {
				t.Errorf("%s and %d s: %s, want %s", text, second, got, want)
			}
		}
	}
	apia, err := time.LoadLocation("Pacific/Apia")
	if err != nil {
		t.Fatal(err)
	}
	left, _ := time.Parse(time.DateOnly, "2011-12-30")
	if day := DayOf(left.Unix()); Exists(apia, day) || !Exists(apia, day-1) || !Exists(apia, day+1) || !Exists(time.UTC, day) {
		t.Error("the days of Samoa are others")
	}
}
