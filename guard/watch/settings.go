package watch

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"ivalt-radius/fault"
	"ivalt-radius/guard"
	"ivalt-radius/guard/watch/rule"
)

// Threshold is how many within a window raise an alert.
type Threshold struct {
	Count  int           // 0: never
	Window time.Duration // at least a second where Count is not 0
}

// Settings are `guard.detect`. The zero Settings look for nothing.
type Settings struct {
	Thresholds map[guard.Rule]Threshold // a rule that is missing is never raised; not to be changed once handed over
	SlowFrom   time.Duration            // the average time of a call from which on api_slow is raised
}

// mostPeople is how many people password_spray tells apart for one address.
const mostPeople = 1000

// Check says what is wrong with the settings, under the keys of `guard.detect`.
func (s Settings) Check() fault.List {
	var faults fault.List
	for _, r := range slices.Sorted(maps.Keys(s.Thresholds)) {
		t, key := s.Thresholds[r], "guard.detect."+string(r)
		switch {
		case rule.IndexOf(r) < 0:
			faults.Add(key, "is no rule of the watch")
		case t.Count < 0:
			faults.Add(key+".count", "is %d: give 0 for never, or how many raise an alert", t.Count)
		case t.Count == 0:
			if r == guard.TrailTampered {
				faults.Warn(key+".count", "is 0: nobody is told that records were changed or cut off")
			}
		case t.Window < time.Second:
			faults.Add(key+".window", "is %s: a second at least", t.Window)
		case r == guard.PasswordSpray && t.Count > mostPeople:
			faults.Add(key+".count", "is %d: at most %d people are told apart for one address", t.Count, mostPeople)
		}
	}
	if s.SlowFrom <= 0 && s.Thresholds[guard.APISlow].Count > 0 {
		faults.Add("guard.detect.api_slow_from", "is %s: more than 0, or every call is slow", s.SlowFrom)
	}
	return faults
}

// of is a rule's detail: the count, its window and what is counted.
func (t Threshold) of(d *rule.Description, count int) string {
	return fmt.Sprintf("%d within %s: %s", count, t.Window, d.Counts)
}
