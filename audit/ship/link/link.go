package link

import (
	"context"
	"errors"
	"net"
	"os"
	"syscall"
	"time"

	"ivalt-radius/audit/ship/syslog"
)

// Link is an open way to a receiver. One goroutine owns it. It is closed when the context of its Open ends, whatever it is doing.
type Link interface {
	// Send sends one record. cut: not all of it fitted. It waits for a slow receiver while anything moves.
	Send(m syslog.Message) (cut bool, err error)
	// Trouble is what has become of the link since, without waiting.
	Trouble() error
	// Finish returns nil once all that was sent has been taken, as far as that can be known. Nothing is sent behind it.
	Finish(ctx context.Context) error
	// Close gives the link up at once.
	Close() error
}

// Target is a receiver.
type Target interface {
	// Open opens a link within ten seconds.
	Open(ctx context.Context) (Link, error)
	// Manner says how the receiver wants to be treated.
	Manner() Manner
}

// Manner is how a receiver is treated.
type Manner struct {
	Settle  time.Duration // how long a link must stay sound behind a record until that counts as taken
	Receipt bool          // only what Finish has confirmed counts
	Burst   int           // records at a stretch
	Rest    time.Duration // between two bursts
}

// ErrUnread is a receiver that has not read what was sent, or not yet: less at a time may help one that is slow.
var ErrUnread = errors.New("unread")

// Error is a failure in words of ours: nothing in it comes from the receiver.
type Error struct {
	What  string // "cannot be reached"
	Cause error
}

// Error is What, and the system's word for it.
func (e *Error) Error() string {
	var number syscall.Errno
	switch {
	case errors.As(e.Cause, &number):
		return e.What + ": " + number.Error()
	case errors.Is(e.Cause, os.ErrDeadlineExceeded), errors.Is(e.Cause, context.DeadlineExceeded):
		return e.What + ": no answer in time"
	}
	return e.What
}

// Unwrap is the cause.
func (e *Error) Unwrap() error { return e.Cause }

// openWithin bounds the opening of a link, and patience is how long a receiver may take nothing.
const (
	openWithin = 10 * time.Second
	patience   = 30 * time.Second
)

// dial connects.
func dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := (&net.Dialer{Timeout: openWithin}).DialContext(ctx, network, address)
	var unknown *net.DNSError
	switch {
	case errors.As(err, &unknown):
		return nil, &Error{"its name is not known", nil} // the error quotes what a name server says
	case err != nil:
		return nil, &Error{"cannot be reached", err}
	}
	return conn, nil
}
