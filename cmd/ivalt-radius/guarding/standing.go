package guarding

// Blocked is how many people and networks are blocked.
func (g *Guard) Blocked() int { return len(g.blocks.All()) }

// Missed is how many events the watch had no room for.
func (g *Guard) Missed() uint64 { return g.watch.Missed() }

// LockedOut is how many lockouts are in force.
func (g *Guard) LockedOut() int { return g.Gate.LockedOut() }
