package hashing

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"ivalt-radius/cmd/ivalt-radius/commandtest"
	"ivalt-radius/cmd/ivalt-radius/exit"
	"ivalt-radius/cmd/ivalt-radius/terminal/terminaltest"
	"ivalt-radius/directory/password"
	"ivalt-radius/secret"
)

const typed = "correct horse cAnArY"

// command runs hash-password and returns its exit code and what it says.
func command(ctx context.Context, in io.Reader, args ...string) (code int, out, said string) {
	out, said, err := commandtest.Apart(ctx, NewCommand(), in, args...) //nolint:contextcheck // cobra hands it on
	return exit.Code(err), out, said
}

func TestHashPassword(t *testing.T) {
	code, out, said := command(t.Context(), strings.NewReader(typed+"\n"))
	if code != exit.OK || said != "" {
		t.Errorf("exit %d: %s", code, said)
	}
	line, more, _ := strings.Cut(out, "\n")
	hash, err := password.Parse(line)
	if err != nil || more != "" {
		t.Fatalf("printed %q: %v", out, err)
	}
	if ok, err := password.NewVerifier().Verify(t.Context(), password.Strangers, hash, secret.New(typed)); !ok || err != nil {
		t.Errorf("it is another password's: %v", err)
	}
	if strings.Contains(out, typed) {
		t.Error("the password is printed")
	}
	if _, again, _ := command(t.Context(), strings.NewReader(typed+"\n")); again == out {
		t.Error("two hashes are alike: no salt")
	}
}

// TestNTHash of MS-CHAPv2's own example (RFC 2759 section 9.2), and of a password that needs two units of UTF-16.
func TestNTHash(t *testing.T) {
	for text, want := range map[string]string{
		"clientPass":  "44ebba8d5312b8d611474411f56989ae",
		"password":    "8846f7eaee8fb117ad06bdd830b7586c",
		"€\U0001d11e": "ce51a56adeaca72142f2a9ced9d2a638",
	} {
		code, out, said := command(t.Context(), strings.NewReader(text), "--nt")
		if code != exit.OK || out != want+"\n" {
			t.Errorf("exit %d, %q, want %s", code, out, want)
		}
		if !strings.Contains(said, "warning: an NT hash is as good as the password") {
			t.Errorf("not warned: %q", said)
		}
	}
}

func TestRefusedPasswords(t *testing.T) {
	for name, c := range map[string]struct{ in, says string }{
		"empty":     {"\n", "is empty"},
		"nothing":   {"", "nothing came"},
		"no UTF-8":  {"cAnArY\xff\n", "no UTF-8"},
		"control":   {"cAnArY\x01\n", "control characters"},
		"very long": {strings.Repeat("cAnArY", 1000) + "\n", "more than 4096"},
	} {
		for _, args := range [][]string{nil, {"--nt"}} {
			code, out, said := command(t.Context(), strings.NewReader(c.in), args...)
			if code != exit.Fault || out != "" || !strings.Contains(said, c.says) || strings.Contains(said, "cAnArY") {
				t.Errorf("%s: exit %d, %q, %s", name, code, out, said)
			}
		}
	}
	if code, out, _ := command(t.Context(), strings.NewReader(typed), typed); code != exit.Usage || out != "" {
		t.Errorf("a password on the command line: exit %d, %q", code, out)
	}
}

func TestLongPasswordsAreWarnedOf(t *testing.T) {
	for octets, warned := range map[int]bool{128: false, 129: true} {
		code, out, said := command(t.Context(), strings.NewReader(strings.Repeat("x", octets)))
		if code != exit.OK || out == "" || strings.Contains(said, "more than 128") != warned {
			t.Errorf("%d octets: exit %d, %s", octets, code, said)
		}
	}
}

// TestAtATerminal: it is asked for twice, nothing is shown, and two that differ make no hash.
func TestAtATerminal(t *testing.T) {
	for name, second := range map[string]string{"alike": typed, "another": typed + "!"} {
		t.Run(name, func(t *testing.T) {
			keyboard, terminal := terminaltest.Open(t)
			type end struct {
				code      int
				out, said string
			}
			ended := make(chan end, 1)
			go func() {
				var e end
				e.code, e.out, e.said = command(context.Background(), terminal)
				ended <- e
			}()
			for _, line := range []string{typed, second} {
				if _, err := keyboard.WriteString(line + "\n"); err != nil {
					t.Fatal(err)
				}
			}
			e := <-ended
			if good := second == typed; (e.code == exit.OK) != good || (e.out != "") != good {
				t.Errorf("exit %d, %q, %s", e.code, e.out, e.said)
			}
			if strings.Count(e.said, "Password: ") != 1 || strings.Count(e.said, "The same again: ") != 1 || strings.Contains(e.said, "cAnArY") {
				t.Errorf("said %q", e.said)
			}
		})
	}
}

// broken is a full disk behind standard output.
type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("full") }

func TestHashThatCannotBePrinted(t *testing.T) {
	if err := commandtest.Into(t.Context(), NewCommand(), strings.NewReader(typed), broken{}, io.Discard); exit.Code(err) != exit.Fault {
		t.Error(err)
	}
}
