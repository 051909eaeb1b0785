package main

import (
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	readiness "ivalt-radius/admin/health"
	"ivalt-radius/admin/view"
	"ivalt-radius/cmd/ivalt-radius/control"
	"ivalt-radius/cmd/ivalt-radius/exit"
	"ivalt-radius/ivalt/ivalttest"
)

// ask asks a server's window.
func (r *running) ask(t *testing.T, path string) (status int, body string) {
	t.Helper()
	ready, _ := r.log.with(`"msg":"ready"`)
	at := regexp.MustCompile(`"admin":"([^"]+)"`).FindStringSubmatch(ready[0])
	if at == nil {
		t.Fatalf("no window in %s", ready[0])
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+at[1]+path, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

// TestWindow: the server is ready, says when a reload was refused, and that it stops, until the last login has its answer.
func TestWindow(t *testing.T) {
	t.Parallel()
	s := pushing(t)
	s.admin = `, admin: "127.0.0.1:0"`
	s.write(t)
	mobile := s.enrol("carol", ivalttest.Manual, 0)
	r := s.start(t)
	if status, body := r.ask(t, "/healthz"); status != 200 || body != "ok\n" {
		t.Errorf("%d %s", status, body)
	}
	checks := func(status int) map[string]view.Check {
		t.Helper()
		var a readiness.Answer
		got, body := r.ask(t, "/readyz?format=json")
		if err := json.Unmarshal([]byte(body), &a); err != nil || got != status {
			t.Errorf("%d %s %v", got, body, err)
		}
		out := map[string]view.Check{}
		for _, c := range a.Checks {
			out[c.Name] = c
		}
		return out
	}
	if got := checks(200); len(got) != 9 || got["sockets"].Note != "2 of 2 are read" {
		t.Error(got)
	}
	sound := *s
	s.policy = "{default: nonsense}"
	s.write(t)
	r.reload(t)
	sound.write(t)
	eventually(t, "the refused reload", func() bool { return strings.Contains(checks(200)["settings"].Note, "refused (1 fault)") })

	answered := make(chan struct{})
	go func() { defer close(answered); _, _ = r.nas().Login(t.Context(), credentials("carol")) }()
	eventually(t, "the push", func() bool { return s.cloud.Polls(mobile) > 0 })
	r.signals.stop <- syscall.SIGTERM
	r.log.await(t, `"msg":"draining"`, 1)
	eventually(t, "the end of readiness", func() bool {
		status, body := r.ask(t, "/readyz")
		return status == 503 && strings.Contains(body, "draining       FAILED")
	})
	if status, _ := r.ask(t, "/healthz"); status != 200 {
		t.Error("a server that drains is dead")
	}
	if code, out := sound.command(t, "reload"); code != exit.Fault || !strings.Contains(out, "the server is stopping") {
		t.Errorf("exit %d: %s", code, out)
	}
	s.cloud.Approve(mobile)
	<-answered
	if code := r.await(t); code != exit.OK {
		t.Error(code)
	}
}

// TestATakenPort is a fault where the operator named it.
func TestATakenPort(t *testing.T) {
	t.Parallel()
	taken, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	s := newSite(t)
	s.admin = `, admin: "` + taken.Addr().String() + `"`
	s.write(t)
	r := s.launch(t)
	if code := r.await(t); code != exit.Fault || r.address != "" {
		t.Error(code)
	}
	if line := r.log.await(t, `"msg":"the server cannot start"`, 1)[0]; !strings.Contains(line, "listen.admin") || !strings.Contains(line, "address already in use") {
		t.Error(line)
	}
}

// TestTwoServersOfOneHost with what stands in no file: both serve logins, and one of them has the window.
func TestTwoServersOfOneHost(t *testing.T) {
	t.Parallel()
	for range 2 {
		s := newSite(t)
		s.admin = ""
		s.write(t)
		r := s.start(t)
		r.login(t, "dave")
	}
}

// TestReloadByCommand: who it was is in the trail, and what changed, or what is wrong, comes back.
func TestReloadByCommand(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	if code, out := s.command(t, "reload"); code != exit.Fault || !strings.Contains(out, control.ErrNotRunning.Error()) {
		t.Errorf("exit %d: %s", code, out)
	}
	r := s.start(t)
	if code, out := s.command(t, "reload"); code != exit.OK || !strings.Contains(out, "reloaded, no setting changed; settings ") {
		t.Errorf("exit %d: %s", code, out)
	}
	s.more = "max_attempts: 7\nusers: {email: \"{username}@example.org\"}"
	s.write(t)
	code, out := s.command(t, "reload", "--reason", "more people")
	if code != exit.OK || !strings.Contains(out, "max_attempts: 20000 -> 7\nusers.email: {username} -> {username}@example.org\nreloaded, 2 keys changed; settings ") {
		t.Errorf("exit %d: %s", code, out)
	}
	s.more = "max_attempts: -1\nlisten_twice: 1"
	s.write(t)
	code, out = s.command(t, "reload", "--reason", "no people")
	if code != exit.Fault || !strings.Contains(out, "fault: line ") || !strings.Contains(out, ": max_attempts: must be") || !strings.Contains(out, "nothing has changed") {
		t.Errorf("exit %d: %s", code, out)
	}
	if code, out := s.command(t, "reload", "--reason", strings.Repeat("x", 501)); code != exit.Fault || !strings.Contains(out, "say why in") {
		t.Errorf("exit %d: %s", code, out)
	}
	var now view.Settings
	if err := control.Call(t.Context(), s.state, view.PathSettings, struct{}{}, &now); err != nil {
		t.Fatal(err)
	}
	faulty := slices.ContainsFunc(now.Faults, func(f view.Fault) bool { return f.Key == "max_attempts" && f.Line > 0 && !f.Warning })
	if len(now.Changes) != 2 || len(now.Pending) != 0 || !faulty {
		t.Errorf("%+v %+v %+v", now.Changes, now.Pending, now.Faults)
	}
	r.stop(t)
	actor := control.ActorName(os.Getuid(), os.Getpid())
	for part, want := range map[string]int{`"action":"reload","actor":"` + actor + `"`: 3, `"detail":"more people"`: 1, `"detail":"no people"`: 1} {
		if n := len(s.trailLines(t, part)); n != want {
			t.Errorf("%d records with %s", n, part)
		}
	}
	if err := os.Remove(s.config()); err != nil {
		t.Fatal(err)
	}
	if code, out := s.command(t, "reload"); code != exit.Fault || !strings.Contains(out, "cannot be read") {
		t.Errorf("exit %d: %s", code, out)
	}
}

// TestSystemd is told of the whole life. It sets the environment, so it runs by itself.
func TestSystemd(t *testing.T) {
	path := filepath.Join(t.TempDir(), "notify")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("NOTIFY_SOCKET", path)
	t.Setenv("WATCHDOG_USEC", "100000")
	heard, over := &lines{more: make(chan struct{})}, make(chan struct{})
	go func() {
		defer close(over)
		text := make([]byte, 4096)
		for n, err := conn.Read(text); err == nil; n, err = conn.Read(text) {
			_, _ = heard.Write([]byte(strings.ReplaceAll(string(text[:n]), "\n", "|") + "\n"))
		}
	}()
	defer func() { _ = conn.Close(); <-over }()
	hear := func(want string, times int) { t.Helper(); heard.await(t, want, times) }
	s := newSite(t)
	r := s.start(t)
	hear("READY=1|STATUS=0 logins in flight; ready", 1)
	hear("WATCHDOG=1|STATUS=0 logins in flight; ready", 1)
	r.reload(t)
	hear("RELOADING=1|MONOTONIC_USEC=", 1)
	hear("READY=1|STATUS=0 logins in flight; ready", 2)
	r.stop(t)
	hear("STOPPING=1|STATUS=stopping: 0 logins in flight", 1)
	if _, err := os.Stat(filepath.Join(s.state, control.Socket)); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}
