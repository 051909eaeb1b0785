package audit

import "testing"

// TestShown: what a terminal could obey is escaped, what people type is not.
func TestShown(t *testing.T) {
	for text, want := range map[string]string{
		"": "", `--user "alice"`: `--user "alice"`, `CORP\alice`: `CORP\alice`, `a\"b\\`: `a\"b\\`, "a\x1b[2J": `a\u001b[2J`, "a\nb": `a\nb`, `a\nb`: `a\nb`, "a\u202eb": `a\u202eb`,
	} {
		if got := Shown(text); got != want {
			t.Errorf("%q is shown as %s, want %s", text, got, want)
		}
	}
}
