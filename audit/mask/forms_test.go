package mask_test

import (
	"fmt"
	"strings"
	"testing"

	"ivalt-radius/audit"
)

// TestNamesInEveryForm: what a name holds does not keep it in a free text.
func TestNamesInEveryForm(t *testing.T) {
	p := mustNew(t, 1)
	for _, name := range []string{
		"ü", "a$", "-a", "日", "al", `corp\alice`, `al"ice`, `a\\b`, "a\tb", "a\u202eb", "alice.*", "(alice", "straße", `\`, "\u00a0", "user", "u",
	} {
		for form, detail := range map[string]string{
			"as it is": "the user " + name + " is refused", "by %q": fmt.Sprintf("the one %q is refused", name),
			"as JSON": "the one " + string(audit.AppendString(nil, name)) + " is refused", "at the end": "refused: " + name,
		} {
			line := string(p.Record(recordOf(t, audit.Security{Event: "x", User: name, Detail: detail})).Line)
			if _, rest, _ := strings.Cut(line, `"detail":"`); !strings.Contains(rest, p.User(name)) {
				t.Errorf("%q %s: %s", name, form, line)
			}
		}
	}
}
