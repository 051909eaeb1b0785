package copies

import "sync/atomic"

// Room counts the logins whose directory and first factor are being asked apart from who read their packet. The zero Room is empty.
type Room struct{ atomic.Int64 }

// Enter counts one more, where there are fewer than most.
func (r *Room) Enter(most int) bool {
	if int(r.Add(1)) > most {
		r.Leave()
		return false
	}
	return true
}

// Leave counts one off.
func (r *Room) Leave() { r.Add(-1) }

// Apart goes on with a login that was counted, and counts it off once it is open: what wait gives is what open gave, or what that waited for.
func Apart[V any](r *Room, open func() (V, func() V)) (wait func() V) {
	counted := func() (V, func() V) {
		defer r.Leave()
		return open()
	}
	return func() V {
		verdict, wait := counted()
		if wait != nil {
			verdict = wait()
		}
		return verdict
	}
}
