package compliance

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Outcome is what became of a check or a control. The zero Outcome is NotKnown, which is never a pass.
type Outcome uint8

// The outcomes.
const (
	NotKnown Outcome = iota
	Failed
	Passed
	NotApplicable
	People // of controls alone: no program can see it
)

// String is the word that reports use.
func (o Outcome) String() string {
	switch o {
	case Failed:
		return "failed"
	case Passed:
		return "passed"
	case NotApplicable:
		return "not_applicable"
	case People:
		return "peoples_work"
	case NotKnown:
	}
	return "unknown"
}

// MarshalText implements encoding.TextMarshaler.
func (o Outcome) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// Result is the answer to one check.
type Result struct {
	Outcome  Outcome
	Evidence string // what was seen
	Remedy   string // what to do; empty where it passed or does not apply
}

// Check is one technical question to the facts.
type Check struct {
	ID    string // lower case and hyphens; it stays the same over versions
	Title string // what holds where it passes; where it sees only a part of that, the title says which
	look  func(Facts) Result
}

// Checks are all of them, in the order of reports. The slice is the caller's.
func Checks() []Check {
	return slices.Concat(trailChecks(), retentionChecks(), recordChecks(), shippingChecks(), loginChecks(), guardChecks(), wayChecks(), ruleChecks(),
		secretChecks(), fileChecks(), serverChecks())
}

func pass(format string, args ...any) Result {
	return Result{Outcome: Passed, Evidence: fmt.Sprintf(format, args...)}
}

func fail(remedy, format string, args ...any) Result {
	return Result{Outcome: Failed, Evidence: fmt.Sprintf(format, args...), Remedy: remedy}
}

func unknown(remedy, format string, args ...any) Result {
	return Result{Outcome: NotKnown, Evidence: fmt.Sprintf(format, args...), Remedy: remedy}
}

func notApplicable(evidence string) Result {
	return Result{Outcome: NotApplicable, Evidence: evidence}
}

// ofSettings asks where the settings are known.
func ofSettings(look func(Facts) Result) func(Facts) Result {
	return func(f Facts) Result {
		if !f.Settings.Read {
			return unknown("mend the settings until `ivalt-radius check` finds them sound", "the settings are not known")
		}
		return look(f)
	}
}

// ofTrail asks where the trail was read.
func ofTrail(look func(Facts) Result) func(Facts) Result {
	return func(f Facts) Result {
		if !f.Trail.Read || f.Trail.Records == 0 {
			return unknown("run the server once, then this report as a user who may read its trail", "no record of the trail was read")
		}
		return look(f)
	}
}

// mostNamed bounds a list in the evidence.
const mostNamed = 8

// names lists what was found, a few of many.
func names(found []string) string {
	if len(found) > mostNamed {
		return strings.Join(found[:mostNamed], ", ") + fmt.Sprintf(" and %d more", len(found)-mostNamed)
	}
	return strings.Join(found, ", ")
}

// times is a number with its noun.
func times[N int | uint64](n N, noun string) string {
	text := strconv.FormatUint(uint64(n), 10) + " " + noun
	if n != 1 {
		text += "s"
	}
	return text
}

// each collects what a question finds wrong with the elements of a list.
func each[T any](list []T, wrong func(T) string) []string {
	var found []string
	for _, element := range list {
		if text := wrong(element); text != "" {
			found = append(found, text)
		}
	}
	return found
}
