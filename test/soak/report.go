package soak

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
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
	text, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(text, &r)
	}
	if err != nil {
		return Report{}, fmt.Errorf("reading the report: %w", err)
	}
	return r, nil
}

// Faults are the figures that are not flat, what did not come back, and wrong answers.
func (r Report) Faults() []string {
	faults := Returned(r.Idle, r.After)
	if r.Wrong > 0 {
		faults = append(faults, fmt.Sprintf("%d requests were answered wrongly, or not at all", r.Wrong))
	}
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

// The marks in soak.md between which Write puts the figures.
const (
	begin = "<!-- figures: written by `make soak-page`; do not edit -->"
	end   = "<!-- end of the figures -->"
)

// Write puts the figures into soak.md of a folder, between the marks that are there, and draws soak.svg beside it.
func (r Report) Write(dir string) error {
	file := filepath.Join(dir, "soak.md")
	text, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("writing the page: %w", err)
	}
	before, rest, opened := strings.Cut(string(text), begin)
	_, after, closed := strings.Cut(rest, end)
	if !opened || !closed {
		return fmt.Errorf("%s: the lines %q and %q must stand there, and the figures go between them", file, begin, end)
	}
	page := before + begin + "\n\n" + r.words() + "\n" + r.Table() + "\n![What is judged, over the time under load](soak.svg)\n\n" + end + after
	if err := os.WriteFile(file, []byte(page), 0o644); err != nil { //nolint:gosec // a document
		return fmt.Errorf("writing the page: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "soak.svg"), []byte(r.Plot()), 0o644); err != nil {
		return fmt.Errorf("drawing the plot: %w", err)
	}
	return nil
}

// words say what was done.
func (r Report) words() string {
	var troubles []string
	for _, name := range slices.Sorted(maps.Keys(r.Troubles)) {
		troubles = append(troubles, fmt.Sprintf("%s %d", name, r.Troubles[name]))
	}
	verdict := "All is flat."
	if faults := r.Faults(); len(faults) > 0 {
		verdict = "Not flat: " + strings.Join(faults, "; ") + "."
	}
	return fmt.Sprintf("%s under load, seed %d, %d samples; %s. %d logins and other requests, %d let in, %d answered wrongly or not at all. Troubles: %s.\n\n%s\n",
		r.Length, r.Seed, len(r.Samples), r.Version, r.Asked, r.Accepted, r.Wrong, strings.Join(troubles, ", "), verdict)
}
