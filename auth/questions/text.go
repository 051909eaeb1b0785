package questions

import (
	"fmt"
	"strings"

	"ivalt-radius/auth/identity"
)

// Which asks for the number of a phone in the list, which shows them masked.
func Which(phones []identity.Mobile) string {
	list := make([]string, len(phones))
	for i, m := range phones {
		list[i] = fmt.Sprintf("%d: %s", i+1, m)
	}
	return "Which phone? Type its number. " + strings.Join(list, ", ")
}

// Approve asks for the approval of the request with that number.
func Approve(number string) string {
	return "Approve request " + number + " on your phone, then press Enter."
}

// StillApprove does so again.
func StillApprove(number string) string { return "Not approved yet. " + Approve(number) }
