package render

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"ivalt-radius/audit"
)

// shown is a text of the trail as it may stand before a person: no control, no invisible character, and no more than so many.
func shown(text string, most int) string {
	if text == "" {
		return "(none)"
	}
	quoted := audit.Shown(text)
	if utf8.RuneCountInString(quoted) <= most {
		return quoted
	}
	runes := []rune(quoted)
	return string(runes[:most-1]) + "…"
}

// number has its thousands apart.
func number(n int) string {
	digits := strconv.Itoa(n)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// percent is a share of 1.
func percent(share float64) string { return strconv.FormatFloat(100*share, 'f', 0, 64) + " %" }

// share is a part of a number.
func share(n, of int) string {
	if of == 0 {
		return "0 %"
	}
	return percent(float64(n) / float64(of))
}

// span is milliseconds as people say them.
func span(ms int64) string {
	if ms < time.Second.Milliseconds() {
		return strconv.FormatInt(ms, 10) + " ms"
	}
	return strconv.FormatFloat(float64(ms)/float64(time.Second.Milliseconds()), 'f', -1, 64) + " s"
}

// moment is a time in UTC, to the minute; empty where there is none.
func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04")
}

// period is from when to when, as asked or else as found.
func period(since, until, first, last time.Time) string {
	if since.IsZero() {
		since = first
	}
	if until.IsZero() {
		until = last
	}
	if since.IsZero() && until.IsZero() {
		return "no records"
	}
	return strings.TrimSpace(moment(since) + " to " + moment(until) + " UTC")
}
