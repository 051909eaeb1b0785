package trail

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"ivalt-radius/audit"
	"ivalt-radius/audit/mask"
	"ivalt-radius/cmd/ivalt-radius/commandtest"
	"ivalt-radius/cmd/ivalt-radius/exit"
	"ivalt-radius/config"
	"ivalt-radius/config/seal"
)

// settle makes settings, and a trail in their state directory.
func settle(t *testing.T, events ...audit.Event) (settings, trail string) {
	t.Helper()
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	settings = write("config.yaml", string(config.Template(config.Sample{
		SharedSecretFile: write("secret", "nR8kQ5tZ1mB7yL4cW9dHvX2n"), APIKeyFile: write("key", "Zq3vT8mKx1Lw9RbY5cHd2NfG6sJp4UaE7b"), StateDirectory: dir,
	})))
	trail = filepath.Join(dir, "audit.jsonl")
	out, err := audit.Open(trail, audit.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		err = errors.Join(err, out.Commit(t.Context(), e))
	}
	if err := errors.Join(err, out.Close()); err != nil {
		t.Fatal(err)
	}
	return settings, trail
}

// people are logins of three, and what a hostile packet may bring.
func people() []audit.Event {
	return []audit.Event{
		audit.Attempt{User: "alice@corp", Client: "office", Reason: "approved", CallingStation: "198.51.100.7", Duration: 3210 * time.Millisecond},
		audit.Attempt{User: "bob", Client: "branch", Reason: "push_timeout", Duration: time.Minute, Detail: "nobody answered"},
		audit.Security{Event: "collision", User: "bob", Client: "office"},
		audit.APICall{Call: "push", Class: "ok", Endpoint: "/x", Status: 200, Duration: 80 * time.Millisecond},
		audit.Attempt{User: "ev\x1b[2Jil\u202e", Client: "office", Reason: "bad_password"},
	}
}

// run runs `audit` as the program does.
func run(ctx context.Context, out io.Writer, defaultConfig string, args ...string) (said string, code int) {
	var stderr bytes.Buffer
	cmd := NewCommand(defaultConfig) //nolint:contextcheck // a command takes the context that it is executed with
	err := commandtest.Into(ctx, cmd, strings.NewReader(""), out, &stderr, args...)
	return stderr.String(), exit.Code(err)
}

func ran(t *testing.T, defaultConfig string, args ...string) string {
	t.Helper()
	var out bytes.Buffer
	if said, code := run(t.Context(), &out, defaultConfig, args...); code != exit.OK {
		t.Fatalf("%v: exit %d: %s", args, code, said)
	}
	return out.String()
}

// endOf is the trail's last line but checkpoints.
func endOf(t *testing.T, trail string) (members struct{ Type, Action, Actor, Filter, Detail string }) {
	t.Helper()
	text, err := os.ReadFile(trail)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(lastLine(string(text))), &members); err != nil {
		t.Fatal(err)
	}
	return members
}

// copyOf is a copy of a trail with a text behind it.
func copyOf(t *testing.T, trail, behind string) string {
	t.Helper()
	copied := filepath.Join(t.TempDir(), "copy")
	text, err := os.ReadFile(trail)
	if err == nil {
		err = os.WriteFile(copied, append(text, behind...), 0o600) //nolint:gosec // in the test's own directory
	}
	if err != nil {
		t.Fatal(err)
	}
	return copied
}

func TestTail(t *testing.T) {
	settings, trail := settle(t, people()...)
	copied := copyOf(t, trail, "")
	for name, c := range map[string]struct {
		args []string
		want []string // one for each line
	}{
		"all":     {nil, []string{"alice@corp", "push_timeout", "collision", "push ok", `ev\u001b[2Jil\u202e`}},
		"two":     {[]string{"-n", "2"}, []string{"api_request", "bad_password"}},
		"none":    {[]string{"-n", "0"}, nil},
		"user":    {[]string{"--user", "ALICE@Corp"}, []string{"authentication_attempt  alice@corp                office          approved               3.21s  -"}},
		"client":  {[]string{"--client", "branch"}, []string{"bob                       branch          push_timeout            1m0s  nobody answered"}},
		"reason":  {[]string{"--reason", "bad_password"}, []string{"bad_password"}},
		"types":   {[]string{"--type", "security_event", "--type", "api_request"}, []string{"collision", "80ms  /x 200"}},
		"since":   {[]string{"--since", "1h", "--until", "2999-01-01"}, []string{"alice", "bob", "bob", "api", "ev"}},
		"until":   {[]string{"--until", "2020-01-01T00:00:00Z"}, nil},
		"as JSON": {[]string{"--format", "json", "--user", "bob", "-n", "1"}, []string{`"type":"security_event","event":"collision"`}},
	} {
		t.Run(name, func(t *testing.T) {
			got := ran(t, settings, append(append([]string{"tail"}, c.args...), copied)...)
			lines := strings.Split(strings.TrimSuffix(got, "\n"), "\n")
			if got == "" {
				lines = nil
			}
			if len(lines) != len(c.want) {
				t.Fatalf("%d lines, want %d:\n%s", len(lines), len(c.want), got)
			}
			for i, want := range c.want {
				if !strings.Contains(lines[i], want) {
					t.Errorf("line %d is %q, want %q", i, lines[i], want)
				}
			}
			for _, r := range got {
				if r != '\n' && (r < ' ' || r == '\u202e') {
					t.Errorf("%q reaches the terminal", r)
				}
			}
		})
	}
	if got := endOf(t, trail); got.Type == "data_access" {
		t.Error("the reading of a copy is recorded in the trail")
	}
}

// TestReadingIsRecorded before anything is shown, and nothing is where that cannot be done.
func TestReadingIsRecorded(t *testing.T) {
	for name, c := range map[string]struct {
		args           func(trail string) []string
		filter, detail string
	}{
		"tail":        {func(string) []string { return []string{"tail", "--user", "BOB", "-n", "5"} }, `--user "bob"`, "the last 5 as text"},
		"by its name": {func(trail string) []string { return []string{"tail", filepath.Dir(trail) + "/./audit.jsonl"} }, "", "the last 20 as text"},
		"export":      {func(string) []string { return []string{"export", "--type", "api_request"} }, `--type "api_request"`, "json to standard output"},
		"masked":      {func(trail string) []string { return []string{"export", "--mask", "--output", trail + ".out"} }, "", "json to the file TRAIL.out, masked"},
		"a report of it by its name": {
			func(trail string) []string {
				return []string{"report", "--since", "2020-01-01T00:00:00Z", "--until", "2020-01-02T00:00:00Z", trail}
			},
			`--since "2020-01-01T00:00:00Z" --until "2020-01-02T00:00:00Z"`, "text to the standard output",
		},
		"to recipient": {func(string) []string { return []string{"export", "--encrypt-to", recipient} }, "", "json to standard output, encrypted to 1 recipient"},
	} {
		t.Run(name, func(t *testing.T) {
			settings, trail := settle(t, people()...)
			args := c.args(trail)
			out := ran(t, settings, args...)
			got := endOf(t, trail)
			if got.Type != "data_access" || got.Action != args[0] || got.Filter != c.filter || strings.ReplaceAll(got.Detail, trail, "TRAIL") != c.detail ||
				got.Actor != fmt.Sprintf("uid=%d pid=%d", os.Getuid(), os.Getpid()) {
				t.Errorf("recorded: %+v", got)
			}
			if name == "by its name" && !strings.Contains(out, "data_access") {
				t.Errorf("the record of the reading is not on disk before it is read: %s", out)
			}
			writer, err := audit.Open(trail, audit.Options{}) // somebody writes it, and no server can be asked
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = writer.Close() }()
			_ = os.Remove(trail + ".out")
			var shown bytes.Buffer
			said, code := run(t.Context(), &shown, settings, args...)
			if code != exit.Fault || shown.Len() > 0 || !strings.Contains(said, "name a copy") {
				t.Errorf("exit %d: %s; shown: %s", code, said, shown.String())
			}
			if _, err := os.Stat(trail + ".out"); err == nil {
				t.Error("it was written without a record of it")
			}
		})
	}
}

// A key of age's for tests, and its public half. The text of the key is put together, so that no file of the repository holds one.
const (
	recipient    = "age1fku7qp3nfqcgkpuk36kgzddhc9utr0pr3p8urusucgph7zgqa93s238ec3"
	recipientKey = "AGE-SECRET-" + "KEY-" + "1CQU0EEDCPLX3RRYNDM3TGLYDAH27GXD80TJZ4M3S5WNAT67Q8F4SL699EJ"
)

func TestUsage(t *testing.T) {
	settings, trail := settle(t)
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"tail", "--reason", "whim"}, "approved, bad_password, bad_request"},
		{[]string{"export", "--type", "whim"}, "api_request, authentication_attempt"},
		{[]string{"export", "--format", "xml"}, "json, ecs, cef, csv"},
		{[]string{"tail", "--format", "csv"}, "text, json"},
		{[]string{"tail", "-n", "-1"}, "below 0"},
		{[]string{"tail", "--since", "yesterday"}, "is no time"},
		{[]string{"export", "--until", "-5h"}, "is no time"},
		{[]string{"tail", "--since", "1h", "--until", "2h"}, "--since is not before --until"},
		{[]string{"export", "--user", "a\x01"}, "--user"},
		{[]string{"tail", "a", "b"}, ""},
	} {
		said, code := run(t.Context(), io.Discard, settings, c.args...)
		if code != exit.Usage || !strings.Contains(said, c.want) {
			t.Errorf("%v: exit %d, %s", c.args, code, said)
		}
	}
	for name, args := range map[string][]string{
		"no settings": {"tail", "--config", settings + ".none"}, "no settings for a copy": {"export", "--config", settings + ".none", trail}, "no trail": {"tail", trail + ".none"},
		"no recipient": {"export", "--encrypt-to", "age1x"}, "no directory": {"export", "--output", filepath.Join(trail, "x")}, "it is there": {"export", "--output", trail},
		"no trail to export": {"export", "--output", trail + ".out", trail + ".none"},
	} {
		if said, code := run(t.Context(), io.Discard, settings, args...); code != exit.Fault {
			t.Errorf("%s: exit %d, %s", name, code, said)
		}
	}
	if _, err := os.Stat(trail + ".out"); err == nil {
		t.Error("half an export is left")
	}
	if said, code := run(t.Context(), io.Discard, settings+".none", "export", "--mask", trail); code != exit.Fault || !strings.Contains(said, "--config") {
		t.Errorf("masked without settings: exit %d, %s", code, said)
	}
}

// TestFollowOnTheCommandLine: over a rotation, until it is interrupted.
func TestFollowOnTheCommandLine(t *testing.T) {
	settings, trail := settle(t, people()...)
	ctx, interrupt := context.WithCancel(t.Context())
	reader, writer := io.Pipe()
	done := make(chan int, 1)
	go func() {
		_, code := run(ctx, writer, settings, "tail", "-n", "1", "--follow", "--user", "bob")
		_ = writer.Close()
		done <- code
	}()
	line := make([]byte, 4096)
	next := func(want string) {
		t.Helper()
		n, err := reader.Read(line)
		if err != nil || !strings.Contains(string(line[:n]), want) {
			t.Fatalf("%s, %v; want %q", line[:n], err, want)
		}
	}
	next("collision")
	out, err := audit.Open(trail, audit.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = out.Close() }()
	for _, reason := range []string{"approved", "push_denied"} {
		err = errors.Join(err, out.Commit(t.Context(), audit.Attempt{User: "carol"}), out.Commit(t.Context(), audit.Attempt{User: "bob", Reason: reason}))
	}
	if err != nil {
		t.Fatal(err)
	}
	next("approved")
	next("push_denied")
	interrupt()
	if code := <-done; code != exit.OK {
		t.Errorf("exit %d", code)
	}
}

// gone is a reader that went away.
type gone struct{ err error }

func (g gone) Write([]byte) (int, error) { return 0, g.err }

func TestBrokenPipeIsQuiet(t *testing.T) {
	settings, _ := settle(t, people()...)
	for _, command := range []string{"tail", "export"} {
		if said, code := run(t.Context(), gone{syscall.EPIPE}, settings, command); code != exit.OK || said != "" {
			t.Errorf("%s: exit %d, %s", command, code, said)
		}
		if _, code := run(t.Context(), gone{syscall.ENOSPC}, settings, command); code != exit.Fault {
			t.Errorf("%s on a full disk: exit %d", command, code)
		}
	}
}

func TestExport(t *testing.T) {
	settings, trail := settle(t, people()...)
	text, err := os.ReadFile(trail)
	if err != nil {
		t.Fatal(err)
	}
	if got := ran(t, settings, "export"); !strings.HasPrefix(got, string(text)) {
		t.Errorf("the trail's own lines are others:\n%s", got)
	}
	for _, word := range formats() {
		file := filepath.Join(t.TempDir(), "export")
		if said := ran(t, settings, "export", "--format", word, "--output", file, "--user", "bob"); !strings.HasPrefix(said, file+": ") || !strings.Contains(said, " record") {
			t.Errorf("it says %q", said)
		}
		got, err := os.ReadFile(file)
		if err != nil || strings.Count(string(got), "bob") < 2 || strings.Contains(string(got), "alice") {
			t.Errorf("%s: %v\n%s", word, err, got)
		}
		if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%v, %v", info, err)
		}
		if said, code := run(t.Context(), io.Discard, settings, "export", "--output", file); code != exit.Fault || !strings.Contains(said, "nothing is overwritten") {
			t.Errorf("exit %d: %s", code, said)
		}
		masked := ran(t, settings, "export", "--format", word, "--mask", "--until", "1ms")
		for _, name := range []string{"bob", "alice", "198.51.100.7", "corp"} {
			if strings.Contains(masked, name) {
				t.Errorf("%s: %s stands in\n%s", word, name, masked)
			}
		}
	}
	p, err := mask.Open(filepath.Dir(trail))
	if err != nil {
		t.Fatal(err)
	}
	masked := ran(t, settings, "export", "--mask")
	if strings.Count(masked, p.User("bob")) < 2 || strings.Contains(masked, `"hash"`) || strings.Contains(masked, `"prev"`) || !strings.Contains(masked, p.Address("198.51.100.7")) {
		t.Errorf("masked:\n%s", masked)
	}
}

func TestExportEncrypted(t *testing.T) {
	settings, _ := settle(t, people()...)
	keyFile := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(keyFile, []byte(recipientKey), 0o600); err != nil {
		t.Fatal(err)
	}
	key, made, err := seal.OpenOrMake(keyFile)
	if err != nil || made {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "export.age")
	for _, words := range [][]string{{"--output", file}, nil} {
		out := ran(t, settings, append([]string{"export", "--user", "alice@corp", "--encrypt-to", recipient}, words...)...)
		if words != nil {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			out = string(text)
		}
		if strings.Contains(out, "alice") {
			t.Error("it can be read")
		}
		got, err := key.Open(base64.StdEncoding.EncodeToString([]byte(out)))
		if err != nil || !strings.Contains(got.Reveal(), `"user":"alice@corp"`) || !strings.HasSuffix(got.Reveal(), "}\n") {
			t.Errorf("%v; decrypted: %s", err, got.Reveal())
		}
	}
}

// TestUnreadableLinesAreSaid: a damaged trail is shown as far as it can be read.
func TestUnreadableLinesAreSaid(t *testing.T) {
	_, trail := settle(t, people()...)
	text, err := os.ReadFile(trail)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	said, code := run(t.Context(), &out, "", "export", copyOf(t, trail, "noise\n{}"))
	if code != exit.OK || !strings.Contains(said, "2 lines passed over") || out.String() != string(text) {
		t.Errorf("exit %d: %s\n%s", code, said, out.String())
	}
}

// TestTailOfNothing says that there is nothing, and not on the output.
func TestTailOfNothing(t *testing.T) {
	settings, _ := settle(t, people()...)
	var out bytes.Buffer
	if said, code := run(t.Context(), &out, settings, "tail", "--user", "nobody-here"); code != exit.OK || !strings.HasPrefix(said, "ivalt-radius: no such record\n") || out.Len() > 0 {
		t.Errorf("exit %d: %q, %q", code, said, out.String())
	}
}
