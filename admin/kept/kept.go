package kept

import "time"

// Fresh is for how long something counts as new: a little less than a second, so that whoever asks once a second finds something new each time.
const Fresh = 900 * time.Millisecond

// For is a look whose result counts for a while, counted from its end, by a clock that may be set back. Whoever comes while one looks waits for
// that one. Where look panics nothing is kept, and the panic is the caller's. It is safe for concurrent use.
func For[T any](life time.Duration, now func() time.Time, look func() T) func() T {
	turn := make(chan struct{}, 1) // held by whoever looks, which may take long
	var value T
	var at time.Time
	return func() T {
		turn <- struct{}{}
		defer func() { <-turn }()
		if age := now().Sub(at); at.IsZero() || age < 0 || age >= life {
			value, at = look(), now()
		}
		return value
	}
}
