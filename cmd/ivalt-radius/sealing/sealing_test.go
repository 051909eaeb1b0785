package sealing

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ivalt-radius/cmd/ivalt-radius/commandtest"
	"ivalt-radius/cmd/ivalt-radius/exit"
	"ivalt-radius/cmd/ivalt-radius/terminal/terminaltest"
	"ivalt-radius/config/seal"
)

const typed = "shared secret cAnArY"

// command runs seal and returns its exit code and what it says.
func command(ctx context.Context, in io.Reader, args ...string) (code int, out, said string) {
	out, said, err := commandtest.Apart(ctx, NewCommand("/nowhere/config.yaml"), in, args...) //nolint:contextcheck // cobra hands it on
	return exit.Code(err), out, said
}

// TestSeal makes a key once, and what is sealed opens with it.
func TestSeal(t *testing.T) {
	path := filepath.Join(t.TempDir(), "seal.key")
	code, first, said := command(t.Context(), strings.NewReader(typed+"\n"), "--key", path)
	if code != exit.OK || !strings.Contains(said, "made the key "+path) {
		t.Fatalf("exit %d: %s", code, said)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	code, second, said := command(t.Context(), strings.NewReader(typed+"\n"), "--key", path)
	if code != exit.OK || said != "" {
		t.Errorf("exit %d: %s", code, said)
	}
	key, made, err := seal.OpenOrMake(path)
	if err != nil || made {
		t.Fatal(made, err)
	}
	for _, out := range []string{first, second} {
		line, more, _ := strings.Cut(out, "\n")
		opened, err := key.Open(line)
		if err != nil || opened.Reveal() != typed || more != "" || !strings.HasPrefix(line, "sealed:") {
			t.Errorf("%q opens as %q, %v", out, opened.Reveal(), err)
		}
	}
}

func TestSealRefuses(t *testing.T) {
	dir := t.TempDir()
	key := filepath.Join(dir, "seal.key")
	for name, c := range map[string]struct {
		in, key, says string
	}{
		"empty":        {"\n", key, "is no secret to seal"},
		"nothing":      {"", key, "nothing came"},
		"control":      {"cAnArY\x01\n", key, "is no secret to seal"},
		"no directory": {typed, filepath.Join(dir, "none", "k"), "making the key"},
	} {
		code, out, said := command(t.Context(), strings.NewReader(c.in), "--key", c.key)
		if code != exit.Fault || out != "" || !strings.Contains(said, c.says) || strings.Contains(said, "cAnArY") {
			t.Errorf("%s: exit %d, %q, %s", name, code, out, said)
		}
	}
	if _, err := os.Stat(key); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a key was made for nothing: %v", err)
	}
	if code, _, said := command(t.Context(), strings.NewReader(typed)); code != exit.Fault || !strings.Contains(said, "/nowhere/seal.key") {
		t.Errorf("beside the configuration: exit %d, %s", code, said)
	}
	if code, out, _ := command(t.Context(), strings.NewReader(typed), typed); code != exit.Usage || out != "" {
		t.Errorf("a secret on the command line: exit %d, %q", code, out)
	}
	if err := os.WriteFile(key, []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	if code, out, said := command(t.Context(), strings.NewReader(typed), "--key", key); code != exit.Fault || out != "" || !strings.Contains(said, "chmod 600 "+key) {
		t.Errorf("a key that others read: exit %d, %q, %s", code, out, said)
	}
}

// TestAtATerminal: nothing that is typed is shown.
func TestAtATerminal(t *testing.T) {
	keyboard, terminal := terminaltest.Open(t)
	path := filepath.Join(t.TempDir(), "seal.key")
	said := make(chan string, 1)
	go func() {
		_, out, told := command(context.Background(), terminal, "--key", path)
		said <- out + told
	}()
	for range 2 {
		if _, err := keyboard.WriteString(typed + "\n"); err != nil {
			t.Fatal(err)
		}
	}
	if all := <-said; strings.Contains(all, "cAnArY") || strings.Count(all, "sealed:") != 1 || strings.Count(all, "Secret: ") != 1 || strings.Count(all, "The same again: ") != 1 {
		t.Errorf("said %q", all)
	}
}
