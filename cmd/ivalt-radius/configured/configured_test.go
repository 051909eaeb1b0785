package configured

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ivalt-radius/cmd/ivalt-radius/commandtest"
)

// TestSettings: secrets that cannot be read keep nobody from the rest; what is no configuration does.
func TestSettings(t *testing.T) {
	path, dir := commandtest.Settings(t)
	if s, err := Settings(path); err != nil || s.State.Directory != dir {
		t.Errorf("%v, %v", s, err)
	}
	for _, bad := range []string{filepath.Join(dir, "none"), dir} {
		if s, err := Settings(bad); err == nil || s != nil || !strings.Contains(err.Error(), bad) {
			t.Errorf("%s: %v, %v", bad, s, err)
		}
	}
}

// TestStateDirectory: what is faulty elsewhere keeps nobody from asking the running server; what leaves in doubt which one it is does.
func TestStateDirectory(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.yaml")
	for text, want := range map[string]string{
		"state: {directory: /srv/a}\nclients: []\nmax_attempts: many\nnonsense: 1\n": "/srv/a",
		"state: {directory: [a]}\n":   "",
		"state: 5\n":                  "",
		"state: {directory: /srv/a\n": "",
		"state: {directory: ''}\n":    "",
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := StateDirectory(path); got != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	}
	if err := os.WriteFile(path, []byte("state: {directory: /srv/a}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("IVALT_RADIUS_FOO", "1")
	if got, err := StateDirectory(path); got != "/srv/a" || err != nil {
		t.Errorf("beside a stray variable: %q, %v", got, err)
	}
	t.Setenv("IVALT_RADIUS_STATE__DIRECTRY", "/srv/b")
	if got, err := StateDirectory(path); err == nil {
		t.Errorf("a variable that may have been meant for it: %q", got)
	}
	if got, err := StateDirectory(path + "x"); err == nil {
		t.Errorf("no file, and %q", got)
	}
}
