package view

import (
	"encoding/json"
	"time"
)

// MostLogins is how many one Logins has.
const MostLogins = 200

// LoginFilter says which logins are wanted; what is empty wants all.
type LoginFilter struct {
	Since          time.Time `json:"since,omitzero"` // inclusive
	Until          time.Time `json:"until,omitzero"` // exclusive
	User           string    `json:"user,omitempty"` // as typed; compared in canonical form
	Client         string    `json:"client,omitempty"`
	CallingStation string    `json:"calling_station,omitempty"`
	Verdict        string    `json:"verdict,omitempty"`
	Reason         string    `json:"reason,omitempty"`
	Limit          int       `json:"limit,omitempty"`  // 0: 50; MostLogins at most
	Before         uint64    `json:"before,omitempty"` // records with a lower number alone; 0: all
}

// Logins are those that a filter wants, the newest first.
type Logins struct {
	Logins []Login `json:"logins"`
	More   uint64  `json:"more"` // the `before` of those that follow; 0: there are none
}

// Story is everything that is known of one login.
type Story struct {
	Attempt  string    `json:"attempt"`
	InFlight *InFlight `json:"in_flight"` // it waits; null: it has ended, or another node has it
	Login    *Login    `json:"login"`     // how it ended; null: it has not
	Steps    []Step    `json:"steps"`     // in order
	LeftOut  int       `json:"left_out"`  // steps between the first ones and the last ones
}

// Step is one record of a login.
type Step struct {
	Time   time.Time       `json:"time"`
	Seq    uint64          `json:"seq"`
	Type   string          `json:"type"`
	What   string          `json:"what"`   // event or call
	Words  string          `json:"words"`  // what it means, for people
	Record json.RawMessage `json:"record"` // the line of the trail
}

// Question is a login that might be.
type Question struct {
	User           string    `json:"user"`
	Client         string    `json:"client"`
	CallingStation string    `json:"calling_station,omitempty"`
	At             time.Time `json:"at,omitzero"` // zero: now
}

// Explanation is how it would be decided.
type Explanation struct {
	Decision string `json:"decision"` // deny, require_push, exempt
	Reason   string `json:"reason"`   // of a denial
	Rows     []Row  `json:"rows"`     // what `explain` prints, line by line
}

// Row is one line of an explanation.
type Row struct {
	Name string `json:"name"`
	Text string `json:"text"`
}
