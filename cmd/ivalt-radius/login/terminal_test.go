package login

import (
	"context"
	"strings"
	"testing"
	"time"

	"ivalt-radius/cmd/ivalt-radius/terminal/terminaltest"
	"ivalt-radius/radius/radiustest"
)

func TestPasswordIsNotShown(t *testing.T) {
	keyboard, terminal := terminaltest.Open(t)
	got := make(chan string, 1)
	go func() {
		password, err := readPassword(context.Background(), terminal, terminal)
		if err != nil {
			got <- err.Error()
			return
		}
		got <- password.Reveal()
	}()
	screen := terminaltest.ReadUntil(t, keyboard, "Password: ") // the echo is off before this is asked
	if _, err := keyboard.WriteString(loginPassword + "\n"); err != nil {
		t.Fatal(err)
	}
	if password := <-got; password != loginPassword {
		t.Errorf("read %q", password)
	}
	screen += terminaltest.ReadUntil(t, keyboard, "\n")
	if strings.Contains(screen, loginPassword) {
		t.Errorf("the screen shows %q", screen)
	}
	if _, err := keyboard.WriteString("seen"); err != nil {
		t.Fatal(err)
	}
	terminaltest.ReadUntil(t, keyboard, "seen") // the echo is on again
}

func TestProgressOnATerminal(t *testing.T) {
	keyboard, terminal := terminaltest.Open(t)
	p := newLoginProgress(terminal, 3)
	p.event(radiustest.Event{Kind: radiustest.Sent, Packet: 1})
	p.event(radiustest.Event{Kind: radiustest.Sent, Packet: 2, After: 5 * time.Second})
	screen := terminaltest.ReadUntil(t, keyboard, "packet 2 of 3")
	if strings.Contains(screen, "\n") || !strings.HasPrefix(screen, "\r\x1b[K") {
		t.Errorf("not one line: %q", screen)
	}
	terminaltest.ReadUntil(t, keyboard, "packet 2 of 3") // it is drawn again by itself
	p.end()
	terminaltest.ReadUntil(t, keyboard, "\r\x1b[K")
}
