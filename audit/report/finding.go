package report

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// category is one kind of finding.
type category uint8

// The categories, in the order of the report.
const (
	failures category = iota
	guessing
	fatigue
	collisions
	api
	trail
	insecure
	shipping
	configuration
	actions
	dataAccess
	categories // how many there are
)

// String is the category's name in the report.
func (c category) String() string {
	return [categories]string{
		"authentication_failures", "guessing", "push_fatigue", "collisions", "api", "trail", "insecure_modes", "shipping",
		"configuration", "user_actions", "data_access",
	}[c]
}

func (c category) title() string {
	return [categories]string{
		"Rejected logins", "Guessed names and passwords", "Unwanted pushes", "Collisions and stale approvals", "iVALT's API",
		"The trail itself", "Insecure modes", "Shipping", "Changes of the settings", "Actions by hand", "Readings of the trail",
	}[c]
}

// finding is what was seen of a category.
type finding struct {
	count       int
	first, last time.Time
	by          tally
}

func (a *Aggregator) note(c category, at time.Time, by string) {
	f := &a.seen[c]
	f.count++
	if f.first.IsZero() || at.Before(f.first) {
		f.first = at
	}
	if at.After(f.last) {
		f.last = at
	}
	if by != "" {
		f.by.add(by)
	}
}

// tally counts words, up to mostWords of them; what comes behind is "others". The zero tally is empty.
type tally struct{ counts map[string]int }

const mostWords = 1000

func (t *tally) add(word string) {
	if t.counts == nil {
		t.counts = map[string]int{}
	}
	if _, known := t.counts[word]; !known && len(t.counts) >= mostWords {
		word = "others"
	}
	t.counts[strings.Clone(word)]++
}

func (t *tally) of(word string) int { return t.counts[word] }

func (t *tally) top() []Offender {
	all := make([]Offender, 0, len(t.counts))
	for word, n := range t.counts {
		all = append(all, Offender{Name: word, Count: n})
	}
	slices.SortFunc(all, func(a, b Offender) int { return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Name, b.Name)) })
	return all[:min(len(all), mostTop)]
}
