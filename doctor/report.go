package doctor

import (
	"slices"
	"time"
)

// State is how a finding stands. The zero State is unknown.
type State uint8

// The states.
const (
	Unknown State = iota
	OK
	Warning
	Fault
)

// String is the state's word in every output.
func (s State) String() string {
	words := [...]string{"unknown", "ok", "warning", "fault"}
	if int(s) < len(words) {
		return words[s]
	}
	return words[Unknown]
}

// MarshalText implements encoding.TextMarshaler.
func (s State) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// badness orders the states: one fault makes a finding a fault, and what is unknown is never ok.
func (s State) badness() int { return [...]int{Unknown: 1, OK: 0, Warning: 2, Fault: 3}[min(s, Fault)] }

// Finding is one check with what it found.
type Finding struct {
	ID    string   `json:"id"` // stable: "ivalt.tls"
	Area  string   `json:"area"`
	Title string   `json:"title"`
	State State    `json:"state"`
	Seen  []string `json:"seen"`  // sentences
	Do    []string `json:"do"`    // what to do; empty where nothing is to be done
	Guide []string `json:"guide"` // the items of the security guide's list that it answers
}

// Report is all findings.
type Report struct {
	At       time.Time `json:"time"`
	Version  string    `json:"version"`
	Offline  bool      `json:"offline"`
	Findings []Finding `json:"findings"` // in the order of the areas
	Counts   Counts    `json:"counts"`
}

// Counts are how many findings stand how.
type Counts struct {
	OK      int `json:"ok"`
	Warning int `json:"warning"`
	Fault   int `json:"fault"`
	Unknown int `json:"unknown"`
}

// Judge makes all checks. One that does not apply is left out. It is pure.
func Judge(f Facts, version string) Report {
	r := Report{At: f.At, Version: version, Offline: f.Offline, Findings: []Finding{}}
	for _, c := range checks() {
		if f.Needs.Known && c.applies != nil && !c.applies(&f) {
			continue
		}
		v := &verdict{seen: []string{}, do: []string{}}
		c.judge(&f, v)
		if len(v.seen) == 0 {
			v.unknown("not looked at", "")
		}
		r.Findings = append(r.Findings, Finding{ID: c.id, Area: c.area, Title: c.title, State: v.state(), Seen: v.seen, Do: v.do, Guide: append([]string{}, c.guide...)})
		r.Counts.add(v.state())
	}
	return r
}

func (c *Counts) add(s State) {
	switch s {
	case OK:
		c.OK++
	case Warning:
		c.Warning++
	case Fault:
		c.Fault++
	case Unknown:
		c.Unknown++
	}
}

// check is one look at the facts.
type check struct {
	id, area, title string
	guide           []string
	applies         func(*Facts) bool // nil: always
	judge           func(*Facts, *verdict)
}

// verdict gathers what a check sees.
type verdict struct {
	worst State
	any   bool
	seen  []string
	do    []string
}

func (v *verdict) state() State { return v.worst }

func (v *verdict) add(s State, seen, do string) {
	if !v.any || s.badness() > v.worst.badness() {
		v.worst = s
	}
	v.any = true
	v.seen = append(v.seen, seen)
	if do != "" && !slices.Contains(v.do, do) {
		v.do = append(v.do, do)
	}
}

func (v *verdict) ok(seen string)          { v.add(OK, seen, "") }
func (v *verdict) warning(seen, do string) { v.add(Warning, seen, do) }
func (v *verdict) fault(seen, do string)   { v.add(Fault, seen, do) }
func (v *verdict) unknown(seen, do string) { v.add(Unknown, seen, do) }

// why adds that a fact is not known, and reports whether it is.
func known[T any](f Fact[T], v *verdict, what string) bool {
	if f.Known {
		return true
	}
	reason := f.Why
	if reason == "" {
		reason = "it was not looked at"
	}
	v.unknown(what+": not known: "+reason, "")
	return false
}
