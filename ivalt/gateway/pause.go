package gateway

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// askedPause bounds what the server may ask for, so that one odd header cannot end all logins for a day.
const askedPause = 15 * time.Minute

// pause is how long a 429 asks us to stay away: Retry-After, the body's retry_after, X-RateLimit-Reset, in this order; 0
// where it asks for nothing.
func pause(header http.Header, doc object, now time.Time) time.Duration {
	now = theirs(header, now)
	asked := []string{
		header.Get("Retry-After"), doc.text("retry_after"), doc.object("error").text("retry_after"), header.Get("X-RateLimit-Reset"),
	}
	for _, text := range asked {
		if d := delay(text, now); d > 0 {
			return min(d, askedPause)
		}
	}
	return 0
}

// theirs is iVALT's own clock as an answer's Date tells it, else ours: dates in its headers are held against it, so that a clock that
// differs makes no pause longer.
func theirs(header http.Header, now time.Time) time.Time {
	if date, err := http.ParseTime(header.Get("Date")); err == nil {
		return date
	}
	return now
}

// delay reads seconds, seconds since 1970, or an HTTP date.
func delay(text string, now time.Time) time.Duration {
	text = strings.TrimSpace(text)
	if seconds, err := strconv.ParseUint(text, 10, 40); err == nil {
		const epoch = 100_000_000 // greater is a date, not a distance
		if seconds > epoch {
			return time.Unix(int64(seconds), 0).Sub(now)
		}
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil {
		return at.Sub(now)
	}
	return 0
}
