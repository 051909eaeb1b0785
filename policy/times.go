package policy

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"ivalt-radius/policy/clock"
)

// hours reads `only.hours`.
func (r *reader) hours(path string, list []HoursSettings) hours {
	if !stated(r, path, list, "never opens") {
		return hours{}
	}
	var out hours
	for i, s := range list {
		out.windows = append(out.windows, r.window(index(path, i), s))
	}
	out.always = alwaysOpen(out.windows)
	return out
}

func (r *reader) window(path string, s HoursSettings) window {
	w := window{loc: r.location(path+".timezone", s.Timezone, r.zone), days: r.days(path+".days", s.Days)}
	w.from, w.to = r.times(path, s)
	for i, text := range s.Except {
		date, err := time.Parse(time.DateOnly, text)
		if err != nil {
			r.faults.Add(index(path+".except", i), "%q is no date of the calendar: write it as in 2026-12-25", text)
			continue
		}
		w.except = append(w.except, clock.DayOf(date.Unix()))
	}
	slices.Sort(w.except)
	w.text = describe(&w, s)
	return w
}

// times reads from and to as seconds from the midnight that opens the window's date.
func (r *reader) times(path string, s HoursSettings) (from, to int64) {
	from, errFrom := parseClock(s.From)
	if errFrom == nil && from == clock.Day {
		errFrom = errors.New("is the end of a day, where no window can start: write 00:00 of the next")
	}
	if errFrom != nil {
		r.faults.Add(path+".from", "%q %s", s.From, errFrom)
	}
	to, errTo := parseClock(s.To)
	if errTo != nil {
		r.faults.Add(path+".to", "%q %s", s.To, errTo)
	}
	if errFrom != nil || errTo != nil {
		return 0, 0
	}
	if from == to {
		r.faults.Add(path+".to", `is the same as from, which may mean never or always: write from: "00:00", to: "24:00" for the whole day`)
	}
	if to < from {
		to += clock.Day
	}
	return from, to
}

// parseClock reads "08:00" or "8:00", up to "24:00", as seconds of the day.
func parseClock(text string) (int64, error) {
	hour, minute, ok := strings.Cut(text, ":")
	h, okHour := number(hour, 1, 2)
	m, okMinute := number(minute, 2, 2)
	if !ok || !okHour || !okMinute || m > 59 || h > 24 || h == 24 && m > 0 {
		return 0, errors.New("is no clock time: write it as in 08:00, from 00:00 to 24:00")
	}
	return h*clock.Hour + m*60, nil
}

// number reads ASCII digits, of which there are from least to most.
func number(text string, least, most int) (int64, bool) {
	if len(text) < least || len(text) > most || strings.Trim(text, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil
}

func (r *reader) days(path string, texts []string) (days [7]bool) {
	if !stated(r, path, texts, "is no day") {
		return [7]bool{true, true, true, true, true, true, true}
	}
	for i, text := range texts {
		day, ok := parseDay(text)
		if !ok {
			r.faults.Add(index(path, i), "%q is no day: write each of mon, tue, wed, thu, fri, sat, sun that is meant", text)
			continue
		}
		days[day] = true
	}
	return days
}

// parseDay reads a weekday's English name, whole or its first three letters, without regard to case.
func parseDay(text string) (time.Weekday, bool) {
	const letters = 3
	for day := time.Sunday; day <= time.Saturday; day++ {
		if name := day.String(); strings.EqualFold(text, name) || strings.EqualFold(text, name[:letters]) {
			return day, true
		}
	}
	return 0, false
}

// location reads a zone's name; empty is the one that stands in for it.
func (r *reader) location(path, name string, empty *time.Location) *time.Location {
	switch name {
	case "":
		return empty
	case "Local":
		return r.local
	}
	if loc, ok := r.zones[name]; ok {
		return loc
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		r.faults.Add(path, "%q is no time zone: write its name in the zone database, as in Europe/Berlin", name)
		return time.UTC
	}
	r.zones[name] = loc
	return loc
}

// describe is a window in words: "mon tue 22:00-06:00 Europe/Berlin".
func describe(w *window, s HoursSettings) string {
	const letters = 3
	var days []string
	for i := range w.days {
		day := time.Weekday((i + 1) % len(w.days)) // the week begins on Monday
		if w.days[day] {
			days = append(days, strings.ToLower(day.String()[:letters]))
		}
	}
	if len(days) == len(w.days) {
		days = []string{"every day"}
	}
	text := fmt.Sprintf("%s %s-%s %s", strings.Join(days, " "), s.From, s.To, w.loc)
	if len(s.Except) > 0 {
		text += " except " + strings.Join(s.Except, " ")
	}
	return text
}
