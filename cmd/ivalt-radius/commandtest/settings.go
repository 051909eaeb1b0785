package commandtest

import (
	"os"
	"path/filepath"
	"testing"

	"ivalt-radius/config"
)

// Settings writes settings whose secrets are nowhere, for commands that need none, and returns their path and their state directory.
func Settings(tb testing.TB) (path, state string) {
	tb.Helper()
	root := tb.TempDir()
	path, state = filepath.Join(root, "config.yaml"), filepath.Join(root, "state")
	if err := os.Mkdir(state, 0o700); err != nil {
		tb.Fatal(err)
	}
	text := config.Template(config.Sample{SharedSecretFile: "/nonexistent/a", APIKeyFile: "/nonexistent/b", StateDirectory: state})
	if err := os.WriteFile(path, text, 0o600); err != nil {
		tb.Fatal(err)
	}
	return path, state
}
