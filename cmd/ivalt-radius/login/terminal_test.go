package login

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ivalt-radius/radius/radiustest"
)

// openTerminal returns a pseudo-terminal: what is written to keyboard is typed, what is read from it stands on the screen.
func openTerminal(t *testing.T) (keyboard, terminal *os.File) {
	t.Helper()
	keyboard, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = keyboard.Close() })
	raw, err := keyboard.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	number := 0
	err = raw.Control(func(fd uintptr) {
		if err = unix.IoctlSetPointerInt(int(fd), unix.TIOCSPTLCK, 0); err == nil {
			number, err = unix.IoctlGetInt(int(fd), unix.TIOCGPTN)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	terminal, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = terminal.Close() })
	return keyboard, terminal
}

// readUntil reads what stands on the screen up to a text.
func readUntil(t *testing.T, screen io.Reader, text string) string {
	t.Helper()
	var seen strings.Builder
	buffer := make([]byte, 256)
	for !strings.Contains(seen.String(), text) {
		n, err := screen.Read(buffer)
		if err != nil {
			t.Fatalf("%q, %v", seen.String(), err)
		}
		seen.Write(buffer[:n])
	}
	return seen.String()
}

func TestPasswordIsNotShown(t *testing.T) {
	keyboard, terminal := openTerminal(t)
	got := make(chan string, 1)
	go func() {
		password, err := readPassword(context.Background(), terminal, terminal)
		if err != nil {
			got <- err.Error()
			return
		}
		got <- password.Reveal()
	}()
	screen := readUntil(t, keyboard, "Password: ") // the echo is off before this is asked
	if _, err := keyboard.WriteString(loginPassword + "\n"); err != nil {
		t.Fatal(err)
	}
	if password := <-got; password != loginPassword {
		t.Errorf("read %q", password)
	}
	screen += readUntil(t, keyboard, "\n")
	if strings.Contains(screen, loginPassword) {
		t.Errorf("the screen shows %q", screen)
	}
	if _, err := keyboard.WriteString("seen"); err != nil {
		t.Fatal(err)
	}
	readUntil(t, keyboard, "seen") // the echo is on again
}

func TestProgressOnATerminal(t *testing.T) {
	keyboard, terminal := openTerminal(t)
	p := newLoginProgress(terminal, 3)
	p.event(radiustest.Event{Kind: radiustest.Sent, Packet: 1})
	p.event(radiustest.Event{Kind: radiustest.Sent, Packet: 2, After: 5 * time.Second})
	screen := readUntil(t, keyboard, "packet 2 of 3")
	if strings.Contains(screen, "\n") || !strings.HasPrefix(screen, "\r\x1b[K") {
		t.Errorf("not one line: %q", screen)
	}
	readUntil(t, keyboard, "packet 2 of 3") // it is drawn again by itself
	p.end()
	readUntil(t, keyboard, "\r\x1b[K")
}
