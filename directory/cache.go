package directory

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"sync"
	"time"

	"ivalt-radius/auth"
	"ivalt-radius/secret"
)

// Cached remembers each right PAP password of a first factor for the given time, and what the check showed with it: one for a
// person, the latest. It remembers nothing but successes, and never the answer to another method. At most that many people are remembered;
// further ones are checked every time. Where keep is 0 it is the first factor itself. A reload begins with a new one.
//
// Until the time is over it does not see that a password was changed or an account locked.
func Cached(primary auth.Primary, keep time.Duration, most int) auth.Primary {
	if keep <= 0 || most <= 0 {
		return primary
	}
	c := &cached{Primary: primary, keep: keep, most: most, known: map[account]success{}}
	_, _ = rand.Read(c.key[:]) // never fails
	return c
}

// cached holds no password, but its HMAC under a key of its own.
type cached struct {
	auth.Primary

	keep time.Duration
	most int
	key  [sha256.Size]byte

	mu    sync.Mutex
	known map[account]success
}

// account is whom a success is of.
type account struct{ user, handle string }

type success struct {
	password [sha256.Size]byte
	checked  auth.Checked
	until    time.Time
}

// Verify implements auth.Primary.
func (c *cached) Verify(ctx context.Context, s auth.Subject, req *auth.Request) (auth.Checked, error) {
	if req.Method != auth.PAP {
		return c.Primary.Verify(ctx, s, req)
	}
	who := account{s.User.String(), s.Person.Handle}
	digest := c.digest(who, req.Password)
	if checked, ok := c.find(who, digest); ok {
		return checked, nil
	}
	checked, err := c.Primary.Verify(ctx, s, req)
	if err == nil && checked.Password {
		c.keepFor(who, success{digest, checked, time.Now().Add(c.keep)})
	}
	return checked, err
}

// digest is what is kept of a password. It holds the account, so that it does not tell who have the same one.
func (c *cached) digest(who account, password secret.Secret) (out [sha256.Size]byte) {
	h := hmac.New(sha256.New, c.key[:])
	_, _ = fmt.Fprintf(h, "%q %q %s", who.user, who.handle, password.Reveal())
	h.Sum(out[:0])
	return out
}

func (c *cached) find(who account, digest [sha256.Size]byte) (auth.Checked, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	known, ok := c.known[who]
	if ok && !time.Now().Before(known.until) {
		delete(c.known, who)
		ok = false
	}
	if !ok || subtle.ConstantTimeCompare(known.password[:], digest[:]) != 1 {
		return auth.Checked{}, false
	}
	return known.checked, true
}

func (c *cached) keepFor(who account, s success) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, known := c.known[who]; !known && len(c.known) >= c.most {
		c.sweep()
		if len(c.known) >= c.most {
			return
		}
	}
	c.known[who] = s
}

// sweep forgets what is over. It is called with mu held.
func (c *cached) sweep() {
	now := time.Now()
	for who, s := range c.known {
		if !now.Before(s.until) {
			delete(c.known, who)
		}
	}
}
