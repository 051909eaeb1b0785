package compliance

import (
	"strings"
	"time"
	"unicode"
)

// Notice is what every report says first.
const Notice = "This is evidence for an auditor, and no certificate: it says what a program could see of one node at one moment. " +
	"A control passes where every check below it does; the control itself asks for more than that. People's work counts in no score."

// Format is the version of the report's fields.
const Format = 1

// Report is the answer of a framework's controls. Its JSON names are stable: later versions add some.
type Report struct {
	Format    int            `json:"format"`
	Notice    string         `json:"notice"`
	Framework string         `json:"framework"`
	Title     string         `json:"title"`
	Made      time.Time      `json:"made"`
	Since     time.Time      `json:"since"` // of the period in which the trail was looked at
	Version   string         `json:"version"`
	Digest    string         `json:"settings_digest"` // empty: not known
	Trail     TrailSeen      `json:"trail"`
	Score     Score          `json:"score"`
	Controls  []ControlSeen  `json:"controls"`
	Checks    []CheckOutcome `json:"checks"` // those that the controls name, each once
}

// TrailSeen says which trail it was, so that whoever verifies it later sees the same.
type TrailSeen struct {
	Records int    `json:"records"`
	First   uint64 `json:"first"`
	Key     string `json:"key"` // the public key's fingerprint; empty: not looked at
}

// Score counts controls.
type Score struct {
	Percent       *int `json:"percent"` // passed of those that apply and are checked, rounded down; nil: there are none
	Passed        int  `json:"passed"`
	Failed        int  `json:"failed"`
	Unknown       int  `json:"unknown"`
	NotApplicable int  `json:"not_applicable"`
	People        int  `json:"peoples_work"`
}

// Clean reports that every control that applies and is checked has passed, and that there is one.
func (s Score) Clean() bool { return s.Passed > 0 && s.Failed == 0 && s.Unknown == 0 }

// ControlSeen is a control with what became of it.
type ControlSeen struct {
	Reference string   `json:"reference"`
	Summary   string   `json:"summary"`
	Outcome   Outcome  `json:"outcome"`
	Checks    []string `json:"checks"`
	People    string   `json:"peoples_work"` // what people must show; empty: nothing is named
}

// CheckOutcome is a check with what became of it.
type CheckOutcome struct {
	ID       string  `json:"id"`
	Title    string  `json:"title"`
	Outcome  Outcome `json:"outcome"`
	Evidence string  `json:"evidence"`
	Remedy   string  `json:"remedy"` // empty where there is nothing to do
}

// Judge answers the controls of a framework by the facts.
func Judge(framework Framework, facts Facts) Report {
	r := Report{
		Format: Format, Notice: Notice, Framework: framework.Name, Title: framework.Title, Made: facts.At.UTC(), Since: facts.Since.UTC(), Version: printable(facts.Version),
		Digest: facts.Settings.Digest, Trail: TrailSeen{Records: facts.Trail.Records, First: facts.Trail.First, Key: printable(facts.Trail.Verified.Key)},
	}
	wanted, outcomes := map[string]bool{}, map[string]Outcome{}
	for _, control := range framework.Controls {
		for _, id := range control.Checks {
			wanted[id] = true
		}
	}
	for _, check := range Checks() {
		if !wanted[check.ID] {
			continue
		}
		result := check.look(facts)
		outcomes[check.ID] = result.Outcome
		r.Checks = append(r.Checks, CheckOutcome{
			ID: check.ID, Title: check.Title, Outcome: result.Outcome, Evidence: printable(result.Evidence), Remedy: printable(result.Remedy),
		})
	}
	for _, control := range framework.Controls {
		outcome := control.outcome(outcomes)
		r.Score.count(outcome)
		r.Controls = append(r.Controls, ControlSeen{
			Reference: control.Reference, Summary: control.Summary, Outcome: outcome, Checks: append([]string{}, control.Checks...), People: control.People,
		})
	}
	if applicable := r.Score.Passed + r.Score.Failed + r.Score.Unknown; applicable > 0 {
		percent := 100 * r.Score.Passed / applicable
		r.Score.Percent = &percent
	}
	return r
}

// outcome is the worst of the control's checks; those that do not apply count where all others do not either.
func (c Control) outcome(of map[string]Outcome) Outcome {
	if len(c.Checks) == 0 {
		return People
	}
	count := map[Outcome]int{}
	for _, id := range c.Checks {
		count[of[id]]++
	}
	switch {
	case count[Failed] > 0:
		return Failed
	case count[NotKnown] > 0:
		return NotKnown
	case count[Passed] > 0:
		return Passed
	}
	return NotApplicable
}

func (s *Score) count(o Outcome) {
	switch o {
	case Passed:
		s.Passed++
	case Failed:
		s.Failed++
	case NotApplicable:
		s.NotApplicable++
	case People:
		s.People++
	case NotKnown:
		s.Unknown++
	}
}

// printable takes the sting out of names that steer terminals or hide what they are.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '?'
	}, text)
}
