package upgrading

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"ivalt-radius/cmd/ivalt-radius/commandtest"
	"ivalt-radius/cmd/ivalt-radius/control"
)

// installed is a settings file, whose server answers so.
func installed(t *testing.T, upgrade func() (Serving, error), serving func(asked int64) (Serving, error)) (path string) {
	t.Helper()
	dir := t.TempDir()
	path = filepath.Join(dir, "config.yaml")
	text := fmt.Sprintf(`listen: {authentication: ["127.0.0.1:1812"], accounting: ["127.0.0.1:1813"]}
clients: [{name: gateway, networks: [192.0.2.1/32], secrets: ["vX2nR8kQ5tZ1mB7yL4cW9dH"]}]
ivalt: {api_key: "Zq3vT8mKx1Lw9RbY5cHd2NfG6sJp4UaE7b"}
users: {email: "{username}@example.com"}
policy: {default: require_push}
state: {directory: %q}
`, dir)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if upgrade == nil {
		return path
	}
	var asked atomic.Int64
	mux := http.NewServeMux()
	control.Serve(mux, PathUpgrade, func(context.Context, string, struct{}) (Serving, error) { return upgrade() })
	control.Serve(mux, PathVersion, func(context.Context, string, struct{}) (Serving, error) { return serving(asked.Add(1)) })
	server, err := control.Listen(t.Context(), dir, mux)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close(context.WithoutCancel(t.Context())) })
	return path
}

// TestCommand: it waits for the program that this upgrade began, and says who serves.
func TestCommand(t *testing.T) {
	begun := func() (Serving, error) { return Serving{Version: "two", From: "one", Token: "mine"}, nil }
	for _, c := range []struct {
		name    string
		upgrade func() (Serving, error)
		serving func(asked int64) (Serving, error)
		out     string
		err     string
	}{
		{"it serves", begun, func(asked int64) (Serving, error) {
			switch asked {
			case 1:
				return Serving{Version: "one", Token: "another's"}, nil
			case 2:
				return Serving{}, errors.New("it begins")
			}
			return Serving{Version: "two", From: "one", Token: "mine", Waiting: 17}, nil
		}, "version two serves, version one did; 17 logins waited and go on\n", ""},
		{"it failed", begun, func(int64) (Serving, error) {
			return Serving{Version: "one", Token: "mine", Why: "a port is taken"}, nil
		}, "", "version one serves again, with every login that waited: a port is taken"},
		{"it is refused", func() (Serving, error) { return Serving{}, errors.New("/x does not run") }, nil, "", "does not run"},
		{"nobody serves", nil, nil, "", "upgrade: "},
	} {
		t.Run(c.name, func(t *testing.T) {
			out, said, err := commandtest.Apart(t.Context(), NewCommand("/nowhere/config.yaml"), strings.NewReader(""), "--config", installed(t, c.upgrade, c.serving))
			if out != c.out || (err == nil) != (c.err == "") || !strings.Contains(said, c.err) {
				t.Errorf("%q, %q", out, said)
			}
		})
	}
	if _, err := commandtest.Run(t.Context(), NewCommand("/nowhere/config.yaml")); err == nil {
		t.Error("a file that is not there is read")
	}
}

// TestPreflightOfPrograms: one that says its version and takes the settings may take our place; the words of one that does not are on record, cut short.
func TestPreflightOfPrograms(t *testing.T) {
	for _, c := range []struct{ name, script, version, says string }{
		{"good", `[ "$1" = --version ] && echo "ivalt-radius version 1.5.0"; exit 0`, "1.5.0", ""},
		{"refuses the settings", `[ "$1" = --version ] && echo "ivalt-radius version 1.5.0" && exit 0; echo "clients: fault  in $3"; exit 1`, "", "clients: fault in config.yaml"},
		{"fails", `exit 3`, "", "does not run"},
		{"is another one", `echo "other version 1"`, "", "does not say its version"},
	} {
		t.Run(c.name, func(t *testing.T) {
			program := filepath.Join(t.TempDir(), "program")
			if err := os.WriteFile(program, []byte("#!/bin/sh\n"+c.script+"\n"), 0o700); err != nil {
				t.Fatal(err)
			}
			version, err := Preflight(t.Context(), program, "config.yaml")
			if version != c.version || (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
				t.Errorf("%q, %v", version, err)
			}
		})
	}
	own, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Preflight(t.Context(), own, "config.yaml"); err == nil || !strings.Contains(err.Error(), "serves already") {
		t.Errorf("our own program: %v", err)
	}
	if got := last(" a\n b\xff \n"); got != "a b" {
		t.Errorf("%q", got)
	}
}
