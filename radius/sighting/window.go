package sighting

import (
	"math"
	"slices"
	"time"
)

// How many of the newest are kept of an address. What was learned is so replaced soon after a NAS was set anew.
const (
	mostTimes     = 16 // intervals, and as many patiences
	mostApprovals = 64
)

// never stands for an approval that came after its answer had left: no patience is enough for it.
const never = math.MaxUint32

// window holds the newest numbers, in no order.
type window struct {
	Values []uint32 `json:"values"`
	Next   int      `json:"next"` // that goes next, once the window is full
}

func (w *window) add(v uint32, most int) {
	if len(w.Values) < most {
		w.Values = append(w.Values, v)
		return
	}
	w.Next %= most
	w.Values[w.Next] = v
	w.Next++
}

// bound makes a window of what a file says.
func (w *window) bound(most int) {
	w.Values = w.Values[:min(len(w.Values), most)]
	w.Next = max(0, w.Next)
}

// median is the middle one, of an even number the lower one of two; 0 where there is none.
func (w *window) median() uint32 {
	if len(w.Values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(w.Values))
	return sorted[(len(sorted)-1)/2]
}

// beyond is how many are greater.
func (w *window) beyond(v uint32) (n int) {
	for _, value := range w.Values {
		if value > v {
			n++
		}
	}
	return n
}

func (w *window) clone() window { return window{slices.Clone(w.Values), w.Next} }

// millis is a time that is no longer than what can be kept, and never "never".
func millis(d time.Duration) uint32 {
	return uint32(min(max(0, d.Milliseconds()), never-1))
}

// estimate is what a window says of a time.
func (w *window) estimate() Estimate {
	return Estimate{Time: time.Duration(w.median()) * time.Millisecond, Logins: len(w.Values)}
}
