package disconnecting_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"ivalt-radius/audit"
	"ivalt-radius/cmd/ivalt-radius/commandtest"
	"ivalt-radius/cmd/ivalt-radius/control"
	"ivalt-radius/cmd/ivalt-radius/disconnecting"
	"ivalt-radius/cmd/ivalt-radius/exit"
	"ivalt-radius/config"
	"ivalt-radius/radius/client"
	"ivalt-radius/radius/dynauth"
	"ivalt-radius/radius/dynauth/sessions"
	"ivalt-radius/radius/wire"
)

// server is a running server's side: no client takes Disconnect-Requests.
type server struct {
	table *sessions.Table

	mu   sync.Mutex
	kept []audit.Event
	fail error
}

func (s *server) ClientOf(netip.Addr) *client.Client { return nil }

func (s *server) Note(e audit.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kept = append(s.kept, e)
}

func (s *server) Commit(_ context.Context, e audit.Event) error {
	if s.fail != nil {
		return s.fail
	}
	s.Note(e)
	return nil
}

// serve is a server that knows one session of alice's.
func serve(t *testing.T, dir string) *server {
	t.Helper()
	s := &server{table: sessions.New(time.Now)}
	s.table.Told("start", sessions.Session{
		Client: "vpn", Source: netip.MustParseAddr("192.0.2.1"), User: "alice", Station: netip.MustParseAddr("203.0.113.9"),
		Attributes: wire.Append(nil, 44, []byte("5F3A")), Heard: time.Now(),
	})
	mux := http.NewServeMux()
	disconnecting.Handle(mux, dynauth.New(dynauth.Deps{Table: s.table, Clients: s, Recorder: s, Now: time.Now}), s)
	c, err := control.Listen(t.Context(), dir, mux)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(context.Background()) })
	return s
}

// command runs `disconnect`.
func command(t *testing.T, path string, args ...string) (code int, output string) {
	t.Helper()
	root := &cobra.Command{Use: "ivalt-radius"}
	root.AddCommand(disconnecting.NewCommand(path))
	output, err := commandtest.Run(t.Context(), root, append([]string{"disconnect"}, args...)...)
	return exit.Code(err), output
}

func TestDisconnect(t *testing.T) {
	path, dir := commandtest.Settings(t)
	s := serve(t, dir)
	code, out := command(t, path, "--user", "Alice", "--address", "::ffff:203.0.113.9", "--reason", " lost phone ")
	if code != exit.Fault || !strings.Contains(out, "vpn  192.0.2.1  alice  203.0.113.9  session \"5F3A\"  of a client that the settings no longer have") {
		t.Errorf("exit %d: %s", code, out)
	}
	if !strings.HasSuffix(out, "\n1 session: 1 of a client that the settings no longer have\ndisconnect: not every session is known to have ended: run it again, or end them at the gateway") {
		t.Errorf("what to do is not said, or something is said twice: %s", out)
	}
	code, out = command(t, path, "--address", "198.51.100.1", "--reason", "scan")
	if code != exit.OK || out != "no session is known\n" {
		t.Errorf("exit %d: %s", code, out)
	}
	actor := control.ActorName(os.Getuid(), os.Getpid())
	want := []audit.Event{
		audit.Action{Action: "disconnect", Actor: actor, Target: "user alice, address 203.0.113.9", Detail: "lost phone"},
		audit.Security{
			Event: "sessions_disconnected", User: "alice", CallingStation: "203.0.113.9",
			Detail: "1 session: 1 of a client that the settings no longer have",
		},
		audit.Action{Action: "disconnect", Actor: actor, Target: "address 198.51.100.1", Detail: "scan"},
		audit.Security{Event: "sessions_disconnected", CallingStation: "198.51.100.1", Detail: "no session is known"},
	}
	if !slices.Equal(s.kept, want) {
		t.Errorf("kept %+v", s.kept)
	}
}

// TestWithoutEvidence: what cannot be recorded is not done.
func TestWithoutEvidence(t *testing.T) {
	path, dir := commandtest.Settings(t)
	s := serve(t, dir)
	s.fail = errors.New("the disk is full")
	code, out := command(t, path, "--user", "alice", "--reason", "r")
	if code != exit.Fault || !strings.Contains(out, "keeping the evidence: the disk is full") || len(s.kept) != 0 {
		t.Errorf("exit %d: %s, kept %+v", code, out, s.kept)
	}
}

func TestRefusals(t *testing.T) {
	path, _ := commandtest.Settings(t)
	for _, c := range []struct {
		says string
		code int
		args []string
	}{
		{"no server is running", exit.Fault, []string{"--user", "alice", "--reason", "r"}},
		{"--user or --address", exit.Usage, []string{"--reason", "r"}},
		{"reason", exit.Usage, []string{"--user", "alice"}},
		{"--reason: say why", exit.Usage, []string{"--user", "alice", "--reason", "  "}},
		{"--reason: say why in 1 to 500", exit.Usage, []string{"--user", "alice", "--reason", strings.Repeat("x", 501)}},
		{"is no IP address", exit.Usage, []string{"--address", "here", "--reason", "r"}},
		{"--user: ", exit.Usage, []string{"--user", "a\nb", "--reason", "r"}},
		{"no such file", exit.Fault, []string{"--config", "/nonexistent/config.yaml", "--user", "alice", "--reason", "r"}},
	} {
		if code, out := command(t, path, c.args...); code != c.code || !strings.Contains(out, c.says) {
			t.Errorf("%q: exit %d, %s", c.args, code, out)
		}
	}
}

// TestServerRefuses: the running server believes no command's own checks.
func TestServerRefuses(t *testing.T) {
	_, dir := commandtest.Settings(t)
	s := serve(t, dir)
	for body, says := range map[string]string{
		`{"user":"alice"}`:            "--reason",
		`{"reason":"r"}`:              "--user or --address",
		`{"user":"\n","reason":"r"}`:  "--user",
		`{"address":"x","reason":""}`: "understanding the command",
	} {
		var out struct{}
		err := control.Call(t.Context(), dir, "/disconnect", raw(body), &out)
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", body, err)
		}
	}
	if len(s.kept) != 0 {
		t.Errorf("kept %+v", s.kept)
	}
}

// raw is JSON as it is.
type raw string

func (r raw) MarshalJSON() ([]byte, error) { return []byte(r), nil }

func TestCheck(t *testing.T) {
	const step = "[notify, disconnect]"
	for _, c := range []struct {
		name, respond, client string
		want                  []string
	}{
		{"the defaults", "", "", nil},
		{"a step that is only written down", "low: " + step, "", []string{"guard.respond.low"}},
		{"the default comes true", "dry_run: false", "", []string{"guard.respond.critical"}},
		{"many", "dry_run: false, high: " + step, "", []string{"guard.respond.critical", "guard.respond.high"}},
		{"no step", "dry_run: false, critical: [notify]", "", nil},
		{"a client takes it", "dry_run: false, low: " + step, "disconnect_port: 3799", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "config.yaml")
			text := fmt.Sprintf(`clients: [{name: vpn, networks: [192.0.2.0/24], secrets: [vX2nR8kQ5tZ1mB7yL4cW9dH], %s}]
ivalt: {api_key: Zq3vT8mKx1Lw9RbY5cHd2NfG6sJp4UaE7b}
guard: {respond: {%s}}
`, c.client, c.respond)
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			s, faults := config.Load(path, config.Options{})
			if s == nil {
				t.Fatal(faults)
			}
			var got []string
			for _, f := range disconnecting.Check(s) {
				if !f.Warning {
					t.Errorf("%s is no warning", f)
				}
				got = append(got, f.Key)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}
