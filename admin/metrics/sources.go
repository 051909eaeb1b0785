package metrics

import (
	"time"

	"ivalt-radius/admin/view"
)

// Sources are what is asked at each scrape. A nil one has no metric. None may wait: what takes its time is to be kept for a while by whoever
// offers it. All are called from several goroutines at once.
type Sources struct {
	Waiting     func() int           // logins without a verdict
	Oldest      func() time.Duration // age of the one that waits longest; 0: none waits
	MaxAttempts func() int
	Exchanges   func() int // that wait for their reply

	Budget   func() Budget
	Breakers func() []Breaker

	Packets  func() map[string]uint64 // radius's counters, by their words
	Trail    func() Trail
	Shipping func() []Receiver

	Missed       func() uint64 // events that the watch had no room for
	Incidents    func() []Incident
	Blocks       func() int
	Lockouts     func() int
	Secrets      func() []Secret
	Certificates func() []Certificate

	Online func() []Online // who is in, by client

	Nodes    func() (n Nodes, shared bool) // false: the node is alone by its settings
	Checks   func() []view.Check
	Settings func() Settings
	Sessions func() int               // of the operator's window
	SignIns  func() map[string]uint64 // to it, by what came of them: a closed list
}

// Budget is what is left of the API budget.
type Budget struct {
	Windows []view.Window // those that are limited
	Held    time.Duration // no call leaves so long; 0: calls leave
}

// The states of a Breaker.
const (
	BreakerClosed  = "closed"
	BreakerFailing = "failing"
	BreakerRefused = "refused"
)

// Breaker is what can be expected of one of iVALT's endpoints.
type Breaker struct {
	Endpoint string // look-up, push, result
	State    string // any other word than those of the states counts as failing
}

// Trail is how the audit trail does.
type Trail struct {
	Records uint64 // the number of the last one on disk
	Lag     uint64 // those that are not
	Lost    uint64 // since the start
	Failing bool
}

// Receiver is one to whom the trail is shipped.
type Receiver struct {
	Name    string
	Records uint64        // that it is behind
	Behind  time.Duration // the age of the oldest of them
	Skipped uint64        // that it will never get
	Failing bool
}

// Incident are those that are not closed, of one kind.
type Incident struct {
	Rule, Severity, State string
	Count                 int
}

// Secret is how old a secret of the settings is.
type Secret struct {
	Key string // its path, never its text
	Age time.Duration
}

// Certificate is when one ends.
type Certificate struct {
	Use   string // "window", "redis", "ivalt"
	Until time.Time
}

// Online is who is in at one client.
type Online struct {
	Client    string
	Accounted int    // sessions of which accounting tells
	Logins    int    // of which their login alone told
	In, Out   uint64 // octets from the people and to them
	Overruns  uint64
}

// Nodes are those that share the memory.
type Nodes struct {
	Alive, Left, Dead int
	Differing         int
	Reachable         bool // the memory
	Alone             bool // this node goes on by itself
}

// Settings are those in force.
type Settings struct{ Version, Digest string }
