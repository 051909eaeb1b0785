//go:build interop

package browser

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"reflect"
	"testing"
	"time"

	"ivalt-radius/admin/access"
	"ivalt-radius/test/blackbox"
)

// terminal runs a command of the binary and reads its JSON into out, where there is an out.
func (w *window) terminal(t *testing.T, out any, args ...string) {
	t.Helper()
	said, err := exec.CommandContext(t.Context(), blackbox.Binary(), append(args, "--config", w.Config())...).Output()
	if err == nil && out != nil {
		err = json.Unmarshal(said, out)
	}
	if err != nil {
		t.Fatalf("%v: %v: %s", args, err, said)
	}
}

// TestTheTerminalHasTheSame: what a command prints is what the API answers.
func TestTheTerminalHasTheSame(t *testing.T) {
	t.Parallel()
	token, digest := access.DrawToken()
	w := plan(t, fmt.Sprintf("  tokens: [{name: ci, role: viewer, digest: %q, expires: %q}]\n", hex.EncodeToString(digest[:]), time.Now().AddDate(0, 1, 0).Format(time.DateOnly)))
	w.guarded(t, "alice", "carol")
	w.Start(t)
	w.comes(t, "alice", password, station)
	w.comes(t, "carol", "a guess", elsewhere)
	w.AwaitAttempts(t, "carol", 1)
	for _, c := range []struct {
		path    string
		command []string
		moves   []string // fields that differ from one moment to the next
		has     string   // one that must not be empty
	}{
		{"/now", []string{"top", "--once", "--json"}, []string{"at", "minutes", "checks"}, "recent"},
		{"/logins", []string{"logins", "--json"}, nil, "logins"},
		{"/sessions", []string{"sessions", "--json"}, nil, "sessions"},
		{"/clients", []string{"clients", "--json"}, nil, "clients"},
	} {
		same := func() (printed, answered map[string]any) {
			w.terminal(t, &printed, c.command...)
			w.api(t, token.Reveal(), c.path, &answered)
			for _, field := range c.moves {
				delete(printed, field)
				delete(answered, field)
			}
			return printed, answered
		}
		eventually(t, "the same of "+c.path, func() bool { // a document is made once a second
			printed, answered := same()
			return reflect.DeepEqual(printed, answered)
		})
		_, answered := same()
		if list, _ := answered[c.has].([]any); len(list) == 0 {
			t.Errorf("%s: no %s in %v", c.path, c.has, answered)
		}
	}
}

// api asks the API with a token.
func (w *window) api(t *testing.T, token, path string, out any) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.base+"/api/v1"+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	if err == nil {
		err = json.Unmarshal(text, out)
	}
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d %v: %s", path, answer.StatusCode, err, text)
	}
}
