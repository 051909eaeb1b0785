package state

import "time"

// Allowance is the budget of an API's calls as those who spend it see it. A Budget is one for a single node; nodes that share one
// key share one Allowance. All methods are safe for concurrent use, and none but Reserve may block.
type Allowance interface {
	Spender
	Plan
}

// Reachable is implemented by an Allowance that is kept elsewhere. While it is false, what was refused was refused since that place could not be
// asked.
type Reachable interface{ Reachable() bool }

// Spender pays for calls.
type Spender interface {
	// Reserve sets n places of the minute and the hour aside for calls that will follow soon, all or none. It reports false
	// where they do not fit or a penalty runs. Each place must end by TakeReserved or Release. n <= 0 reserves nothing and
	// reports true. It may block for a round trip to where several nodes count together, so no lock may be held meanwhile.
	Reserve(n int) bool
	// Release gives back n reserved places that no call used.
	Release(n int)
	// TakeReserved spends one reserved place. 0 means go now: the call counts. Otherwise nothing was spent: ask again after wait.
	TakeReserved() (wait time.Duration)
	// Take asks for one call without a reservation. 0 means go now: the call counts. Otherwise nothing was spent: ask again
	// after wait.
	Take() (wait time.Duration)
}

// Plan is what is known of the API's limits and of their use.
type Plan interface {
	// SetLimits replaces the operator's limits. Calls already made keep counting.
	SetLimits(l Limits)
	// Penalise lets no call leave before until: the API said "too many". An earlier penalty that ends later stays.
	Penalise(until time.Time)
	// Heed takes what the API says of its own counting.
	Heed(n Notice)
	// Use is how full the windows are.
	Use() Use
}

// Notice is what an API says of one of its windows. Which one it speaks of is guessed from its limit and from the time until it
// has room again.
type Notice struct {
	Limit     int           // calls that the window allows; less than 1 says nothing
	Remaining int           // of them not used
	Reset     time.Duration // until there are more; 0 where it does not say
}

// Use is how full the minute and the hour are, calls made and places reserved together: 0 is empty or unlimited, 1 is full.
type Use struct{ Minute, Hour float64 }

// mostHeeded bounds how long one notice counts, so that no odd one stops all calls for long; leastTold is the part of the operator's
// limit below which a limit that was not expected is no limit of this window.
const (
	mostHeeded = 15 * time.Minute
	leastTold  = 10
)

// Heed implements Plan. A limit below the operator's holds for as long as the API may keep it up, 15 min at most without another
// notice; one above it changes nothing. No more is left here than 97 % of what the API says is left: calls that it counts and this Budget
// does not, since another program uses the key or an earlier process did, are counted too until the API's window has room again. Each
// notice replaces what the one before it said of the same window.
func (b *Budget) Heed(n Notice) {
	b.mu.Lock()
	defer b.mu.Unlock()
	t := b.tick()
	i := Limits{b.second.asked, b.minute.asked, b.hour.asked}.Window(n)
	if i < 0 {
		return
	}
	w := []*window{&b.second, &b.minute, &b.hour}[i]
	w.forget()
	w.told, w.toldUntil = n.Limit, t+min(w.length, mostHeeded)
	if foreign := w.left(0) - usable(min(n.Remaining, n.Limit)); foreign > 0 {
		w.foreign, w.foreignUntil = foreign, t+w.resets(n.Reset)
	}
}

// resets is how long calls that the API alone counts are held to count: until its reset, and a minute at most where it tells none.
func (w *window) resets(reset time.Duration) time.Duration {
	if reset <= 0 {
		reset = time.Minute
	}
	return min(reset, w.length, mostHeeded)
}

// Window is the limited window that a notice speaks of (0 the second, 1 the minute, 2 the hour): one whose limit it names, of several the one that
// its reset fits; else the shortest one that can last until its reset; -1 where it cannot be told, or is too low for that window's.
func (l Limits) Window(n Notice) int {
	limits, lengths := [3]int{l.PerSecond, l.PerMinute, l.PerHour}, [3]time.Duration{time.Second, time.Minute, time.Hour}
	named := func(i int) bool { return limits[i] > 0 && limits[i] == n.Limit }
	lasts := func(i int) bool { return limits[i] > 0 && n.Reset <= lengths[i]+time.Second }
	if n.Limit < 1 {
		return -1
	}
	for _, fits := range []func(int) bool{
		func(i int) bool { return named(i) && lasts(i) },
		named,
		func(i int) bool { return n.Reset > 0 && lasts(i) },
	} {
		for i, limit := range limits {
			if !fits(i) {
				continue
			}
			if n.Limit < limit/leastTold {
				return -1
			}
			return i
		}
	}
	return -1
}

// Divided are one node's limits where n nodes share these and do not know of each other: at least one call each.
func (l Limits) Divided(n int) Limits {
	part := func(limit int) int {
		if limit <= 0 {
			return limit
		}
		return max(1, limit/max(1, n))
	}
	return Limits{PerSecond: part(l.PerSecond), PerMinute: part(l.PerMinute), PerHour: part(l.PerHour)}
}

// Use implements Plan.
func (b *Budget) Use() Use {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.tick()
	return Use{Minute: b.minute.use(b.reserved), Hour: b.hour.use(b.reserved)}
}
