package view

import (
	"time"

	"ivalt-radius/guard/block"
	"ivalt-radius/guard/gate"
)

// SessionFilter says which sessions are wanted; what is empty wants all.
type SessionFilter struct {
	User    string `json:"user,omitempty"`
	Client  string `json:"client,omitempty"`
	Address string `json:"address,omitempty"` // the calling station

	Ended bool      `json:"ended,omitempty"` // those that have ended, by the trail, in the place of those that are there
	Since time.Time `json:"since,omitzero"`  // of those: that ended from then on; zero: in the last day
}

// Sessions are people who are in, as accounting and logins tell.
type Sessions struct {
	Sessions []Session `json:"sessions"`      // the newest first
	Left     int       `json:"left_out"`      // that do not fit; of ended ones those that are left are not counted: 1 where there may be more
	Input    uint64    `json:"input_octets"`  // of all of them that are there, of ended ones those that are listed
	Output   uint64    `json:"output_octets"` // as the one above
}

// The states of a Session.
const (
	SessionOn    = "on"      // accounting tells of it
	SessionLogin = "login"   // its login let it in, and no accounting tells of it: nobody knows whether it is there
	SessionOver  = "overrun" // it goes on behind its end
	SessionEnded = "ended"
)

// Session is one of them.
type Session struct {
	ID             string    `json:"id"` // the NAS's Acct-Session-Id; empty: not told yet
	User           string    `json:"user"`
	Client         string    `json:"client"`
	NAS            string    `json:"nas"`
	CallingStation string    `json:"calling_station"`
	FramedIP       string    `json:"framed_ip"`
	Node           string    `json:"node"` // that heard of it; empty: this one
	Heard          time.Time `json:"heard"`
	Ends           bool      `json:"disconnectable"` // its client takes Disconnect-Requests

	State      string    `json:"state"`             // a word of those above
	Attempt    string    `json:"attempt"`           // the login that let it in; empty: not known
	FramedIPv6 string    `json:"framed_ipv6"`       // an address or a prefix
	Started    time.Time `json:"started,omitzero"`  // left out: the NAS has not told
	Until      time.Time `json:"until,omitzero"`    // the end that its login was given; left out: none, or not known
	Input      uint64    `json:"input_octets"`      // from the person, as the NAS counts
	Output     uint64    `json:"output_octets"`     // to the person
	Unsure     bool      `json:"octets_unsure"`     // a counter went back: the octets are the last that could be believed
	Ended      time.Time `json:"ended_at,omitzero"` // of one that has ended
	Cause      string    `json:"cause"`             // why it ended, in the RFC's word; empty: it has not, or nobody said
}

// People are those of whom something is remembered that decides their next login.
type People struct {
	Lockouts   []gate.Lockout `json:"lockouts"`
	Paused     []gate.Pause   `json:"paused"`
	Blocks     []block.Block  `json:"blocks"`
	Remembered []Remembered   `json:"remembered"`
	LeftOut    int            `json:"left_out"` // remembered ones that do not fit

	LockoutsLeft int `json:"lockouts_left_out"`
	PausedLeft   int `json:"paused_left_out"`
}

// Remembered is a person with approvals that may count again.
type Remembered struct {
	User   string    `json:"user"`
	Count  int       `json:"count"` // logins
	Newest time.Time `json:"newest"`
}

// Release has the server forget what stands against a person, or for them.
type Release struct {
	User       string `json:"user"`
	Lockouts   bool   `json:"lockouts"`   // and pauses
	Remembered bool   `json:"remembered"` // approvals
	Reason     string `json:"reason"`
}

// Released is what was forgotten.
type Released struct {
	User       string `json:"user"` // in canonical form
	Lockouts   bool   `json:"lockouts"`
	Remembered bool   `json:"remembered"`
}
