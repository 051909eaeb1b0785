package attribute

import "strings"

// nearest is the settable attribute whose name is spelled most like a wrong one, empty where none is like it.
func nearest(name string) string { return nearestOf(name, Names()) }

// nearestOf is the name that takes the fewest changes of a letter, up to a third of it, else the first that holds the
// wrong one.
func nearestOf(name string, names []string) string {
	lower := strings.ToLower(name)
	if lower == "" || len(lower) > 253 {
		return ""
	}
	best, fewest := "", len(lower)/3+1
	for _, candidate := range names {
		if n := distance(lower, strings.ToLower(candidate)); n < fewest {
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

// distance counts the octets to insert, remove or replace to make b of a (Levenshtein's).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
