//go:build interop

package interop_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"ivalt-radius/admin/view"
	"ivalt-radius/ivalt/ivalttest"
	"ivalt-radius/test/blackbox"
)

// within is set in the network namespace where tunnels are.
const within = "INTEROP_TUNNELS"

// TestAccountingOfGateways: a real gateway's accounting is what `sessions` shows, and its Session-Timeout is watched. It runs again in a network
// namespace of its own: the machine's network stays as it is.
func TestAccountingOfGateways(t *testing.T) {
	if os.Getenv(within) != "" {
		t.Run("ocserv", func(t *testing.T) { tunnelled(t, "ocserv") })
		t.Run("openvpn", func(t *testing.T) { tunnelled(t, "openvpn") })
		return
	}
	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Minute)
	defer cancel()
	again := exec.CommandContext(ctx, "unshare", "--net", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c", //nolint:gosec // this very test
		`ip link set lo up && exec "$0" "$@"`, os.Args[0], "-test.run=^TestAccountingOfGateways$", "-test.v")
	again.Env = append(os.Environ(), within+"=yes", "PATH="+os.Getenv("PATH")+":/usr/sbin:/sbin")
	out, err := again.CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Fatal(err)
	}
}

// tunnelled is one tunnel through one gateway, that stays longer than it was given.
func tunnelled(t *testing.T, gateway string) {
	t.Helper()
	const given = 20 // seconds
	site := blackbox.NewSite(t)
	site.Settings.Clients = fmt.Sprintf(`
  - name: %s
    networks: [127.0.0.0/8]
    secrets: [%q]
    answer_within: 45s`, gateway, blackbox.Secret)
	site.Settings.Policy = fmt.Sprintf("\n  rules:\n    - {name: some, reply: {Session-Timeout: %d, Acct-Interim-Interval: 5}}", given)
	site.Start(t)
	site.Enrol("alice", ivalttest.Approve, time.Second)

	tunnel := startTunnel(t, site, gateway)
	seen := awaitSession(t, site, func(s view.Session) bool { return s.State == view.SessionOn && s.Input >= 300_000 && s.Output >= 900_000 })
	t.Logf("%s: %+v", gateway, seen)
	tunnel.wait(t)
	t.Logf("%s:\n%s", gateway, tunnel.out.String())
	for _, r := range site.Actions(t, "accounting") {
		line, _ := json.Marshal(r)
		t.Logf("%s", line)
	}
	out, code := blackbox.Run(t, "sessions", "--config", site.Config())
	t.Logf("%d %s", code, out)
	out, code = blackbox.Run(t, "sessions", "--config", site.Config(), "--ended")
	t.Logf("%d %s", code, out)
}

// tunnel is tunnel.sh at work.
type tunnel struct {
	cmd *exec.Cmd
	out *strings.Builder
}

func startTunnel(t *testing.T, site *blackbox.Site, gateway string) *tunnel {
	t.Helper()
	host, port, _ := strings.Cut(site.Authentication(), ":")
	run := &tunnel{out: &strings.Builder{}}
	run.cmd = exec.Command("./tunnel.sh", host, port, blackbox.Secret, "alice", password) //nolint:noctx // ends by the clean-up
	run.cmd.Env = append(os.Environ(), "GATEWAY="+gateway, "CERTS="+certificates(t), "SCRATCH="+t.TempDir(), "LASTS=45", "SHOW=60")
	run.cmd.Stdout, run.cmd.Stderr = run.out, run.out
	run.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := run.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Kill(-run.cmd.Process.Pid, syscall.SIGTERM) })
	return run
}

func (r *tunnel) wait(t *testing.T) {
	t.Helper()
	if err := r.cmd.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, r.out)
	}
}

// figures are the numbers behind a word of what the tunnel said.
func (r *tunnel) figures(t *testing.T, word string) (numbers []int) {
	t.Helper()
	for line := range strings.Lines(r.out.String()) {
		if parts := strings.Fields(line); len(parts) > 1 && parts[0] == word {
			for _, part := range parts[1:] {
				n, err := strconv.Atoi(part)
				if err != nil {
					t.Fatal(err)
				}
				numbers = append(numbers, n)
			}
			return numbers
		}
	}
	t.Fatalf("no %q in\n%s", word, r.out)
	return nil
}

// awaitSession waits for the one session that `sessions --json` shows to be as it is wanted.
func awaitSession(t *testing.T, site *blackbox.Site, wanted func(view.Session) bool) view.Session {
	t.Helper()
	var last string
	for end := time.Now().Add(60 * time.Second); time.Now().Before(end); <-time.After(500 * time.Millisecond) {
		out, _ := blackbox.Run(t, "sessions", "--config", site.Config(), "--json")
		var found view.Sessions
		if err := json.Unmarshal([]byte(out), &found); err != nil {
			t.Fatal(err, errors.New(out))
		}
		if len(found.Sessions) == 1 && wanted(found.Sessions[0]) {
			return found.Sessions[0]
		}
		last = out
	}
	t.Errorf("no session as wanted; the last were %s", last)
	return view.Session{}
}
