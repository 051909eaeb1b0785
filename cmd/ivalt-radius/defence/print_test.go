package defence

import (
	"testing"

	"ivalt-radius/guard/block"
)

// TestACommandToCopyObeysNobody: a stranger chooses the login name that stands in a command which an administrator copies into a shell.
func TestACommandToCopyObeysNobody(t *testing.T) {
	for name, want := range map[string]string{
		"alice":         "--user 'alice'",
		"$(id)`id`\"":   "--user '$(id)`id`\"'",
		"a';reboot;'\\": `--user 'a'\'';reboot;'\''\'`,
	} {
		if got := flagOf(block.Block{User: name}); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}
