package ivalt

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Back-off after a 429, for all logins together.
const (
	leastPause = 2 * time.Second
	mostPause  = 15 * time.Second
	// askedPause bounds what the server may ask for, so that one odd header cannot end all logins for a day.
	askedPause = 15 * time.Minute
)

// pause is how long a 429 asks us to stay away: Retry-After, the body's retry_after, X-RateLimit-Reset, in this order; 0
// where it asks for nothing.
func pause(header http.Header, doc object, now time.Time) time.Duration {
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

// delay reads seconds, seconds since 1970, or an HTTP date.
func delay(text string, now time.Time) time.Duration {
	text = strings.TrimSpace(text)
	if seconds, err := strconv.ParseUint(text, 10, 40); err == nil {
		const epoch = 1_000_000_000 // greater is a date, not a distance
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

// backoff is the pause after the n-th 429 in a row that asked for nothing: 2 s, doubling to 15 s, each shortened by up to a
// quarter (never below 2 s) so that several nodes part. jitter is any octet.
func backoff(n int, jitter byte) time.Duration {
	full := mostPause
	if n < 4 {
		full = min(leastPause<<max(0, n-1), mostPause)
	}
	return max(leastPause, full-full/4*time.Duration(jitter)/255)
}

// breakerPause is how long nothing is asked after iVALT refused the key or the path.
const breakerPause = 5 * time.Second

// breaker keeps a wrong key from being hammered: a refusal opens it, after the pause one call tries, and any other
// answer closes it. The zero breaker is closed.
type breaker struct {
	open   bool
	trying bool    // the one trial is out
	until  instant // while open: when the trial may leave
}

// holds reports that no call may leave now.
func (b *breaker) holds(now instant) bool {
	return b.open && (b.trying || now < b.until)
}

// leave marks the trial.
func (b *breaker) leave() { b.trying = b.open }

// saw takes an answer's class. It reports whether a refusal opened it now.
func (b *breaker) saw(c class, now instant) (opened bool) {
	if c != badKey {
		// No answer at all says nothing about the key: the next call tries again.
		if b.open && (c == failed || c == unsent) {
			b.trying = false
			return false
		}
		*b = breaker{}
		return false
	}
	opened = !b.open
	*b = breaker{open: true, until: now + breakerPause}
	return opened
}
