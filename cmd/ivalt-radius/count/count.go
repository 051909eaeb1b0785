package count

import "strconv"

// Of is a number with its noun, which takes an s where there is not one: "1 fault", "2 faults".
func Of(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}
