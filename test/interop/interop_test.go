//go:build interop

package interop_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"ivalt-radius/ivalt/ivalttest"
	"ivalt-radius/test/blackbox"
)

func TestMain(m *testing.M) { os.Exit(blackbox.Main(m)) }

const password = "correct horse battery staple"

// How a script ends.
const (
	letIn     = 0
	refusedBy = 1
	noAnswer  = 2
)

// login is one login by one client.
type login struct {
	name    string
	script  string
	env     []string // beside the script's defaults
	does    ivalttest.Behaviour
	after   time.Duration // when the person answers
	ends    int           // how the script ends
	atLeast time.Duration // how long the client waits: as long as the phone takes
	pushes  int
}

// TestClients plays each login against a server of its own, whose one client entry is that client's.
func TestClients(t *testing.T) {
	vpn := []string{"CERTS=" + certificates(t)}
	with := func(more ...string) []string { return append(more, vpn...) }
	slow := 8 * time.Second
	logins := []login{
		{"radclient, approved", "radclient.sh", nil, ivalttest.Approve, time.Second, letIn, time.Second, 1},
		{"radclient, denied", "radclient.sh", nil, ivalttest.Deny, time.Second, refusedBy, time.Second, 1},
		{"radclient, retransmitting", "radclient.sh", []string{"WAIT=2", "TRIES=8"}, ivalttest.Approve, slow, letIn, slow, 1},
		{"radclient, unsigned", "radclient.sh", []string{"SIGNED=no"}, ivalttest.Approve, time.Second, letIn, time.Second, 1},
		{"radclient, unknown person", "radclient.sh", nil, ivalttest.Unknown, 0, refusedBy, 0, 0},
		{"pyrad, approved", "pyrad_login.py", []string{"SOURCE=127.0.0.31"}, ivalttest.Approve, time.Second, letIn, time.Second, 1},
		{"pyrad, denied", "pyrad_login.py", nil, ivalttest.Deny, time.Second, refusedBy, time.Second, 1},
		{"pyrad, retransmitting", "pyrad_login.py", []string{"WAIT=3", "TRIES=5"}, ivalttest.Approve, slow, letIn, slow, 1},
		{"PAM, approved", "pam.sh", []string{"SOURCE=127.0.0.32"}, ivalttest.Approve, slow, letIn, slow, 1},
		{"PAM, denied", "pam.sh", nil, ivalttest.Deny, time.Second, refusedBy, time.Second, 1},
		{"PAM, retransmitting", "pam.sh", []string{"WAIT=4", "TRIES=4"}, ivalttest.Approve, slow, letIn, slow, 1},
		{"OpenVPN, approved", "openvpn.sh", with(), ivalttest.Approve, slow, letIn, slow, 1},
		{"OpenVPN, denied", "openvpn.sh", with(), ivalttest.Deny, time.Second, refusedBy, time.Second, 1},
		{"OpenVPN, plug-in retries", "openvpn.sh", with("WAIT=5", "TRIES=3"), ivalttest.Approve, 12 * time.Second, letIn, 12 * time.Second, 1},
		{"OpenVPN over PAM, approved", "openvpn.sh", with("MODE=pam"), ivalttest.Approve, slow, letIn, slow, 1},
		{"ocserv, approved", "ocserv.sh", with(), ivalttest.Approve, slow, letIn, slow, 1},
		{"ocserv, denied", "ocserv.sh", with(), ivalttest.Deny, time.Second, refusedBy, time.Second, 1},
		{"ocserv, retransmitting", "ocserv.sh", with("WAIT=3", "TRIES=5"), ivalttest.Approve, slow, letIn, slow, 1},
		{"OpenVPN over PAM, denied", "openvpn.sh", with("MODE=pam"), ivalttest.Deny, time.Second, refusedBy, time.Second, 1},
	}
	for _, l := range logins {
		t.Run(l.name, func(t *testing.T) {
			t.Parallel()
			l.play(t)
		})
	}
}

func (l login) play(t *testing.T) {
	t.Helper()
	client, _, _ := strings.Cut(l.script, ".")
	site := blackbox.NewSite(t)
	site.Settings.Clients = fmt.Sprintf(`
  - name: %s
    networks: [127.0.0.0/8]
    secrets: [%q]
    answer_within: 45s`, client, blackbox.Secret)
	site.Start(t)
	site.Enrol("alice", l.does, l.after)

	began := time.Now()
	output, ended := l.run(t, site)
	took := time.Since(began)
	if ended != l.ends {
		t.Errorf("%s ended with %d, want %d:\n%s", l.script, ended, l.ends, output)
	}
	if took < l.atLeast {
		t.Errorf("the client waited %v, less than the phone took (%v)", took, l.atLeast)
	}
	if n := site.Pushes("alice"); n != l.pushes {
		t.Errorf("%d pushes, want %d", n, l.pushes)
	}
	t.Logf("%-28s %-8s after %4.1f s, pushes: %d", l.name, map[int]string{letIn: "let in", refusedBy: "refused"}[ended], took.Seconds(), site.Pushes("alice"))
}

func (l login) run(t *testing.T, site *blackbox.Site) (output string, code int) {
	t.Helper()
	return l.runAt(t, site.Authentication())
}

// runAt asks a server that stands at that address.
func (l login) runAt(t *testing.T, address string) (output string, code int) {
	t.Helper()
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	script := exec.CommandContext(ctx, "./"+l.script, host, port, blackbox.Secret, "alice", password)
	script.Env = append(append(os.Environ(), "SCRATCH="+t.TempDir(), "VPN_PORT="+freePort(t)), l.env...)
	script.Cancel = func() error { return script.Process.Signal(os.Interrupt) } // the script tidies up
	script.WaitDelay = 10 * time.Second
	out, err := script.CombinedOutput()
	var ended *exec.ExitError
	if err != nil && !errors.As(err, &ended) {
		t.Fatalf("%s: %v\n%s", l.script, err, out)
	}
	return string(out), script.ProcessState.ExitCode()
}

// freePort is a UDP port that was free a moment ago.
func freePort(t *testing.T) string {
	t.Helper()
	conn, err := new(net.ListenConfig).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_, port, err := net.SplitHostPort(conn.LocalAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := strconv.Atoi(port); err != nil {
		t.Fatal(err)
	}
	return port
}
