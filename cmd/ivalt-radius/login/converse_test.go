package login

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"

	"ivalt-radius/cmd/ivalt-radius/exit"
	"ivalt-radius/cmd/ivalt-radius/terminal/terminaltest"
	"ivalt-radius/radius/radiustest"
	"ivalt-radius/radius/wire"
	"ivalt-radius/secret"
)

// The attributes that a conversation needs (RFC 2865 section 5).
const (
	attributeUserPassword = 2
	attributeState        = 24
)

// doorman challenges a login, challenges the answer once more, and lets in whoever answers "2" and then nothing.
func doorman(t *testing.T) (address string) {
	t.Helper()
	socket, err := radiustest.Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	key := wire.NewKey(secret.New(loginSecret))
	var done sync.WaitGroup
	done.Go(func() {
		for {
			raw, from, err := socket.Receive(context.Background())
			if err != nil {
				return
			}
			packet, err := wire.Parse(raw)
			if err != nil {
				continue
			}
			octets, err := key.AppendReply(nil, wire.OriginOf(packet), doormanReply(key, packet))
			if err == nil {
				_ = socket.Send(from, octets)
			}
		}
	})
	t.Cleanup(func() {
		_ = socket.Close()
		done.Wait()
	})
	return socket.Addr().String()
}

func doormanReply(key *wire.Key, packet wire.Packet) wire.Reply {
	var state, password string
	packet.Attributes(func(typ byte, value []byte) bool {
		switch typ {
		case attributeState:
			state = string(value)
		case attributeUserPassword:
			text, _ := key.Password(value, packet.Authenticator())
			password = text.Reveal()
		}
		return true
	})
	ask := func(message, state string) wire.Reply {
		return wire.Reply{Code: wire.AccessChallenge, Attributes: wire.Append(wire.Append(nil, attributeReplyMessage, []byte(message)), attributeState, []byte(state))}
	}
	switch {
	case state == "" && password == loginPassword:
		return ask("Which phone, 1 or 2?", "canary-state-1")
	case state == "canary-state-1" && password == "2":
		return ask("Approve, then press Enter.", "canary-state-2")
	case state == "canary-state-2" && password == "":
		return wire.Reply{Code: wire.AccessAccept}
	}
	return wire.Reply{Code: wire.AccessReject}
}

// TestLoginAnswers is the table of answers on the command line.
func TestLoginAnswers(t *testing.T) {
	server := doorman(t)
	for name, c := range map[string]struct {
		answers []string
		want    int
		message string
	}{
		"all":            {[]string{"2", ""}, exit.OK, ""},
		"one_too_many":   {[]string{"2", "", "more"}, exit.OK, ""},
		"a_wrong_one":    {[]string{"3"}, exitReject, ""},
		"one_is_missing": {[]string{"2"}, exitChallenge, "Approve, then press Enter."},
		"none":           {nil, exitChallenge, "Which phone, 1 or 2?"},
		"with_commas":    {[]string{"2,"}, exitReject, ""},
	} {
		t.Run(name, func(t *testing.T) {
			args := []string{"--server", server, "--secret", loginSecret, "--user", "alice"}
			for _, a := range c.answers {
				args = append(args, "--answer", a)
			}
			code, stdout, stderr := runLogin(t, typed(), args...)
			if code != c.want || !strings.Contains(stdout, c.message) || !strings.Contains(stderr, " s: Which phone, 1 or 2?\n") {
				t.Errorf("exit %d, want %d: %s%s", code, c.want, stdout, stderr)
			}
			if strings.Contains(stdout+stderr, "State") || strings.Contains(stdout+stderr, "canary-state") {
				t.Errorf("the State is shown: %s%s", stdout, stderr)
			}
		})
	}
}

func TestLoginAnswersJSON(t *testing.T) {
	code, stdout, _ := runLogin(t, typed(), "--server", doorman(t), "--secret", loginSecret, "--user", "alice", "--json", "--answer", "2")
	var got loginJSON
	if err := json.Unmarshal([]byte(stdout), &got); err != nil {
		t.Fatal(err) // one object, however many exchanges there were
	}
	if code != exitChallenge || got.Verdict != "challenge" || got.ReplyMessage != "Approve, then press Enter." || len(got.Attributes) != 1 {
		t.Errorf("exit %d, %+v", code, got)
	}
}

// TestLoginAnswersAtTheTerminal: the message is shown, the answer is not, and Enter alone is one.
func TestLoginAnswersAtTheTerminal(t *testing.T) {
	keyboard, terminal := terminaltest.Open(t)
	cmd := NewCommand()
	var out bytes.Buffer
	cmd.SetArgs([]string{"--server", doorman(t), "--secret", loginSecret, "--user", "alice", "--password", loginPassword})
	cmd.SetIn(terminal)
	cmd.SetOut(&out)
	cmd.SetErr(terminal)
	done := make(chan error, 1)
	go func() { done <- cmd.ExecuteContext(context.Background()) }()
	screen := ""
	for _, step := range []struct{ shown, typed string }{{"Which phone, 1 or 2?", "2\n"}, {"Approve, then press Enter.", "\n"}} {
		screen = terminaltest.ReadUntil(t, keyboard, "Answer: ")
		if !strings.Contains(screen, step.shown) || strings.Contains(screen, "2\r\n") {
			t.Errorf("the screen shows %q", screen)
		}
		if _, err := keyboard.WriteString(step.typed); err != nil {
			t.Fatal(err)
		}
	}
	if err := <-done; err != nil || !strings.Contains(out.String(), "Access-Accept in ") {
		t.Errorf("%v: %s", err, out.String())
	}
}

// TestLoginAnswersAreNotReadFromAPipe: what follows the password there was not meant for a server's question.
func TestLoginAnswersAreNotReadFromAPipe(t *testing.T) {
	p := &person{in: strings.NewReader("2\n"), out: io.Discard}
	if _, answered := p.answer(t.Context()); answered {
		t.Error("an answer was read")
	}
}

// TestLoginLeftUnanswered: the end of the terminal's input answers nothing.
func TestLoginLeftUnanswered(t *testing.T) {
	keyboard, terminal := terminaltest.Open(t)
	p := &person{in: terminal, out: io.Discard}
	got := make(chan bool, 1)
	go func() {
		_, answered := p.answer(context.Background())
		got <- answered
	}()
	if _, err := keyboard.WriteString("\x04"); err != nil { // Ctrl-D
		t.Fatal(err)
	}
	if <-got {
		t.Error("nothing is an answer")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, answered := p.answer(ctx); answered {
		t.Error("an interrupt is an answer")
	}
	_, _ = keyboard.WriteString("\n") // ends the read that the interrupt left
}

// TestLoginMSCHAPv2 says what the server does not prove.
func TestLoginMSCHAPv2(t *testing.T) {
	server, asked := answering{code: wire.AccessAccept}.serve(t)
	args := []string{"--server", server, "--secret", loginSecret, "--user", "alice", "--method", "mschapv2"}
	code, stdout, _ := runLogin(t, typed(), args...)
	if code != exit.OK || !strings.Contains(stdout, "MS-CHAPv2: the server does not prove that it knows the password: no MS-CHAP2-Success") {
		t.Errorf("exit %d: %s", code, stdout)
	}
	code, stdout, _ = runLogin(t, typed(), append(args, "--json")...)
	var got loginJSON
	if err := json.Unmarshal([]byte(stdout), &got); err != nil || code != exit.OK || !strings.Contains(got.MSCHAPv2, "no MS-CHAP2-Success") {
		t.Errorf("exit %d: %s, %v", code, stdout, err)
	}
	packet, err := wire.Parse(asked()[0])
	if err != nil {
		t.Fatal(err)
	}
	packet.Attributes(func(typ byte, _ []byte) bool {
		if typ == attributeUserPassword {
			err = errors.New("the password is there too")
		}
		return true
	})
	if err != nil {
		t.Error(err)
	}
}
