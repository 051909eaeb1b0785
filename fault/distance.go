package fault

// longest bounds what a mistyped word costs.
const longest = 256

// Distance is how many octets must be put in, taken out or changed to make b, a known word, of a (Levenshtein's): a fault proposes the word that is
// nearest to a mistyped one. What is longer than any word is as far from all as it is long.
func Distance(a, b string) int {
	if len(a) > longest {
		return len(a)
	}
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
				cost = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}
