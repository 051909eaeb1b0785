package terminal

import (
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"ivalt-radius/cmd/ivalt-radius/terminal/terminaltest"
)

// TestKeys: each key comes by itself and is not shown, and behind restore the terminal is as it was.
func TestKeys(t *testing.T) {
	keyboard, terminal := terminaltest.Open(t)
	keys, restore := Keys(t.Context(), terminal)
	for _, key := range []byte("xq") {
		if _, err := keyboard.Write([]byte{key}); err != nil {
			t.Fatal(err)
		}
		if got := <-keys; got != key {
			t.Errorf("%q came for %q", got, key)
		}
	}
	restore()
	if _, err := keyboard.WriteString("seen"); err != nil {
		t.Fatal(err)
	}
	if screen := terminaltest.ReadUntil(t, keyboard, "seen"); strings.ContainsAny(screen, "xq") {
		t.Errorf("the screen shows %q", screen)
	}
}

func TestKeysOfNoTerminal(t *testing.T) {
	file, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	for _, in := range []any{nil, strings.NewReader("q"), file} {
		keys, restore := Keys(t.Context(), in)
		if keys != nil {
			t.Errorf("%T has keys", in)
		}
		restore()
	}
}

func TestSize(t *testing.T) {
	_, terminal := terminaltest.Open(t)
	if err := unix.IoctlSetWinsize(int(terminal.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Col: 101, Row: 33}); err != nil {
		t.Fatal(err)
	}
	if columns, rows := Size(terminal); columns != 101 || rows != 33 {
		t.Errorf("%d by %d", columns, rows)
	}
	file, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	for _, none := range []any{nil, file} {
		if columns, rows := Size(none); columns != 0 || rows != 0 {
			t.Errorf("%T: %d by %d", none, columns, rows)
		}
	}
}
