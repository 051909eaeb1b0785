package api

import (
	"time"

	"ivalt-radius/admin/view"
	"ivalt-radius/guard/block"
	"ivalt-radius/guard/incident"
	"ivalt-radius/state/cluster"
)

// The documents of commands whose types are the commands' own. A test holds them against what the commands say.

// Disconnected is what became of the sessions that were to end, as `disconnect` says.
type Disconnected struct {
	Sessions []EndedSession `json:"sessions"`
	Left     int            `json:"left,omitempty"` // sessions beyond the most that one request asks for: ask again
}

// EndedSession is what became of one of them.
type EndedSession struct {
	State   string `json:"state"`           // disconnected, gone, refused, silent, unsupported, unknown, unsent
	Cause   string `json:"cause,omitempty"` // why
	Client  string `json:"client"`
	NAS     string `json:"nas"`
	User    string `json:"user,omitempty"`
	Station string `json:"station,omitempty"`
	Session string `json:"session,omitempty"` // the NAS's Acct-Session-Id
}

// Placed is a block that is in force, as `block` says.
type Placed struct {
	Block    block.Block `json:"block"`
	Sessions int         `json:"sessions"`         // that were ended
	Undone   string      `json:"undone,omitempty"` // why not all were
}

// Lifted is what `unblock` lifted.
type Lifted struct {
	Subject  string        `json:"subject"`
	Lifted   bool          `json:"lifted"`   // there was a block
	Released bool          `json:"released"` // lockouts and pauses are lifted too
	Covering []block.Block `json:"covering,omitempty"`
}

// Handled is an incident after something was done to it, as `incidents ack` and `incidents close` say.
type Handled struct {
	Incident incident.Incident `json:"incident"`
	Blocks   []block.Block     `json:"blocks"` // in force: those that follow from it, and those of its subject
}

// Said is what became of an order about a client, in words.
type Said struct {
	Said []string `json:"said"` // lines
}

// Nodes are those that share one memory, as `nodes` shows them.
type Nodes struct {
	Node   string `json:"node"`
	Memory Memory `json:"memory"`
	Nodes  []Node `json:"nodes"`
}

// Memory is what is known of the shared memory.
type Memory struct {
	Mode      string     `json:"mode"`
	Addresses []string   `json:"addresses"`
	TLS       bool       `json:"tls"`
	Reachable bool       `json:"reachable"`
	Since     *time.Time `json:"since"`
	Why       string     `json:"why"`
	Version   string     `json:"version"`
	Eviction  string     `json:"eviction"`
	Replicas  int        `json:"replicas"`
	OnFailure string     `json:"on_failure"`
	Alone     bool       `json:"alone"`
	Hears     bool       `json:"hears"`
	Stale     bool       `json:"stale"`
}

// Node is one of them.
type Node struct {
	cluster.Node

	State   string `json:"state"` // alive, left, dead
	Differs bool   `json:"differs"`
}

// The documents that are the API's own.

// Health is what readiness looks at.
type Health struct {
	Ready  bool         `json:"ready"` // all checks are well
	Checks []view.Check `json:"checks"`
}

// Whoami is who asks, and what they may do.
type Whoami struct {
	Name        string    `json:"name"` // of the account or the token
	Machine     bool      `json:"machine"`
	Role        string    `json:"role"`
	Permissions []string  `json:"permissions"`
	Ends        time.Time `json:"session_ends,omitzero"` // left out for a token
	Version     string    `json:"version"`               // of the server
}
