package attribute

import (
	"strings"

	"ivalt-radius/fault"
)

// nearest is the settable attribute whose name is spelled most like a wrong one, empty where none is like it.
func nearest(name string) string { return nearestOf(name, Names()) }

// nearestOf is the name that takes the fewest changes of a letter, up to a third of it, else the first that holds the
// wrong one.
func nearestOf(name string, names []string) string {
	lower := strings.ToLower(name)
	if lower == "" {
		return ""
	}
	best, fewest := "", len(lower)/3+1
	for _, candidate := range names {
		if n := fault.Distance(lower, strings.ToLower(candidate)); n < fewest {
			best, fewest = candidate, n
		}
	}
	if best != "" || len(lower) < 4 {
		return best
	}
	for _, candidate := range names {
		if strings.Contains(strings.ToLower(candidate), lower) {
			return candidate
		}
	}
	return ""
}
