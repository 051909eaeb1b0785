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
		t.Run("ocserv", func(t *testing.T) { tunnelled(t, "ocserv", true) })
		t.Run("openvpn", func(t *testing.T) { tunnelled(t, "openvpn", false) })
		return
	}
	t.Parallel() // it waits for clocks, in namespaces of its own
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

// given is the Session-Timeout of each login here, in seconds; putIn and gotOut are what goes through the tunnel at least: what TCP
// sends again comes on top. A gateway may count headers times what its device saw: its own come on top of that.
const (
	given   = 20
	putIn   = 300_000
	gotOut  = 900_000
	headers = 1.3
)

// tunnelled is one tunnel through one gateway whose person would stay longer than was given.
func tunnelled(t *testing.T, gateway string, obeys bool) { //nolint:revive // flag-parameter: what the gateway is known to do
	t.Helper()
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
	on := awaitSession(t, site, func(s view.Session) bool { return s.State == view.SessionOn && s.Input >= putIn && s.Output >= gotOut })
	attempt := site.Attempts(t, "alice")[0].Text("attempt")
	if on.User != "alice" || on.Client != gateway || on.CallingStation != "192.0.2.2" || !strings.HasPrefix(on.FramedIP, "10.254.25") || on.Attempt != attempt ||
		on.Until.Sub(on.Started) != given*time.Second {
		t.Errorf("%+v", on)
	}
	if !obeys {
		over := awaitSession(t, site, func(s view.Session) bool { return s.State == view.SessionOver })
		site.AwaitEvents(t, "session_overrun", 1)
		t.Logf("%s: found %s behind the end", gateway, over.Heard.Sub(over.Until).Round(time.Second))
	}
	tunnel.wait(t)
	device := tunnel.figures(t, "octets")
	out, code := blackbox.Run(t, "sessions", "--config", site.Config(), "--ended", "--json")
	var ended view.Sessions
	if err := json.Unmarshal([]byte(out), &ended); err != nil || code != 0 || len(ended.Sessions) != 1 {
		t.Fatal(out, code, err)
	}
	last := ended.Sessions[0]
	fits := func(counted, device uint64) bool {
		return device <= counted && float64(counted) <= headers*float64(device)
	}
	if last.Input < on.Input || last.Output < on.Output || !fits(last.Input, device[0]) || !fits(last.Output, device[1]) {
		t.Errorf("the tunnel's device had %d, and in the end %+v", device, last)
	}
	if (last.Cause == "Session-Timeout") != obeys || obeys != (len(site.Events(t, "session_overrun")) == 0) {
		t.Errorf("it ended by %q", last.Cause)
	}
	t.Logf("%s: %d octets up and %d down by the device, %d and %d by accounting; ended %s after its start, by %q\n%s", gateway, device[0], device[1], last.Input, last.Output,
		last.Ended.Sub(on.Started).Round(time.Second), last.Cause, tunnel.out)
	if out, _ := blackbox.Run(t, "sessions", "--config", site.Config()); !strings.Contains(out, "no session is known") {
		t.Error(out)
	}
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
	run.cmd.Env = append(os.Environ(), "GATEWAY="+gateway, "CERTS="+certificates(t), "SCRATCH="+t.TempDir(), "LASTS=170")
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
func (r *tunnel) figures(t *testing.T, word string) (numbers []uint64) {
	t.Helper()
	for line := range strings.Lines(r.out.String()) {
		if parts := strings.Fields(line); len(parts) > 1 && parts[0] == word {
			for _, part := range parts[1:] {
				n, err := strconv.ParseUint(part, 10, 64)
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
	for end := time.Now().Add(200 * time.Second); time.Now().Before(end); <-time.After(500 * time.Millisecond) {
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
