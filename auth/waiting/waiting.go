package waiting

import (
	"time"

	"ivalt-radius/auth/outcome"
)

// For is what a login waits for. The zero For is that nobody was asked yet.
type For uint8

// What they wait for.
const (
	Turn      For = iota // its phone is not asked yet
	Phone                // its phone, which this node asks
	OtherNode            // its phone, which another node asks
	Question             // the answer to a challenge
)

// Login is one that waits. Its texts come from the network.
type Login struct {
	Attempt        string
	Client         string
	User           string // in canonical form
	CallingStation string
	Since          time.Time     // when its first packet came
	LeaveBy        time.Time     // when its answer must leave; of a Question: until when that may be answered
	Exchanges      int           // that ever waited for its verdict
	For            For           // what it waits for
	Asked          outcome.Asked // its push, for who sent it; nil: there is none
}

// Snapshot is who waits at one moment.
type Snapshot struct {
	Waiting  int       // logins without a verdict, open challenges aside
	Oldest   time.Time // the first packet of the one that came first of those; zero: none waits
	Draining bool      // no new login is taken
	Logins   []Login   // the oldest first; those behind a challenge fill what the others leave free
}
