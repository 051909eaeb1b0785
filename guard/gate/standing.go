package gate

import "ivalt-radius/guard/gate/lockout"

// LockedOut is how many lockouts are in force. It looks at each of them under the lock, so it is not for every moment.
func (g *Gate) LockedOut() (n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.locks.InForce(g.deps.Now(), func(lockout.Pair, lockout.Lock) { n++ })
	return n
}
