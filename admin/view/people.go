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
}

// Sessions are people who are in, as accounting and the logins since the start tell.
type Sessions struct {
	Sessions []Session `json:"sessions"` // the newest first
	Left     int       `json:"left_out"` // that do not fit
}

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
