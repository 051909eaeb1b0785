package incident

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"
	"unicode"
	"unicode/utf8"

	"ivalt-radius/guard"
)

// State is where an incident is in its life. The zero State is open.
type State uint8

// The states, in their order: none leads back.
const (
	Opened State = iota
	Acknowledged
	Closed
)

// String is the word of files and commands.
func (s State) String() string {
	switch s {
	case Acknowledged:
		return "acknowledged"
	case Closed:
		return "closed"
	case Opened:
	}
	return "open"
}

// MarshalText writes the word.
func (s State) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads the word.
func (s *State) UnmarshalText(text []byte) error {
	for *s = Opened; *s <= Closed; *s++ {
		if s.String() == string(text) {
			return nil
		}
	}
	return errors.New("none of open, acknowledged and closed")
}

// Outcome is what became of a step.
type Outcome string

// The outcomes.
const (
	Done     Outcome = "done"
	Would    Outcome = "dry_run"  // it would have been done, and was not, since guard.respond.dry_run is set
	Withheld Outcome = "withheld" // it must not be done; the detail says why
	Failed   Outcome = "failed"
)

// Action is a step that was taken, or was not.
type Action struct {
	At      time.Time `json:"at"`
	Step    string    `json:"step"` // notify, watch, block, disconnect
	Outcome Outcome   `json:"outcome"`
	Detail  string    `json:"detail,omitempty"` // safe words
	Until   time.Time `json:"until,omitzero"`   // of what ends
}

// Change is one event of an incident's life.
type Change struct {
	At     time.Time `json:"at"`
	What   string    `json:"what"` // opened, escalated, acknowledged, closed
	By     string    `json:"by"`   // the actor, or "automatic"
	Reason string    `json:"reason,omitempty"`
}

// Automatic is who did what nobody did by hand.
const Automatic = "automatic"

// Incident is one thing that goes on, or went on.
type Incident struct {
	ID       string         `json:"id"` // sortable by day, and unique: 20261126-k7m3
	State    State          `json:"state"`
	Rule     guard.Rule     `json:"rule"`
	Severity guard.Severity `json:"severity"`
	Subject  guard.Subject  `json:"subject"`
	Count    int            `json:"count"` // events, as far as the alerts tell
	Folded   int            `json:"folded,omitempty"`
	First    time.Time      `json:"first"`
	Last     time.Time      `json:"last"`
	Detail   string         `json:"detail"`
	Opened   time.Time      `json:"opened"`
	Closed   time.Time      `json:"closed,omitzero"`
	Answered bool           `json:"answered"` // the steps of its severity were taken
	HeldTo   time.Time      `json:"held_to,omitzero"`
	Evidence []guard.Line   `json:"evidence,omitempty"` // the first ones and the newest ones
	LeftOut  int            `json:"left_out,omitempty"` // lines of evidence between them, and those that are too long
	Actions  []Action       `json:"actions,omitempty"`
	History  []Change       `json:"history"`
}

// Bounds of an incident.
const (
	firstLines  = 20 // of evidence, which stay
	newestLines = 80
	mostRecord  = 3 << 10 // octets of one line of evidence
	mostLines   = 64 << 10
	mostActions = 100
	mostChanges = 100
	mostText    = 1000 // octets
)

// clone is an incident that shares nothing with i.
func (i Incident) clone() Incident {
	i.Evidence, i.Actions, i.History = slices.Clone(i.Evidence), slices.Clone(i.Actions), slices.Clone(i.History)
	return i
}

// Told reports that people were told since it was opened, or became worse.
func (i Incident) Told() bool {
	for _, c := range slices.Backward(i.History) {
		if c.By == Automatic {
			return slices.ContainsFunc(i.Actions, func(a Action) bool { return a.Step == "notify" && a.Outcome == Done && !a.At.Before(c.At) })
		}
	}
	return false
}

// witness adds lines of evidence.
func (i *Incident) witness(lines []guard.Line) {
	for _, line := range lines {
		if !sound(line) {
			i.LeftOut++
			continue
		}
		i.Evidence = append(i.Evidence, line)
	}
	octets := 0
	for _, line := range i.Evidence {
		octets += len(line.Record)
	}
	for len(i.Evidence) > firstLines+newestLines || octets > mostLines && len(i.Evidence) > firstLines {
		octets -= len(i.Evidence[firstLines].Record)
		i.Evidence = slices.Delete(i.Evidence, firstLines, firstLines+1)
		i.LeftOut++
	}
}

// act adds an action; of too many, those after the first one go.
func (i *Incident) act(a Action) {
	a.Detail = clean(a.Detail, mostText)
	if i.Actions = append(i.Actions, a); len(i.Actions) > mostActions {
		i.Actions = slices.Delete(i.Actions, 1, 2)
	}
}

// lapsed reports that a step was taken until a time which has come, a block say: what goes on behind it is to be answered again.
func (i *Incident) lapsed(now time.Time) bool {
	seen := map[string]bool{}
	for _, a := range slices.Backward(i.Actions) {
		if !seen[a.Step] && a.Outcome == Done && !a.Until.IsZero() && !now.Before(a.Until) {
			return true
		}
		seen[a.Step] = true
	}
	return false
}

// change adds to the history; of too many, those after the first one go.
func (i *Incident) change(c Change) {
	if i.History = append(i.History, c); len(i.History) > mostChanges {
		i.History = slices.Delete(i.History, 1, 2)
	}
}

// grow adds an alert. window is the count of the alert before, within its window; it returns this one's.
func (i *Incident) grow(a guard.Alert, window int) int {
	switch {
	case i.Folded > 0:
		i.Count += max(1, len(a.Evidence))
	case i.Count == 0 || a.First.After(i.Last):
		i.Count += max(1, a.Count)
	default: // windows that overlap
		i.Count += max(0, a.Count-window, len(a.Evidence))
	}
	i.Severity = max(i.Severity, a.Severity)
	if i.First.IsZero() || a.First.Before(i.First) {
		i.First = a.First.UTC()
	}
	if a.Last.After(i.Last) {
		i.Last = a.Last.UTC()
	}
	if i.Folded == 0 {
		i.Detail = clean(a.Detail, mostText)
	}
	i.witness(a.Evidence)
	return a.Count
}

// clean is a text without what steers a terminal, and not too long.
func clean(text string, most int) string {
	if len(text) <= most && guard.Printable(text) {
		return text
	}
	out := make([]byte, 0, min(len(text), most))
	for _, r := range text {
		if !unicode.IsPrint(r) {
			r = '?'
		}
		if len(out)+utf8.RuneLen(r) > most {
			break
		}
		out = utf8.AppendRune(out, r)
	}
	return string(out)
}

// check says why a file does not hold an incident of ours; nil where it does.
func (i *Incident) check() error {
	switch {
	case !validID(i.ID):
		return errors.New("its id is none")
	case !regexp.MustCompile(`^[a-z_]{1,40}$`).MatchString(string(i.Rule)):
		return errors.New("its rule is no word")
	case i.Count < 1 || i.Folded < 0 || i.LeftOut < 0:
		return errors.New("it counts less than nothing")
	case i.First.IsZero() || i.Last.IsZero() || i.Opened.IsZero() || (i.State == Closed) == i.Closed.IsZero():
		return errors.New("its times are missing")
	case len(i.Evidence) > firstLines+newestLines || len(i.Actions) > mostActions || len(i.History) > mostChanges || len(i.History) == 0:
		return errors.New("it holds more than an incident does, or no history")
	}
	texts := []string{i.Subject.User, i.Subject.Client, i.Subject.Station, i.Subject.Address.String(), i.Detail}
	for _, a := range i.Actions {
		texts = append(texts, a.Step, string(a.Outcome), a.Detail)
	}
	for _, c := range i.History {
		texts = append(texts, c.What, c.By, c.Reason)
	}
	if slices.ContainsFunc(texts, func(text string) bool { return len(text) > mostText || !guard.Printable(text) }) {
		return errors.New("a text of it is long, or steers terminals")
	}
	if slices.ContainsFunc(i.Evidence, func(line guard.Line) bool { return !sound(line) }) {
		return errors.New("a line of its evidence is no record")
	}
	return nil
}

func validID(id string) bool { return regexp.MustCompile(`^[0-9]{8}-[0-9a-z]{4,8}$`).MatchString(id) }

// about is what the trail says of an incident. Its subject stands in members of its own, where a person can be forgotten.
func (i *Incident) about() string {
	events := "events"
	if i.Count == 1 {
		events = "event"
	}
	return fmt.Sprintf("%s: %s, %s, %d %s", i.ID, i.Rule, i.Severity, i.Count, events)
}

// station is the subject's address or calling station, as the trail's calling_station.
func station(s guard.Subject) string {
	if s.Address.IsValid() {
		return s.Address.String()
	}
	return s.Station
}
