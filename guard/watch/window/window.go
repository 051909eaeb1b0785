package window

import (
	"math"
	"slices"
	"time"
)

// Window holds the events of one subject, the oldest first. It is exact for as many as it keeps; where there are more, neighbours are
// taken together at the time of the earlier one, so that it counts too few rather than too many. The zero Window is empty.
type Window struct {
	marks []mark
}

// mark is an event, or several that were taken together.
type mark struct {
	at time.Duration
	of uint32 // who did it; 0: nobody in particular
	n  uint32
}

// Add counts one more event.
func (w *Window) Add(at time.Duration, of uint32, keeps int) {
	w.marks = append(w.marks, mark{at: at, of: of, n: 1})
	w.fit(keeps)
}

// Renew counts whoever did it once, however often: the last time counts. Beyond what the window keeps the earliest are forgotten.
func (w *Window) Renew(at time.Duration, of uint32, keeps int) {
	w.Forgive(of)
	if len(w.marks) >= max(1, keeps) {
		w.marks = slices.Delete(w.marks, 0, 1)
	}
	w.marks = append(w.marks, mark{at: at, of: of, n: 1})
}

// fit takes the two neighbours together that are closest.
func (w *Window) fit(keeps int) {
	if len(w.marks) <= max(1, keeps) {
		return
	}
	closest, gap := 1, time.Duration(math.MaxInt64)
	for i := 1; i < len(w.marks); i++ {
		if d := w.marks[i].at - w.marks[i-1].at; d < gap {
			closest, gap = i, d
		}
	}
	before, gone := &w.marks[closest-1], w.marks[closest]
	before.n = uint32(min(uint64(before.n)+uint64(gone.n), math.MaxUint32))
	if before.of != gone.of {
		before.of = 0
	}
	w.marks = slices.Delete(w.marks, closest, closest+1)
}

// Expire forgets what is as old as that, or older.
func (w *Window) Expire(until time.Duration) {
	n := 0
	for n < len(w.marks) && w.marks[n].at <= until {
		n++
	}
	w.marks = slices.Delete(w.marks, 0, n)
}

// Forgive forgets what somebody did.
func (w *Window) Forgive(of uint32) {
	w.marks = slices.DeleteFunc(w.marks, func(m mark) bool { return m.of == of })
}

// TakeBack forgets the newest event.
func (w *Window) TakeBack() {
	if last := len(w.marks) - 1; last >= 0 {
		if w.marks[last].n--; w.marks[last].n == 0 {
			w.marks = w.marks[:last]
		}
	}
}

// Clear forgets all; the room stays.
func (w *Window) Clear() { w.marks = w.marks[:0] }

// Count is how many events there are.
func (w *Window) Count() int {
	n := 0
	for _, m := range w.marks {
		n += int(m.n)
	}
	return n
}

// First is when the oldest event was; 0 where there is none.
func (w *Window) First() time.Duration {
	if len(w.marks) == 0 {
		return 0
	}
	return w.marks[0].at
}
