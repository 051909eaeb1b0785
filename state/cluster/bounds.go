package cluster

import (
	"errors"
	"time"
)

// What is kept is bounded, in size and in time.
const (
	MostSize      = 16 << 10       // octets of an Answer and of Progress.State
	MostExchanges = 64             // of an attempt that Repeated holds for
	MostID        = 128            // octets of an attempt's ID
	Longest       = 48 * time.Hour // of any duration that is kept

	Grace    = time.Minute            // behind its life, before an attempt or a claim is over
	Told     = 30 * time.Second       // followers are told an answer for that long
	EndKept  = 2 * time.Minute        // a claim's end is told to whoever takes its attempt over
	Look     = 500 * time.Millisecond // Await looks by itself: a wake-up may be lost
	Patience = 10 * time.Second       // of Await with a memory that cannot be asked
)

// Faults of the caller.
var (
	errID       = errors.New("an attempt needs an ID of at most 128 visible octets")
	errSize     = errors.New("an answer or a progress is of at most 16 KiB")
	errDuration = errors.New("a duration is of at most 48 h, and a claim's life is longer than 0")
	errPhone    = errors.New("a bid needs a phone")
	errKind     = errors.New("an end is of one of the kinds")
)

// Valid says whether a memory takes it. So do all of this name.
func (e Entry) Valid() error {
	return first(id(e.ID), durations(e.Life))
}

// Valid is that of Entry.
func (e Conclusion) Valid() error {
	return first(size(e.Answer), durations(e.Joinable, e.Repeated, e.Renewed))
}

// Valid is that of Entry.
func (b Bid) Valid() error {
	switch {
	case b.Phone == "" || len(b.Phone) > MostID:
		return errPhone
	case b.Life <= 0:
		return errDuration
	case b.Renews != "" && (id(b.Renews) != nil || b.Renews == b.Attempt):
		return errID
	}
	return first(id(b.Attempt), durations(b.Life))
}

// Valid is that of Entry.
func (p Progress) Valid() error { return size(p.State) }

// Valid is that of Entry.
func (e Ending) Valid() error {
	if e.Kind > Found {
		return errKind
	}
	return first(size(e.Answer), durations(e.Hold, e.Taint, e.Spent, e.Late))
}

func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func id(text string) error {
	if text == "" || len(text) > MostID {
		return errID
	}
	for _, c := range []byte(text) {
		if c <= ' ' || c > '~' {
			return errID
		}
	}
	return nil
}

func size(text []byte) error {
	if len(text) > MostSize {
		return errSize
	}
	return nil
}

func durations(all ...time.Duration) error {
	for _, d := range all {
		if d < 0 || d > Longest {
			return errDuration
		}
	}
	return nil
}
