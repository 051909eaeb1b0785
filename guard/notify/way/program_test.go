package way

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// runs sends through a command of a shell's text; out is the directory that it may write to.
func runs(t *testing.T, text string, notices ...Notice) (out, said string, err error) {
	t.Helper()
	out = t.TempDir()
	w := program{path: script(t, 0o700, "#!/bin/sh\nout='"+out+"'\n"+text), within: 3 * lingering}
	said, err = w.Send(t.Context(), notices)
	noCanary(t, said)
	return out, said, err
}

func content(t *testing.T, path ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(path...))
	must(t, err)
	return string(text)
}

// TestCommand: it gets the JSON, no argument, and an environment of four variables.
func TestCommand(t *testing.T) {
	t.Setenv("IVALT_RADIUS_IVALT_API_KEY", passwordCanary)
	out, said, err := runs(t, `cat >"$out/in"; env >"$out/env"; pwd >"$out/pwd"; echo "$#" >"$out/args"; echo done`, sample())
	must(t, err)
	if said != "it ended with 0" || content(t, out, "in") != string(document([]Notice{sample()})) || content(t, out, "args") != "0\n" || content(t, out, "pwd") != "/\n" {
		t.Errorf("%q, %q", said, content(t, out, "in"))
	}
	var names []string
	for line := range strings.Lines(content(t, out, "env")) {
		noCanary(t, line)
		name, _, _ := strings.Cut(line, "=")
		if name != "PWD" && name != "_" && name != "SHLVL" && name != "OLDPWD" { // a shell's own
			names = append(names, name)
		}
	}
	all := strings.Join(names, " ")
	if len(names) != 4 || !strings.Contains(content(t, out, "env"), "IVALT_RADIUS_SEVERITY=high\n") || !strings.Contains(content(t, out, "env"), "IVALT_RADIUS_INCIDENT=20261126-k7m3\n") {
		t.Errorf("%q", all)
	}
}

// TestCommandObeysNobody: no name is run.
func TestCommandObeysNobody(t *testing.T) {
	out, _, err := runs(t, `cat >"$out/in"; env >"$out/env"`, nasty())
	must(t, err)
	if content(t, out, "in") != string(document([]Notice{nasty()})) {
		t.Error(content(t, out, "in"))
	}
	if lines := strings.Count(content(t, out, "env"), "\n"); lines > 8 {
		t.Errorf("%d lines of environment", lines)
	}
	if _, err := os.Stat("/tmp/notice-was-run"); err == nil {
		t.Error("a name was run")
	}
}

func TestCommandsThatFail(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"another code":      {"echo no such pager >&2; exit 3", "the command ended with 3: no such pager"},
		"nothing said":      {"exit 1", "the command ended with 1: it said nothing"},
		"steers a terminal": {`printf '\033[2J\r\n'; exit 1`, `the command ended with 1: \u001b[2J`},
		"says too much":     {"head -c 1000000 /dev/zero | tr '\\0' ,; exit 1", "the command ended with 1: " + strings.Repeat(",", 200) + "…"},
		"says a person's":   {"echo " + personCanary + "@mail.example; exit 1", "the command ended with 1: [EMAIL_MASKED]"},
		"never ends":        {"sleep 1000", "the command was killed: it had not ended within 3s"},
		"never ends, inner": {"trap '' TERM INT HUP; sleep 1000 & sleep 1000", "the command was killed: it had not ended within 3s"},
		"kills itself":      {"kill -9 $$", "the command ended with -1: it said nothing"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, err := runs(t, c.text, sample())
			if e := failed(t, err); e.What != c.want || e.Permanent {
				t.Errorf("%q", e.What)
			}
		})
	}
	for _, path := range []string{"/nonexistent/page", script(t, 0o777, "#!/bin/sh\n"), script(t, 0o700, "no program")} {
		_, err := program{path: path, within: time.Second}.Send(t.Context(), []Notice{sample()})
		_ = failed(t, err)
	}
}

// TestCommandAndItsChildren: what is killed is killed with what it started; what ends is not waited for because of what it left.
func TestCommandAndItsChildren(t *testing.T) {
	out, _, err := runs(t, `sleep 1000 & echo $! >"$out/child"; wait`, sample())
	_ = failed(t, err)
	pid, err := strconv.Atoi(strings.TrimSpace(content(t, out, "child")))
	must(t, err)
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end) && alive(pid); {
		time.Sleep(time.Millisecond) //nolint:forbidigo // another process ends
	}
	if alive(pid) {
		t.Error("its child goes on")
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
	out, _, err = runs(t, `sleep 1000 & echo $! >"$out/child"; exit 0`, sample())
	must(t, err)
	pid, err = strconv.Atoi(strings.TrimSpace(content(t, out, "child")))
	must(t, err)
	_ = syscall.Kill(pid, syscall.SIGKILL)
}

// alive reports a process that is there and no zombie.
func alive(pid int) bool {
	stat, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return false
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	return !strings.HasPrefix(rest, "Z")
}

// TestCommandThatDoesNotRead: a full pipe is no failure.
func TestCommandThatDoesNotRead(t *testing.T) {
	_, _, err := runs(t, "exit 0", many(50)...)
	must(t, err)
}
