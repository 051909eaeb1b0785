package dynauth

import (
	"fmt"
	"net/netip"
	"strings"
)

// State is what became of a session. The zero State is that it was not asked for.
type State string

// The states.
const (
	Disconnected State = "disconnected" // the NAS has ended it
	Gone         State = "gone"         // the NAS knows of no such session
	Refused      State = "refused"      // the NAS has not ended it; Cause says why where the NAS did
	Silent       State = "silent"       // no answer that can be believed
	Unsupported  State = "unsupported"  // the client has no disconnect_port: nothing was sent
	Unknown      State = "unknown"      // the settings have no such client at that address any more: nothing was sent
	Unsent       State = "unsent"       // it could not be sent, or the time was over before
)

// states are all of them, in the order in which they are said.
func states() []State {
	return []State{Disconnected, Gone, Refused, Silent, Unsupported, Unknown, Unsent}
}

// String is the state in a few words that say what to do.
func (s State) String() string {
	switch s {
	case Disconnected, Gone, Refused:
		return string(s)
	case Silent:
		return "without an answer"
	case Unsupported:
		return "on a NAS without clients[].disconnect_port"
	case Unknown:
		return "of a client that the settings no longer have"
	case Unsent:
	}
	return "not sent"
}

// Outcome is what became of one session.
type Outcome struct {
	State   State      `json:"state"`
	Cause   string     `json:"cause,omitempty"` // the NAS's Error-Cause in words, or why it could not be sent
	Client  string     `json:"client"`
	NAS     netip.Addr `json:"nas"`               // where the NAS sends from
	User    string     `json:"user,omitempty"`    // in canonical form
	Station netip.Addr `json:"station,omitzero"`  // of the person
	Session string     `json:"session,omitempty"` // Acct-Session-Id; empty: the NAS has told none
}

// Result is what became of all of them.
type Result struct {
	Sessions []Outcome `json:"sessions"`
	Left     int       `json:"left,omitempty"` // sessions beyond the most that one call asks for: ask again
}

// Count is how many sessions ended so.
func (r Result) Count(s State) int {
	n := 0
	for _, o := range r.Sessions {
		if o.State == s {
			n++
		}
	}
	return n
}

// String is the result in safe words, for the trail and for people.
func (r Result) String() string {
	if len(r.Sessions) == 0 {
		return "no session is known"
	}
	plural := "s"
	if len(r.Sessions) == 1 {
		plural = ""
	}
	var parts []string
	for _, s := range states() {
		if n := r.Count(s); n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, s))
		}
	}
	text := fmt.Sprintf("%d session%s: %s", len(r.Sessions), plural, strings.Join(parts, ", "))
	if r.Left > 0 {
		text += fmt.Sprintf("; %d more not asked for yet", r.Left)
	}
	return text
}
