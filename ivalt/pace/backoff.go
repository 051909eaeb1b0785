package pace

import (
	"crypto/rand"
	"time"
)

// Pauses after a 429, for all logins together.
const (
	leastPause = 2 * time.Second
	mostPause  = 15 * time.Second
)

// Backoff is the pause after the n-th 429 in a row that asked for nothing: 2 s, doubling to 15 s, each shortened by up to a
// quarter (never below 2 s) so that several nodes part.
func Backoff(n int) time.Duration {
	var jitter [1]byte
	_, _ = rand.Read(jitter[:]) // never fails
	return backoff(n, jitter[0])
}

func backoff(n int, jitter byte) time.Duration {
	full := mostPause
	if n < 4 {
		full = min(leastPause<<max(0, n-1), mostPause)
	}
	return max(leastPause, full-full/4*time.Duration(jitter)/255)
}
