package measuring

import (
	"sync"
	"time"
)

// kept is a look whose result counts for a while. Whoever comes while one looks waits for that one.
func kept[T any](now func() time.Time, life time.Duration, look func() T) func() T {
	var mu sync.Mutex
	var value T
	var at time.Time
	return func() T {
		mu.Lock()
		defer mu.Unlock()
		if age := now().Sub(at); at.IsZero() || age < 0 || age >= life { // the clock may be set back
			value, at = look(), now()
		}
		return value
	}
}
