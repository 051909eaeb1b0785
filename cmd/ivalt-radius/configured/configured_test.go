package configured

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ivalt-radius/config"
)

// TestSettings: secrets that cannot be read keep nobody from the rest; what is no configuration does.
func TestSettings(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "config.yaml")
	text := config.Template(config.Sample{SharedSecretFile: "/nonexistent/a", APIKeyFile: "/nonexistent/b", StateDirectory: dir})
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if s, err := Settings(path); err != nil || s.State.Directory != dir {
		t.Errorf("%v, %v", s, err)
	}
	for _, bad := range []string{filepath.Join(dir, "none"), dir} {
		if s, err := Settings(bad); err == nil || s != nil || !strings.Contains(err.Error(), bad) {
			t.Errorf("%s: %v, %v", bad, s, err)
		}
	}
}
