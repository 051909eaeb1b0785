package sealing

import (
	"bufio"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ivalt-radius/cmd/ivalt-radius/exit"
	"ivalt-radius/cmd/ivalt-radius/terminal/terminaltest"
	"ivalt-radius/config/seal"
)

// TestSealForARecipient: who has the public half alone seals what the key opens.
func TestSealForARecipient(t *testing.T) {
	path := filepath.Join(t.TempDir(), "seal.key")
	key, err := seal.Create(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	code, public, said := command(t.Context(), strings.NewReader(""), "--show-recipient", "--key", path)
	if code != exit.OK || strings.TrimSpace(public) != key.Recipient().String() || said != "" {
		t.Fatalf("exit %d, %q, %s", code, public, said)
	}
	code, out, said := command(t.Context(), strings.NewReader(typed+"\n"), "--recipient", strings.TrimSpace(public))
	if opened, err := key.Open(strings.TrimSpace(out)); code != exit.OK || said != "" || err != nil || opened.Reveal() != typed {
		t.Errorf("exit %d, %q, %s, %v", code, out, said, err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	private := strings.Split(strings.TrimSpace(string(text)), "\n")[2]
	for name, c := range map[string]struct {
		args []string
		code int
		says string
	}{
		"the private half":     {[]string{"--recipient", private}, exit.Fault, "is no recipient"},
		"both":                 {[]string{"--recipient", public, "--key", path}, exit.Usage, "recipient"},
		"recipient of what":    {[]string{"--recipient", public, "--show-recipient"}, exit.Usage, "recipient"},
		"no key to show":       {[]string{"--show-recipient", "--key", path + ".none"}, exit.Fault, "opening the key"},
		"a key is there":       {[]string{"--passphrase", "--key", path}, exit.Fault, "no key is overwritten"},
		"an empty passphrase":  {[]string{"--passphrase", "--key", path + ".new"}, exit.Fault, "the passphrase is no secret"},
		"no directory for one": {[]string{"--passphrase", "--key", filepath.Join(path, "x")}, exit.Fault, "not a directory"},
	} {
		code, out, said := command(t.Context(), strings.NewReader("\n"), c.args...)
		if code != c.code || out != "" || !strings.Contains(said, c.says) || strings.Contains(said, private) {
			t.Errorf("%s: exit %d, %q, %s", name, code, out, said)
		}
	}
}

// TestPassphrase makes a key that a passphrase opens, and seals with it at a terminal; a pipe is told what to do instead. It does the
// whole work of a passphrase, three times.
func TestPassphrase(t *testing.T) {
	const phrase = "short cAnArY"
	path := filepath.Join(t.TempDir(), "seal.key")
	code, public, said := command(t.Context(), strings.NewReader(phrase+"\n"), "--passphrase", "--key", path)
	if code != exit.OK || !strings.HasPrefix(public, "age1") || !strings.Contains(said, "the passphrase is weak") || !strings.Contains(said, "made the key "+path) {
		t.Fatalf("exit %d, %q, %s", code, public, said)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	code, out, refused := command(t.Context(), strings.NewReader(typed+"\n"), "--key", path)
	if code != exit.Fault || out != "" || !strings.Contains(refused, "seal with --recipient") {
		t.Errorf("a pipe: exit %d, %q, %s", code, out, refused)
	}

	keyboard, terminal := terminaltest.Open(t)
	type end struct{ out, said string }
	ended := make(chan end, 1)
	go func() {
		_, out, told := command(context.Background(), terminal, "--key", path)
		ended <- end{out, told}
	}()
	lines := bufio.NewWriter(keyboard)
	for _, line := range []string{typed, typed, phrase} {
		_, _ = lines.WriteString(line + "\n")
	}
	if err := lines.Flush(); err != nil {
		t.Fatal(err)
	}
	last := <-ended
	if !strings.HasPrefix(last.out, seal.Prefix) || strings.Count(last.said, "Passphrase of the key: ") != 1 {
		t.Errorf("%q, %s", last.out, last.said)
	}
	if all := said + refused + last.out + last.said; strings.Contains(all, "cAnArY") {
		t.Errorf("shown: %s", all)
	}
}
