package copies

import (
	"sync"
	"time"

	"ivalt-radius/auth/naming"
)

// Most is how many copies one login may have while it is being checked. Each has its first factor checked as well, so that they are not to
// be had without end.
const Most = 8

// swept is how many entries each new one looks through for those whose time is over.
const swept = 4

// Checks are the logins that are being checked. The methods are safe for concurrent use. New makes them.
type Checks struct {
	mu   sync.Mutex
	open map[naming.Digest]*check
}

type check struct {
	until  time.Time // nobody waits for it any more
	copies int
}

// New makes an empty Checks.
func New() *Checks { return &Checks{open: map[naming.Digest]*check{}} }

// Begin says that a login is being checked from now on, until End, and until the time at the latest.
func (c *Checks) Begin(login naming.Digest, now, until time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.open[login] = &check{until: until}
	looks := swept
	for other, is := range c.open { // what never ended, since something panicked, goes a little at a time
		if looks--; looks < 0 {
			return
		}
		if !now.Before(is.until) {
			delete(c.open, other)
		}
	}
}

// Copy reports that a login is a copy of one that is being checked, and counts it.
func (c *Checks) Copy(login naming.Digest, now time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	is := c.open[login]
	if is == nil || is.copies >= Most || !now.Before(is.until) {
		return false
	}
	is.copies++
	return true
}

// End says that the login is checked.
func (c *Checks) End(login naming.Digest) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.open, login)
}
