package initial

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ivalt-radius/cmd/ivalt-radius/commandtest"
	"ivalt-radius/cmd/ivalt-radius/exit"
	"ivalt-radius/config"
	"ivalt-radius/directory/password"
	"ivalt-radius/secret"
)

// runInit runs the command and returns what it printed.
func runInit(t *testing.T, args ...string) (string, error) {
	t.Helper()
	return commandtest.Run(t.Context(), NewCommand(), args...)
}

func TestInitMakesSettingsThatOnlyLackTheKey(t *testing.T) {
	dir := filepath.Join(t.TempDir(), `a "new" directory`)
	out, err := runInit(t, "--dir", dir)
	if err != nil {
		t.Fatal(err)
	}
	path, key := filepath.Join(dir, "config.yaml"), filepath.Join(dir, "ivalt-api-key")
	if !strings.Contains(out, path) || !strings.Contains(out, key) {
		t.Errorf("the next steps name neither settings nor key file:\n%s", out)
	}
	_, faults := config.Load(path, config.Options{})
	fatal := faults.Fatal()
	if len(fatal) != 1 || fatal[0].Key != "ivalt.api_key" || fatal[0].Line == 0 || !strings.Contains(fatal[0].Message, "empty") {
		t.Fatalf("before the key: %v", faults)
	}
	if err := os.WriteFile(key, []byte("Zq3kV8_fresh-from-iVALT_7Hn2Lw5Tb9\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s, faults := config.Load(path, config.Options{})
	if s == nil || len(faults.Fatal()) != 0 {
		t.Fatalf("with the key: %v", faults)
	}
	for _, w := range faults {
		if w.Key != "primary.method" {
			t.Errorf("unexpected warning: %v", w)
		}
	}
	if want := filepath.Join(dir, "state"); s.State.Directory != want {
		t.Errorf("state in %s, want %s", s.State.Directory, want)
	}
	if n := s.Clients[0].Secrets[0].Len(); n < 32 {
		t.Errorf("shared secret of %d characters", n)
	}
}

func TestInitKeepsFilesToTheirOwner(t *testing.T) {
	dir := t.TempDir()
	out, err := runInit(t, "--dir", dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"config.yaml", "openvpn-as.secret", "ivalt-api-key", "admin-password-hash"} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %o", name, info.Mode().Perm())
		}
	}
	text, err := os.ReadFile(filepath.Join(dir, "openvpn-as.secret"))
	if err != nil {
		t.Fatal(err)
	}
	shared := strings.TrimSpace(string(text))
	settings, err := os.ReadFile(filepath.Join(dir, "config.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out+string(settings), shared) {
		t.Error("the shared secret stands outside its file")
	}
}

// TestInitMakesAnAccount: the password that is printed is the hash's, stands in no file, and is another each time.
func TestInitMakesAnAccount(t *testing.T) {
	seen := map[string]bool{}
	for range 2 {
		dir := t.TempDir()
		out, err := runInit(t, "--dir", dir)
		if err != nil {
			t.Fatal(err)
		}
		_, typed, ok := strings.Cut(out, "\n  password ")
		typed = strings.TrimSuffix(typed, "\n")
		if !ok || len(typed) != 23 || strings.Count(out, typed) != 1 || seen[typed] {
			t.Fatalf("password %q in\n%s", typed, out)
		}
		seen[typed] = true
		if err := os.WriteFile(filepath.Join(dir, "ivalt-api-key"), []byte("Zq3kV8_fresh-from-iVALT_7Hn2Lw5Tb9\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		s, faults := config.Load(filepath.Join(dir, "config.yaml"), config.Options{})
		if s == nil || len(s.Admin.Accounts) != 1 || s.Admin.Accounts[0].Name != "admin" || s.Admin.Accounts[0].Role != "admin" {
			t.Fatalf("no account: %v", faults)
		}
		hash, err := password.Parse(s.Admin.Accounts[0].PasswordHash.Reveal())
		if err != nil {
			t.Fatal(err)
		}
		if right, err := password.NewVerifier().Verify(t.Context(), password.Strangers, hash, secret.New(typed)); !right || err != nil {
			t.Errorf("the password is another's: %v", err)
		}
		for _, name := range []string{"config.yaml", "openvpn-as.secret", "ivalt-api-key", "admin-password-hash"} {
			if text, err := os.ReadFile(filepath.Join(dir, name)); err != nil || strings.Contains(string(text), typed) {
				t.Errorf("%s has the password: %v", name, err)
			}
		}
	}
}

func TestInitDrawsAnotherSecretEachTime(t *testing.T) {
	seen := map[string]bool{}
	for range 2 {
		dir := t.TempDir()
		if _, err := runInit(t, "--dir", dir); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(filepath.Join(dir, "openvpn-as.secret"))
		if err != nil {
			t.Fatal(err)
		}
		seen[string(text)] = true
	}
	if len(seen) != 2 {
		t.Error("two runs drew one secret")
	}
}

func TestInitOverwritesNothing(t *testing.T) {
	for _, name := range []string{"config.yaml", "openvpn-as.secret", "ivalt-api-key", "admin-password-hash"} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, name)
			if err := os.WriteFile(path, []byte("mine"), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := runInit(t, "--dir", dir)
			if err == nil || !strings.Contains(err.Error(), path) {
				t.Fatalf("got %v, want an error that names %s", err, path)
			}
			if exit.Code(err) != 1 {
				t.Errorf("exit %d", exit.Code(err))
			}
			entries, errDir := os.ReadDir(dir)
			text, errFile := os.ReadFile(path)
			if err := errors.Join(errDir, errFile); err != nil || string(text) != "mine" || len(entries) != 1 {
				t.Errorf("the directory was changed: %v, %q, %v", entries, text, err)
			}
		})
	}
}

func TestInitFollowsNoLink(t *testing.T) {
	dir, elsewhere := t.TempDir(), filepath.Join(t.TempDir(), "target")
	if err := os.Symlink(elsewhere, filepath.Join(dir, "openvpn-as.secret")); err != nil {
		t.Fatal(err)
	}
	if _, err := runInit(t, "--dir", dir); err == nil {
		t.Fatal("a dangling link was written through")
	}
	if _, err := os.Lstat(elsewhere); err == nil {
		t.Error("the link's target was made")
	}
}

func TestInitRefusesDirectories(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, dir := range map[string]string{"empty": "", "line break": "a\nb", "no UTF-8": "\xff", "a file": file, "below a file": file + "/x"} {
		if _, err := runInit(t, "--dir", dir); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestInitDefaultsToTheSystemsDirectories(t *testing.T) {
	set, err := newStarterSet(initDirectory)
	if err != nil {
		t.Fatal(err)
	}
	if set.state != "/var/lib/ivalt-radius" || set.settings.path != "/etc/ivalt-radius/config.yaml" {
		t.Errorf("settings %s, state %s", set.settings.path, set.state)
	}
}

// TestInitLeavesNothingHalfWritten has the last file fail: the ones before it are gone again.
func TestInitLeavesNothingHalfWritten(t *testing.T) {
	dir := t.TempDir()
	set, err := newStarterSet(dir)
	if err != nil {
		t.Fatal(err)
	}
	set.settings.path = filepath.Join(dir, "missing", "config.yaml")
	if err := set.write(); err == nil {
		t.Fatal("no error")
	}
	left := 0
	_ = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, _ error) error {
		if !d.IsDir() {
			left++
		}
		return nil
	})
	if left != 0 {
		t.Errorf("%d files left", left)
	}
}
