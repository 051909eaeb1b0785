package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ivalt-radius/cmd/ivalt-radius/control"
	"ivalt-radius/cmd/ivalt-radius/exit"
	"ivalt-radius/radius/radiustest"
	"ivalt-radius/radius/sighting"
)

// TestClientsWithoutSecrets: the list needs no secret, so it works for whoever cannot read one; but it needs the clients.
func TestClientsWithoutSecrets(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.file(t, "config.yaml", fmt.Sprintf(`clients: [{name: gateway, networks: [127.0.0.0/8], secrets: ["file:/nonexistent/secret"]}]
ivalt: {api_key: "file:/nonexistent/key"}
state: {directory: %q}
`, s.state))
	if code, out := s.command(t, "clients", "list"); code != exit.OK || !strings.Contains(out, "gateway\n  networks") {
		t.Errorf("exit %d: %s", code, out)
	}
	s.file(t, "config.yaml", "clients: [{name: gateway, networks: [nowhere]}]\n")
	if code, out := s.command(t, "clients", "list"); code != exit.Fault || !strings.Contains(out, "nowhere") {
		t.Errorf("exit %d: %s", code, out)
	}
}

// TestClients lists and forgets learned addresses, on the files of a stopped server and through a running one.
func TestClients(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	const learned = "must send it           127.0.0.1"
	list := func(step string, want bool) {
		t.Helper()
		code, out := s.command(t, "clients", "list")
		if code != exit.OK || strings.Contains(out, learned) != want || !strings.Contains(out, "gateway\n  networks               127.0.0.0/8\n") {
			t.Errorf("%s: exit %d, %s", step, code, out)
		}
	}
	forget := func(step, address string, want int, says string) {
		t.Helper()
		code, out := s.command(t, "clients", "forget", "--client", "gateway", "--address", address)
		if code != want || !strings.Contains(out, says) {
			t.Errorf("%s: exit %d, %s", step, code, out)
		}
	}
	const gone, unknown = "127.0.0.1 may ask without Message-Authenticator", "has no address 127.0.0.9 that must send Message-Authenticator"

	list("before any server", false)
	r := s.start(t)
	if code := r.login(t, "ivan"); code != radiustest.AccessAccept {
		t.Fatal(code)
	}
	list("running", true)
	forget("an address that was never seen, running", "127.0.0.9", exit.Fault, unknown)
	forget("running", "::ffff:127.0.0.1", exit.OK, gone)
	list("forgotten", false)
	if code := r.login(t, "ivan"); code != radiustest.AccessAccept {
		t.Fatal(code)
	}
	r.stop(t)
	list("stopped", true)
	forget("an address that was never seen, stopped", "127.0.0.9", exit.Fault, unknown)
	forget("stopped", "127.0.0.1", exit.OK, gone)
	list("forgotten while stopped", false)
	forget("no address", "gateway.example", exit.Usage, "no IP address")

	done := s.trailLines(t, `"type":"user_action"`)
	if len(done) != 2 {
		t.Fatalf("%d actions: %s", len(done), done)
	}
	for _, line := range done {
		for _, part := range []string{`"forget_message_authenticator"`, control.ActorName(os.Getuid(), os.Getpid()), "gateway 127.0.0.1"} {
			if !strings.Contains(line, part) {
				t.Errorf("no %s in %s", part, line)
			}
		}
	}
}

// TestEnforceOverARestart: under a policy that takes unsigned requests, what is enforced by hand is refused, with its remedy in the log, by the
// next server too, until somebody lifts it; and what was seen is known after the restart.
func TestEnforceOverARestart(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.client = "gateway\n    message_authenticator: optional"
	s.write(t)
	order := func(step string, want int, says string, args ...string) {
		t.Helper()
		if code, out := s.command(t, append([]string{"clients"}, args...)...); code != want || !strings.Contains(out, says) {
			t.Errorf("%s: exit %d, %s", step, code, out)
		}
	}
	enforce := []string{"enforce", "--client", "gateway", "--address", "127.0.0.1", "--reason", "it was updated"}
	const remedy = "ivalt-radius clients forget --client gateway --address 127.0.0.1"
	refused := func(r *running) {
		t.Helper()
		nas := r.nas()
		nas.OmitMessageAuthenticator, nas.Retry.Interval = true, 300*time.Millisecond
		if result, err := nas.Login(t.Context(), credentials("ivan")); !errors.Is(err, radiustest.ErrNoAnswer) {
			t.Errorf("an unsigned request is answered: %v, %v", result.Code, err)
		}
		r.log.await(t, remedy, 1)
	}

	r := s.start(t)
	order("nothing seen", exit.Fault, "no request was seen", enforce...)
	for range sighting.ReadyRequests {
		r.login(t, "ivan")
	}
	order("seen", exit.OK, "state                ready: 10 requests with Message-Authenticator", "list")
	order("ready", exit.OK, "must send Message-Authenticator until "+remedy, enforce...)
	refused(r)
	r.stop(t)
	order("stopped", exit.OK, "state                enforced (hand): 10 requests with Message-Authenticator, 0 without, 1 refused", "list")

	r = s.start(t)
	refused(r)
	order("lifted", exit.OK, "127.0.0.1 may ask without Message-Authenticator", "forget", "--client", "gateway", "--address", "127.0.0.1")
	nas := r.nas()
	nas.OmitMessageAuthenticator = true
	if result, err := nas.Login(t.Context(), credentials("ivan")); err != nil || result.Code != radiustest.AccessAccept {
		t.Errorf("lifted: %v, %v", result.Code, err)
	}
	order("mixed", exit.OK, "state                observe: 10 requests with Message-Authenticator, 1 without, 2 refused", "list", "--client", "gateway")
	r.stop(t)
	if n := len(s.trailLines(t, `"action":"enforce_message_authenticator"`)); n != 1 {
		t.Errorf("%d enforcements in the trail", n)
	}
}

// TestClientsFaults: neither command works where the state, the trail or the settings cannot be used.
func TestClientsFaults(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		spoil func(s *site)
		says  string
	}{
		"settings": {func(s *site) { s.more = "colour: blue" }, "colour"},
		"state":    {func(s *site) { s.state = s.config() }, "state.directory"},
		"trail":    {func(s *site) { s.audit = s.dir }, "audit.file"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			c.spoil(s)
			s.write(t)
			if code, out := s.command(t, "clients", "forget", "--client", "gateway", "--address", "127.0.0.1"); code != exit.Fault || !strings.Contains(out, c.says) {
				t.Errorf("exit %d, %s", code, out)
			}
			if code, out := s.command(t, "clients", "list"); name != "trail" && (code != exit.Fault || !strings.Contains(out, c.says)) {
				t.Errorf("exit %d, %s", code, out)
			}
		})
	}
}

// TestControlSocket is for its owner alone, takes the place of one that was left behind, and goes with the server.
func TestControlSocket(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	path := filepath.Join(s.state, control.Socket)
	if err := os.MkdirAll(s.state, 0o755); err != nil {
		t.Fatal(err)
	}
	stale, err := net.ListenUnix("unix", &net.UnixAddr{Name: path})
	if err != nil {
		t.Fatal(err)
	}
	stale.SetUnlinkOnClose(false)
	_ = stale.Close()
	r := s.start(t)
	info, err := os.Stat(path)
	if err != nil || info.Mode() != os.ModeSocket|0o600 {
		t.Fatalf("%v, %v", info, err)
	}
	for _, c := range []struct {
		path, body string
		status     int
	}{
		{"/clients", "", http.StatusOK},
		{"/clients/forget", "{", http.StatusBadRequest},
		{"/clients/forget", `{"client":"gateway","address":"nowhere"}`, http.StatusBadRequest},
		{"/clients/forget", `{"client":"` + strings.Repeat("x", 1<<17) + `"}`, http.StatusBadRequest},
		{"/nothing", "", http.StatusNotFound},
	} {
		if status := post(t, path, c.path, c.body); status != c.status {
			t.Errorf("%s %.40s: %d", c.path, c.body, status)
		}
	}
	r.stop(t)
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Error("the socket is still there")
	}
}

// post speaks to a control socket, as anybody could who may open it.
func post(t *testing.T, socket, path, body string) int {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext:       func(context.Context, string, string) (net.Conn, error) { return conn, nil },
	}}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://control"+path, bytes.NewReader([]byte(body)))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	_ = resp.Body.Close()
	return resp.StatusCode
}

// TestControlOfAnotherProgram: whatever else answers at the socket, the command says what is wrong.
func TestControlOfAnotherProgram(t *testing.T) {
	t.Parallel()
	for _, answer := range []string{"", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n{", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"} {
		dir := t.TempDir()
		listener, err := (&net.ListenConfig{}).Listen(t.Context(), "unix", filepath.Join(dir, control.Socket))
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			conn, err := listener.Accept()
			if err == nil {
				_, _ = conn.Read(make([]byte, 4096))
				_, _ = io.WriteString(conn, answer)
				_ = conn.Close()
			}
		}()
		var out any
		if err := control.Call(t.Context(), dir, "/clients", struct{}{}, &out); err == nil || !strings.Contains(err.Error(), "running server") {
			t.Errorf("%q: %v", answer, err)
		}
		_ = listener.Close()
	}
}
