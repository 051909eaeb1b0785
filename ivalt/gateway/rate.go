package gateway

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	// longestReset bounds what an answer may say of a window's end.
	longestReset = time.Hour
	mostCalls    = 1_000_000_000
)

// rateOf reads the X-RateLimit headers. It needs both numbers: a limit alone does not tell what is left.
func rateOf(header http.Header, now time.Time) Rate {
	if header.Get("X-Ratelimit-Limit") == "" {
		return Rate{}
	}
	limit, ok := count(header.Get("X-Ratelimit-Limit"))
	remaining, told := count(header.Get("X-Ratelimit-Remaining"))
	if !ok || !told || limit == 0 {
		return Rate{}
	}
	reset := delay(header.Get("X-Ratelimit-Reset"), theirs(header, now))
	return Rate{Limit: limit, Remaining: min(remaining, limit), Reset: min(max(reset, 0), longestReset)}
}

// count reads a number, of "100, 100;w=60" the first.
func count(text string) (int, bool) {
	if end := strings.IndexAny(text, ",;"); end >= 0 {
		text = text[:end]
	}
	n, err := strconv.ParseUint(strings.TrimSpace(text), 10, 31)
	return int(n), err == nil && n <= mostCalls
}

// clockOf is iVALT's own time of an answer, as its body says; zero where it does not.
func clockOf(doc object) time.Time {
	text := doc.object("debug").text("timestamp")
	if text == "" {
		return time.Time{}
	}
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return time.Time{}
	}
	return at
}
