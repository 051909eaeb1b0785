package configured

import (
	"os"
	"path/filepath"
	"testing"
)

// TestCredentials: what systemd says stands; without its word the unit's folder counts, where it is one.
func TestCredentials(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ set, dir, want string }{
		"the unit's":   {"", dir, dir},
		"systemd's":    {"/run/other", dir, "/run/other"},
		"no unit runs": {"", filepath.Join(dir, "none"), ""},
		"no folder":    {"", file, ""},
	} {
		t.Setenv("CREDENTIALS_DIRECTORY", c.set)
		Credentials(c.dir)
		if got := os.Getenv("CREDENTIALS_DIRECTORY"); got != c.want {
			t.Errorf("%s: %q", name, got)
		}
	}
}
