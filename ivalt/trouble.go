package ivalt

import (
	"time"

	"ivalt-radius/ivalt/gateway"
)

// Back-off after a 429, for all logins together.
const (
	leastPause = 2 * time.Second
	mostPause  = 15 * time.Second
)

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
func (b *breaker) saw(c gateway.Class, now instant) (opened bool) {
	if c != gateway.BadKey {
		// No answer at all says nothing about the key: the next call tries again.
		if b.open && (c == gateway.Failed || c == gateway.Unsent) {
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
