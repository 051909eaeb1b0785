package answers

import (
	"net/http"
	"time"
)

// Delivery is how an answer travels. The zero Delivery is as it should.
type Delivery uint8

// The ways to travel.
const (
	Whole            Delivery = iota
	Genuine                   // the genuine answer belongs here, after a while
	ConnectionClosed          // the connection ends without a word
	Halfway                   // it ends in the middle of the body
	Stalled                   // nothing comes until the client gives up
	StalledHalfway            // half of the body comes, then nothing
)

// Silent reports whether not even a status arrives.
func (d Delivery) Silent() bool { return d == ConnectionClosed || d == Stalled }

// Forged is a faulty answer.
type Forged struct {
	Reply
	Delivery Delivery
}

// stallDefault is how long a stalled answer outlasts a client that never gives up.
const stallDefault = time.Minute

// Send delivers the answer. A stall ends with the client's patience, or after the delay; 0 is 1 minute. Where the
// connection has to end without a proper answer Send panics with http.ErrAbortHandler, net/http's own way to do that.
func (f Forged) Send(w http.ResponseWriter, r *http.Request, delay time.Duration) {
	if delay == 0 {
		delay = stallDefault
	}
	switch f.Delivery {
	case Whole, Genuine:
		f.Write(w)
		return
	case Halfway:
		f.writeHalf(w)
	case StalledHalfway:
		f.writeHalf(w)
		Pause(r, delay)
	case Stalled:
		Pause(r, delay)
	case ConnectionClosed:
	}
	panic(http.ErrAbortHandler)
}

// Pause waits, at most until the client is gone.
func Pause(r *http.Request, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-r.Context().Done():
	}
}
