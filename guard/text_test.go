package guard

import (
	"strings"
	"testing"
)

func TestCheckReason(t *testing.T) {
	for text, sound := range map[string]bool{
		"stolen phone, ticket 7": true, "gestohlen: é": true, strings.Repeat("x", mostReason): true,
		"": false, " ": false, strings.Repeat("x", mostReason+1): false, "a\x1b[2J": false, "a\nb": false, "a\u202eb": false, "a\xff": false,
	} {
		if err := CheckReason(text); (err == nil) != sound {
			t.Errorf("%q: %v", text, err)
		}
	}
}
