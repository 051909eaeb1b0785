package view

import "time"

// Settings are those in force. Secrets are redacted.
type Settings struct {
	Digest  string    `json:"digest"`
	File    string    `json:"file"`
	Since   time.Time `json:"since"`   // when they came into force
	Started time.Time `json:"started"` // the server
	Entries []Entry   `json:"entries"` // in the order of the docs
	Changes []Change  `json:"changes"` // since the start
	Pending []Change  `json:"pending"` // that the file has and a reload would take
	Faults  []Fault   `json:"faults"`  // of the file as it is now: a reload would be refused where one is no warning
}

// Entry is one key.
type Entry struct {
	Key     string `json:"key"`
	Value   string `json:"value"` // redacted
	Default bool   `json:"default"`
	Origin  string `json:"origin"`  // file, environment, default
	Meaning string `json:"meaning"` // from the docs
}

// Change is one key that differs.
type Change struct {
	Key     string `json:"key"`
	Before  string `json:"before"`
	After   string `json:"after"`
	Restart bool   `json:"restart"` // it needs one
}

// Fault is what is wrong with a key.
type Fault struct {
	Key     string `json:"key"`
	File    string `json:"file"`
	Line    int    `json:"line"`
	Message string `json:"message"`
	Warning bool   `json:"warning"`
}

// Reloaded is what a reload came to.
type Reloaded struct {
	Taken   bool     `json:"taken"`
	Digest  string   `json:"digest"` // in force now
	Changes []Change `json:"changes"`
	Faults  []Fault  `json:"faults"`
}

// Rehearsal is a login to be tried. It is no login: nobody is let in by it.
type Rehearsal struct {
	Cloud          Cloud  `json:"cloud"`
	User           string `json:"user"`
	Client         string `json:"client"`
	CallingStation string `json:"calling_station,omitempty"`
	Password       string `json:"password,omitempty"` // for a first factor; it is kept nowhere
	Answer         string `json:"answer,omitempty"`   // of the simulator: approve, deny, silent, geofence, timezone, unknown_user; empty: approve
	Reason         string `json:"reason"`
}

// Cloud is who is asked: a closed list.
type Cloud string

// The clouds.
const (
	Simulator  Cloud = "simulator"  // one that the server starts for the rehearsal
	Configured Cloud = "configured" // the iVALT of the settings: the person's phone rings
)

// Rehearsed is how a rehearsal goes.
type Rehearsed struct {
	ID      string          `json:"id"`
	Cloud   Cloud           `json:"cloud"`
	User    string          `json:"user"`
	Client  string          `json:"client"`
	Begun   time.Time       `json:"begun"`
	Over    bool            `json:"over"`
	Verdict string          `json:"verdict"`
	Reason  string          `json:"reason"`
	Reply   []Row           `json:"reply"` // attributes of the answer
	Steps   []RehearsalStep `json:"steps"`
}

// RehearsalStep is one of them.
type RehearsalStep struct {
	AfterMS int64  `json:"after_ms"` // from the beginning
	Name    string `json:"name"`
	Text    string `json:"text"`
	OK      bool   `json:"ok"`
}
