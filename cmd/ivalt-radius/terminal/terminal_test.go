package terminal

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"

	"ivalt-radius/cmd/ivalt-radius/terminal/terminaltest"
	"ivalt-radius/secret"
)

func TestLines(t *testing.T) {
	long := strings.Repeat("x", mostTyped)
	for _, c := range []struct {
		title, in, want string
		err             error
	}{
		{"a line", "pass word\nmore\n", "pass word", nil},
		{"blanks stay", " pass \n", " pass ", nil},
		{"a line break of DOS", "password\r\n", "password", nil},
		{"without a line break", "password", "password", nil},
		{"empty", "\n", "", nil},
		{"nothing", "", "", ErrNothing},
		{"as long as may be", long + "\n", long, nil},
		{"longer", long + "x\n", "", ErrLong},
		{"longer, without an end", long + "x", "", ErrLong},
		{"much longer", long + long + long, "", ErrLong},
	} {
		t.Run(c.title, func(t *testing.T) {
			for _, ask := range []func() (secret.Secret, error){
				func() (secret.Secret, error) {
					return Secret(t.Context(), strings.NewReader(c.in), io.Discard, "?")
				},
				func() (secret.Secret, error) {
					return SecretTwice(t.Context(), strings.NewReader(c.in), io.Discard, "?", "again?")
				},
			} {
				if got, err := ask(); got.Reveal() != c.want || !errors.Is(err, c.err) {
					t.Errorf("%d octets, %v", got.Len(), err)
				}
			}
		})
	}
}

func TestInterrupted(t *testing.T) {
	r, w := io.Pipe()
	defer func() { _ = w.Close() }()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Secret(ctx, r, io.Discard, "?"); !errors.Is(err, ErrNothing) {
		t.Error(err)
	}
}

func TestIs(t *testing.T) {
	_, terminal := terminaltest.Open(t)
	file, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	if !Is(terminal) || Is(file) || Is(strings.NewReader("")) || Is(nil) {
		t.Error("a terminal is none, or what is none is one")
	}
}

// TestTypingIsNotShown, neither the first time nor the second.
func TestTypingIsNotShown(t *testing.T) {
	for name, c := range map[string]struct {
		second string
		want   error
	}{"alike": {"cAnArY", nil}, "another": {"cAnArZ", ErrDiffer}} {
		t.Run(name, func(t *testing.T) {
			keyboard, terminal := terminaltest.Open(t)
			type answer struct {
				text secret.Secret
				err  error
			}
			got := make(chan answer, 1)
			go func() {
				text, err := SecretTwice(context.Background(), terminal, terminal, "First: ", "Second: ")
				got <- answer{text, err}
			}()
			screen := terminaltest.ReadUntil(t, keyboard, "First: ")
			if _, err := keyboard.WriteString("cAnArY\n"); err != nil {
				t.Fatal(err)
			}
			screen += terminaltest.ReadUntil(t, keyboard, "Second: ")
			if _, err := keyboard.WriteString(c.second + "\n"); err != nil {
				t.Fatal(err)
			}
			a := <-got
			if !errors.Is(a.err, c.want) || (a.text.Reveal() == "cAnArY") != (c.want == nil) {
				t.Errorf("read %d octets, %v", a.text.Len(), a.err)
			}
			screen += terminaltest.ReadUntil(t, keyboard, "\n")
			if strings.Contains(screen, "cAnAr") {
				t.Errorf("the screen shows %q", screen)
			}
			if _, err := keyboard.WriteString("seen"); err != nil {
				t.Fatal(err)
			}
			terminaltest.ReadUntil(t, keyboard, "seen") // the echo is on again
		})
	}
}
