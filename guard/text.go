package guard

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// mostReason bounds why somebody does something by hand, in octets.
const mostReason = 500

// CheckReason says what is wrong with why somebody does something by hand; nil where nothing is.
func CheckReason(text string) error {
	if strings.TrimSpace(text) == "" || len(text) > mostReason || !Printable(text) {
		return fmt.Errorf("say why in 1 to %d octets, without control characters; it stands in the trail", mostReason)
	}
	return nil
}

// Printable reports a text that steers no terminal.
func Printable(text string) bool {
	for _, r := range text {
		if !unicode.IsPrint(r) {
			return false
		}
	}
	return utf8.ValidString(text)
}
