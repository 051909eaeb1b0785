package wire

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Text is the value as text where it can be shown: UTF-8 without control and format characters; else empty. Blanks around it go.
func Text(value []byte) string {
	if len(value) > MaxValue || !utf8.Valid(value) {
		return ""
	}
	text := string(value)
	if strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }) {
		return ""
	}
	return strings.TrimSpace(text)
}
