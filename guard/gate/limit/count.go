package limit

import (
	"hash/maphash"
	"time"

	"golang.org/x/time/rate"
)

// Rate is how many there may be. Room for one comes back after Window / Most. A Most of 0 is unlimited.
type Rate struct {
	Most   int
	Window time.Duration
}

func (r Rate) limit() rate.Limit { return rate.Limit(float64(r.Most) / r.Window.Seconds()) }

// Count is what was counted of one thing. The zero Count has counted nothing. The Rate is told with each call: a reload changes it, and
// what was counted stays.
type Count struct{ bucket *rate.Limiter }

// Wait is how long until there is room for one more, behind so many that may count yet; 0: there is.
func (c *Count) Wait(r Rate, pending int, now time.Time) time.Duration {
	if r.Most <= 0 {
		return 0
	}
	room := float64(r.Most)
	if c != nil && c.bucket != nil {
		c.adopt(r, now)
		room = c.bucket.TokensAt(now)
	}
	missing := float64(1+pending) - room
	return max(0, time.Duration(missing/float64(r.limit())*float64(time.Second)))
}

// Take counts one. Where there is no room nothing more is counted: it would only keep the room away for longer.
func (c *Count) Take(r Rate, now time.Time) {
	if c.made(r, now) {
		c.bucket.AllowN(now, 1)
	}
}

// Owe counts one where there is no room, too: room comes back once what is owed has passed. It is for what was let in while there was room, and counts
// only now.
func (c *Count) Owe(r Rate, now time.Time) {
	if c.made(r, now) {
		c.bucket.ReserveN(now, 1)
	}
}

// Give takes back one that was counted. There is never more room than where nothing was counted.
func (c *Count) Give(r Rate, now time.Time) {
	if c != nil && c.bucket != nil && r.Most > 0 {
		c.adopt(r, now)
		c.bucket.ReserveN(now, -1) // what is above the burst goes with the next look
	}
}

// made has a bucket that knows the rate of now; false: nothing is to be counted.
func (c *Count) made(r Rate, now time.Time) bool {
	if r.Most <= 0 {
		return false
	}
	if c.bucket == nil {
		c.bucket = rate.NewLimiter(r.limit(), r.Most)
	}
	c.adopt(r, now)
	return true
}

// adopt has the bucket know the rate of now.
func (c *Count) adopt(r Rate, now time.Time) {
	if c.bucket.Burst() != r.Most || c.bucket.Limit() != r.limit() {
		c.bucket.SetLimitAt(now, r.limit())
		c.bucket.SetBurstAt(now, r.Most)
	}
}

// Key is a person, a place, or a person at a place, as a keyed digest of 2 x 64 bits: an entry has one size, whatever a stranger sends. Two
// keys that collide by chance share a count.
type Key struct{ Name, Place uint64 }

// Keys makes keys. The zero Keys makes none.
type Keys struct{ seed maphash.Seed }

// NewKeys draws a secret of this process by lot, so that nobody can make keys collide.
func NewKeys() Keys { return Keys{seed: maphash.MakeSeed()} }

// Of is the key of a name at a place; either may be empty, which has a 0 in its place.
func (k Keys) Of(name, place string) Key {
	return Key{Name: k.digest(name), Place: k.digest(place)}
}

func (k Keys) digest(text string) uint64 {
	if text == "" {
		return 0
	}
	return maphash.String(k.seed, text)
}
