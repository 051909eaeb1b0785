package login

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"ivalt-radius/cmd/ivalt-radius/commandtest"
	"ivalt-radius/cmd/ivalt-radius/exit"
	"ivalt-radius/radius/attribute"
	"ivalt-radius/radius/radiustest"
	"ivalt-radius/radius/wire"
	"ivalt-radius/secret"
)

const (
	loginSecret   = "the shared secret of a login test"
	loginPassword = "the-canary-password"
)

// The attributes that the test reads and writes (RFC 2865 section 5).
const (
	attributeUserName         = 1
	attributeReplyMessage     = 18
	attributeCallingStationID = 31
	attributeNASIdentifier    = 32
)

// answering is a server that answers every Access-Request with one code and reply attributes, or not at all.
type answering struct {
	code  wire.Code
	reply map[string]string
	extra [][]byte // sent before each answer
	mute  bool
}

// serve returns the server's address and what it was asked so far.
func (a answering) serve(t *testing.T) (address string, asked func() [][]byte) {
	t.Helper()
	socket, err := radiustest.Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	attributes := a.attributes(t)
	var mu sync.Mutex
	var got [][]byte
	var done sync.WaitGroup
	done.Go(func() {
		for {
			raw, from, err := socket.Receive(context.Background())
			if err != nil {
				return
			}
			mu.Lock()
			got = append(got, raw)
			mu.Unlock()
			for _, packet := range a.answers(raw, attributes) {
				_ = socket.Send(from, packet)
			}
		}
	})
	t.Cleanup(func() {
		_ = socket.Close()
		done.Wait()
	})
	return socket.Addr().String(), func() [][]byte {
		mu.Lock()
		defer mu.Unlock()
		return got
	}
}

func (a answering) attributes(t *testing.T) []byte {
	t.Helper()
	octets := wire.Append(nil, attributeReplyMessage, []byte("A sentence."))
	for name, value := range a.reply {
		compiled, err := attribute.Compile(name, []string{value})
		if err != nil {
			t.Fatal(err)
		}
		octets = append(octets, compiled[0].Wire...)
	}
	return octets
}

func (a answering) answers(raw, attributes []byte) [][]byte {
	packet, err := wire.Parse(raw)
	if err != nil || a.mute {
		return a.extra
	}
	answer, err := wire.NewKey(secret.New(loginSecret)).AppendReply(nil, wire.OriginOf(packet), wire.Reply{Code: a.code, Attributes: attributes})
	if err != nil {
		return a.extra
	}
	return append(a.extra, answer)
}

// runLogin runs the command as a person would, with the password on standard input.
func runLogin(t *testing.T, stdin io.Reader, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	t.Setenv("LOGIN_TEST_SECRET", loginSecret)
	stdout, stderr, err := commandtest.Apart(t.Context(), NewCommand(), stdin, args...)
	for _, canary := range []string{loginSecret, loginPassword} {
		if strings.Contains(stdout+stderr, canary) {
			t.Errorf("%q is in the output", canary)
		}
	}
	return exit.Code(err), stdout, stderr
}

func typed() io.Reader { return strings.NewReader(loginPassword + "\n") }

func TestLoginVerdicts(t *testing.T) {
	for want, code := range map[int]wire.Code{0: wire.AccessAccept, 1: wire.AccessReject, 3: wire.AccessChallenge} {
		t.Run(radiustest.Code(code).String(), func(t *testing.T) {
			server, _ := answering{code: code, reply: map[string]string{"Class": "night", "Cisco-AVPair": "a=b"}}.serve(t)
			got, stdout, stderr := runLogin(t, typed(), "--server", server, "--secret", "env:LOGIN_TEST_SECRET", "--user", "alice")
			if got != want {
				t.Errorf("exit %d, want %d", got, want)
			}
			for _, part := range []string{
				radiustest.Code(code).String() + " in ", "1 packet sent", "  A sentence.\n", "Message-Authenticator: first",
				"  Class = night\n", "  Cisco-AVPair = a=b\n",
			} {
				if !strings.Contains(stdout, part) {
					t.Errorf("%q is missing in %q", part, stdout)
				}
			}
			if !strings.Contains(stderr, "sent packet 1 of 12") || !strings.Contains(stderr, "answered") {
				t.Errorf("no progress in %q", stderr)
			}
		})
	}
}

func TestLoginJSON(t *testing.T) {
	server, _ := answering{code: wire.AccessReject, extra: [][]byte{{1}}}.serve(t)
	code, stdout, _ := runLogin(t, typed(), "--server", server, "--secret", loginSecret, "--user", "alice", "--json")
	var got loginJSON
	if err := json.Unmarshal([]byte(stdout), &got); err != nil {
		t.Fatal(err)
	}
	if code != exitReject || got.Verdict != "reject" || got.Code != "Access-Reject" || got.ReplyMessage != "A sentence." ||
		got.MessageAuthenticator != "first" || got.Sent != 1 || got.Discarded != 1 || len(got.Attributes) != 1 {
		t.Errorf("exit %d, %+v", code, got)
	}
	mute, _ := answering{mute: true}.serve(t)
	code, stdout, _ = runLogin(t, typed(), "--server", mute, "--secret", loginSecret, "--user", "alice", "--json", "--timeout", "400ms", "--tries", "2")
	got = loginJSON{}
	if err := json.Unmarshal([]byte(stdout), &got); err != nil || code != exitNoAnswer || got.Verdict != "" || got.Sent != 2 || got.Error == "" {
		t.Errorf("exit %d, %+v, %v", code, got, err)
	}
}

func TestLoginNoAnswer(t *testing.T) {
	mute, _ := answering{mute: true}.serve(t)
	forging, _ := answering{mute: true, extra: [][]byte{make([]byte, 20)}}.serve(t)
	socket, err := radiustest.Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := socket.Addr().String()
	_ = socket.Close()
	for server, want := range map[string]string{
		mute:    "An unknown client and a wrong Message-Authenticator are answered with silence. The server may wait longer",
		forging: "did not: malformed packet",
		closed:  "is the server running?",
	} {
		code, stdout, stderr := runLogin(t, typed(), "--server", server, "--secret", loginSecret, "--user", "alice", "--timeout", "400ms", "--tries", "2")
		if code != exitNoAnswer || stdout != "" || !strings.Contains(stderr, want) || !strings.Contains(stderr, "sent again, packet 2 of 2") {
			t.Errorf("exit %d, %q, %q; want %q", code, stdout, stderr, want)
		}
	}
}

func TestLoginUsage(t *testing.T) {
	whole := []string{"--server", "127.0.0.1:1", "--secret", "x", "--user", "alice", "--password", "p"}
	with := func(flag, value string) []string { return append(append([]string{}, whole...), flag, value) }
	for flag, values := range map[string][]string{
		"--server":  {"gateway", ":1812", "gateway:", "gateway:0", "gateway:65536", "gateway:no-such-service", "1:2:3"},
		"--from":    {"home", "127.0.0.1:", "127.0.0.1:70000"},
		"--tries":   {"0", "-1", "101"},
		"--timeout": {"0s", "-1s", "2h"},
		"--method":  {"eap"},
		"--nas":     {"toaster"},
	} {
		for _, value := range values {
			if code, _, said := runLogin(t, typed(), with(flag, value)...); code != exit.Usage || !strings.Contains(said, "not a setting of login: "+flag) {
				t.Errorf("%s %s: exit %d, %s", flag, value, code, said)
			}
		}
	}
	for name, args := range map[string][]string{
		"nothing":           {},
		"no user":           whole[:4],
		"no port":           append([]string{"--server", "127.0.0.1"}, whole[2:]...),
		"another method":    append([]string{"--method", "eap"}, whole...),
		"another NAS":       append([]string{"--nas", "toaster"}, whole...),
		"too many tries":    append([]string{"--tries", "101"}, whole...),
		"negative tries":    append([]string{"--tries", "-1"}, whole...),
		"a negative wait":   append([]string{"--timeout", "-1s"}, whole...),
		"an argument":       append([]string{"more"}, whole...),
		"an unknown option": append([]string{"--colour"}, whole...),
	} {
		if code, _, _ := runLogin(t, typed(), args...); code != exit.Usage {
			t.Errorf("%s: exit %d", name, code)
		}
	}
}

func TestLoginLocalFaults(t *testing.T) {
	t.Setenv("CREDENTIALS_DIRECTORY", "")
	server, asked := answering{code: wire.AccessAccept}.serve(t)
	for says, args := range map[string][]string{
		"LOGIN_TEST_NOTHING is not set":      {"--secret", "env:LOGIN_TEST_NOTHING", "--password", "p"},
		"no such file":                       {"--secret", "file:" + filepath.Join(t.TempDir(), "none"), "--password", "p"},
		"sealed: needs the server's own key": {"--secret", "sealed:x", "--password", "p"},
		"runs outside of systemd":            {"--secret", "credential:x", "--password", "p"},
		"the shared secret is empty":         {"--secret", "", "--password", "p"},
		"no password":                        {"--secret", loginSecret},
		"bind: cannot assign requested addr": {"--secret", loginSecret, "--password", "p", "--from", "192.0.2.1"},
	} {
		code, _, said := runLogin(t, strings.NewReader(""), append([]string{"--server", server, "--user", "alice"}, args...)...)
		if code != exitNoAnswer || !strings.Contains(said, says) {
			t.Errorf("%s: exit %d: %s", says, code, said)
		}
	}
	if len(asked()) != 0 {
		t.Error("something was sent")
	}
}

func TestLoginCredential(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("CREDENTIALS_DIRECTORY", dir)
	if err := os.WriteFile(filepath.Join(dir, "gateway"), []byte(loginSecret+"\n"), 0o400); err != nil {
		t.Fatal(err)
	}
	if got, err := readShared("credential:gateway"); err != nil || got.Reveal() != loginSecret {
		t.Errorf("%v", err)
	}
}

func TestLoginSecretFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte(loginSecret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	server, asked := answering{code: wire.AccessAccept}.serve(t)
	code, _, stderr := runLogin(t, nil, "--server", server, "--secret", "file:"+file, "--user", "alice", "--password", loginPassword,
		"--calling-station", "203.0.113.9", "--nas-identifier", "gw7", "--no-message-authenticator")
	if code != exit.OK {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	packet, err := wire.Parse(asked()[0])
	if err != nil {
		t.Fatal(err)
	}
	sent := map[byte]string{}
	packet.Attributes(func(typ byte, value []byte) bool { sent[typ] = string(value); return true })
	if sent[attributeUserName] != "alice" || sent[attributeCallingStationID] != "203.0.113.9" || sent[attributeNASIdentifier] != "gw7" {
		t.Errorf("%q", sent)
	}
	if _, found := sent[wire.MessageAuthenticator]; found {
		t.Error("Message-Authenticator was sent")
	}
}

func TestLoginProfiles(t *testing.T) {
	f := loginFlags{server: "127.0.0.1:1812", profile: "openvpn"}
	nas, err := f.gateway()
	if err != nil || nas.Retry.Style != radiustest.NewAuthenticator {
		t.Errorf("%+v, %v", nas.Retry, err)
	}
	for _, name := range loginProfiles() {
		f.profile = name
		nas, err := f.gateway()
		if err != nil || nas.Retry.Interval <= 0 || nas.Retry.Tries < 1 {
			t.Errorf("%s: %+v, %v", name, nas.Retry, err)
		}
	}
}

// TestLoginPace: the time-out is the whole wait and leaves the interval alone; only a number of tries spreads the packets.
func TestLoginPace(t *testing.T) {
	for _, c := range []struct {
		profile  string
		timeout  time.Duration
		tries    int
		wait     time.Duration
		interval time.Duration
		packets  int
	}{
		{"", 0, 0, time.Minute, 5 * time.Second, 12},
		{"", 12 * time.Second, 0, 12 * time.Second, 5 * time.Second, 3},
		{"", time.Second, 0, time.Second, 5 * time.Second, 1},
		{"", 10 * time.Minute, 0, 10 * time.Minute, 5 * time.Second, 120},
		{"", 0, 3, time.Minute, 20 * time.Second, 3},
		{"", 30 * time.Second, 3, 30 * time.Second, 10 * time.Second, 3},
		{"openvpn-as", 0, 0, time.Minute, 20 * time.Second, 3},
		{"openvpn-as", 90 * time.Second, 0, 90 * time.Second, 20 * time.Second, 5},
	} {
		f := loginFlags{server: "127.0.0.1:1812", profile: c.profile, timeout: c.timeout, tries: c.tries}
		g, err := f.gateway()
		if err != nil || g.wait != c.wait || g.Retry.Interval != c.interval || g.Retry.Tries != c.packets {
			t.Errorf("%+v: %+v in %s, %v", c, g.Retry, g.wait, err)
		}
	}
}

// TestLoginTimeout: the wait ends with the time-out, though the interval is longer.
func TestLoginTimeout(t *testing.T) {
	mute, _ := answering{mute: true}.serve(t)
	code, _, said := runLogin(t, typed(), "--server", mute, "--secret", loginSecret, "--user", "alice", "--timeout", "20ms")
	if code != exitNoAnswer || !strings.Contains(said, "no answer in 0.") || !strings.Contains(said, "packet 1 of 1") {
		t.Errorf("exit %d: %s", code, said)
	}
}

// TestLoginWarnsOfStrangers: a NAS whose retries come from other ports needs a calling station to have them joined.
func TestLoginWarnsOfStrangers(t *testing.T) {
	server, _ := answering{code: wire.AccessReject}.serve(t)
	for _, c := range []struct {
		args  []string
		warns bool
	}{
		{[]string{"--nas", "openvpn"}, true},
		{[]string{"--nas", "openvpn", "--calling-station", "203.0.113.9"}, false},
		{[]string{"--nas", "openvpn", "--tries", "1"}, false},
		{[]string{"--nas", "openvpn-as"}, false},
		{nil, false},
	} {
		code, out, said := runLogin(t, typed(), append([]string{"--server", server, "--secret", loginSecret, "--user", "alice"}, c.args...)...)
		if code != exitReject || strings.Contains(said, "warning: openvpn sends again from another port") != c.warns {
			t.Errorf("%q: exit %d: %s", c.args, code, said)
		}
		if !strings.Contains(out, "the server's log has the reason") {
			t.Errorf("no hint: %s", out)
		}
	}
}

func TestReadPasswordEndsWithContext(t *testing.T) {
	r, w := io.Pipe()
	defer func() { _ = w.Close() }()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := readPassword(ctx, r, io.Discard); !errors.Is(err, errNoPassword) {
		t.Error(err)
	}
}

func TestReadPasswordWithoutNewline(t *testing.T) {
	got, err := readPassword(t.Context(), strings.NewReader("pass word"), io.Discard)
	if err != nil || got.Reveal() != "pass word" {
		t.Error(err)
	}
}
