package view

import "time"

// Most of what one document lists.
const (
	MostInFlight = 200
	MostRecent   = 20
	MostAlerts   = 50
	Minutes      = 60 // of Now.Minutes
)

// Now is the server at one moment.
type Now struct {
	At          time.Time `json:"at"`
	Node        string    `json:"node"` // its name; the host's, where it is alone
	Version     string    `json:"version"`
	Started     time.Time `json:"started"`
	Digest      string    `json:"settings"` // of the settings in force
	Draining    bool      `json:"draining"`
	Waiting     int       `json:"waiting"`      // logins without a verdict
	MaxAttempts int       `json:"max_attempts"` // over it a login is rejected as busy
	OldestMS    int64     `json:"oldest_ms"`    // age of the one that waits longest; 0: none waits

	InFlight []InFlight `json:"in_flight"` // the oldest first, MostInFlight at most
	Recent   []Login    `json:"recent"`    // the newest first, MostRecent at most
	Minutes  []Minute   `json:"minutes"`   // the last hour, the oldest first; the last one is not over

	Budget   Budget    `json:"budget"`
	IVALT    Upstream  `json:"ivalt"`
	Approval Histogram `json:"approval"` // from push to approval, since the start
	Totals   Totals    `json:"totals"`   // since the start
	Alerts   []Alert   `json:"alerts"`   // incidents that are not closed, the worst first, MostAlerts at most
	Checks   []Check   `json:"checks"`   // what /readyz says
}

// Stage is how far a login in flight has come: a closed list.
type Stage string

// The stages, in their order.
const (
	StageChecking  Stage = "checking"   // directory, policy or first factor
	StageChallenge Stage = "challenge"  // the NAS has put its question
	StageElsewhere Stage = "other_node" // another node has the phone asked
	StageLookup    Stage = "looking_up" // iVALT is asked for the mobile, or the phone is still another login's
	StageQueued    Stage = "queued"     // for the API budget
	StagePushing   Stage = "pushing"    // the push is on its way
	StageRinging   Stage = "ringing"    // the phone rings, and is polled
	StageAnswering Stage = "answering"  // the phone has answered; record and reply are on their way
)

// InFlight is a login without a verdict.
type InFlight struct {
	Attempt        string    `json:"attempt"`
	Client         string    `json:"client"`
	User           string    `json:"user"`
	CallingStation string    `json:"calling_station"`
	Stage          Stage     `json:"stage"`
	Since          time.Time `json:"since"`   // its first packet
	LeftMS         int64     `json:"left_ms"` // until its answer must leave; never negative
	Exchanges      int       `json:"exchanges"`
	Polls          int       `json:"polls"`
}

// Login is one that has ended: an authentication_attempt of the trail.
type Login struct {
	Seq            uint64    `json:"seq"` // of its record; 0: not on disk yet
	Time           time.Time `json:"time"`
	Attempt        string    `json:"attempt"`
	Client         string    `json:"client"`
	NAS            string    `json:"nas"`
	User           string    `json:"user"`
	CallingStation string    `json:"calling_station"`
	Decision       string    `json:"decision"`
	Rule           string    `json:"rule"`
	Factors        []string  `json:"factors"`
	Verdict        string    `json:"verdict"`
	Reason         string    `json:"reason"`
	DurationMS     int64     `json:"duration_ms"`
	Mobile         string    `json:"mobile"` // masked
	Exchanges      int       `json:"exchanges"`
	Packets        int64     `json:"packets"`
	Detail         string    `json:"detail"`
}

// Minute is what ended within one minute.
type Minute struct {
	At         time.Time `json:"at"`
	Accepted   int       `json:"accepted"`
	Rejected   int       `json:"rejected"`
	Challenged int       `json:"challenged"`
	Pushes     int       `json:"pushes"`
	Waiting    int       `json:"waiting"` // at its end, or now
}

// Budget is what is left of the API budget.
type Budget struct {
	Windows []Window  `json:"windows"`       // those that are limited
	Held    time.Time `json:"held,omitzero"` // iVALT asked for a pause until then
	Shared  bool      `json:"shared"`        // all nodes' together
	Alone   bool      `json:"alone"`         // this node's part of it, while the memory is gone
}

// Window is one window of the budget.
type Window struct {
	Per   string `json:"per"`   // second, minute, hour
	Limit int    `json:"limit"` // what is used of it
	Left  int    `json:"left"`
}

// Upstream is how iVALT, or a directory, is.
type Upstream struct {
	Open  []string  `json:"open"` // endpoints that are closed off by the breaker, since they fail; empty: all are asked
	Since time.Time `json:"since,omitzero"`
	Why   string    `json:"why"` // safe words; empty: nothing is wrong
}

// Histogram counts what took how long.
type Histogram struct {
	BoundsMS []int64  `json:"bounds_ms"` // upper, inclusive, ascending
	Counts   []uint64 `json:"counts"`    // one more than bounds: the last is beyond all of them
	Sum      float64  `json:"sum_ms"`
}

// Totals are counts since the start.
type Totals struct {
	Accepted   uint64            `json:"accepted"`
	Rejected   uint64            `json:"rejected"`
	Challenged uint64            `json:"challenged"`
	Reasons    map[string]uint64 `json:"reasons"`
	Pushes     uint64            `json:"pushes"`
	Polls      uint64            `json:"polls"`
	Joined     uint64            `json:"joined"`     // exchanges that joined a login
	Duplicates uint64            `json:"duplicates"` // packets that were there already
	Dropped    map[string]uint64 `json:"dropped"`    // by cause
}

// Alert is an incident in few words.
type Alert struct {
	ID       string    `json:"id"`
	Rule     string    `json:"rule"`
	Severity string    `json:"severity"`
	State    string    `json:"state"`
	Subject  string    `json:"subject"`
	Count    int       `json:"count"`
	Last     time.Time `json:"last"`
}

// Check is one thing that readiness looks at.
type Check struct {
	Name string `json:"name"` // snake_case
	OK   bool   `json:"ok"`
	Note string `json:"note"` // what is so, or wrong, and what to do; safe words
}
