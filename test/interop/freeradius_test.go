//go:build interop

package interop_test

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"ivalt-radius/test/radiusd"
)

// freeradiusConf is Debian's FreeRADIUS with a users file, for PAP, CHAP and MS-CHAPv2: %[1]s its port, %[2]s the shared secret, %[3]s what
// authorize does first.
const freeradiusConf = `client ivalt {
	ipaddr = 127.0.0.1
	secret = "%[2]s"
	require_message_authenticator = yes
}
thread pool {
	start_servers = 2
	max_servers = 4
	min_spare_servers = 1
	max_spare_servers = 2
}
modules {
	pap {
	}
	chap {
	}
	mschap {
		use_mppe = yes
	}
	always ok {
		rcode = ok
	}
	files {
		usersfile = ${logdir}/users
	}
}
server default {
	listen {
		type = auth
		ipaddr = 127.0.0.1
		port = %[1]s
	}
	authorize {
		%[3]s
		chap
		mschap
		files
		pap
	}
	authenticate {
		Auth-Type PAP {
			pap
		}
		Auth-Type CHAP {
			chap
		}
		Auth-Type MS-CHAP {
			mschap
		}
	}
}
`

// What authorize does first. Debian's FreeRADIUS puts a Message-Authenticator into its answers, Accepts and Rejects alike, where it is told
// so; docs/upstream-radius.md says the same.
const (
	signedAnswers = `update reply {
			Message-Authenticator := 0x00
		}`
	unsignedAnswers = "ok"
)

const upstreamSecret = "interop-upstream-secret-0123456789"

// freeradius is one FreeRADIUS server in a folder of its own.
type freeradius struct {
	dir, port string
	args      []string
	cmd       *exec.Cmd
}

// newFreeRADIUS starts a server on a free port. class is in its Accepts, so that a test sees who answered. It fails where the
// program is missing.
func newFreeRADIUS(t *testing.T, class, first string) *freeradius {
	t.Helper()
	users := fmt.Sprintf(`alice Cleartext-Password := "%s"
	Class = "%s",
	Filter-Id = "vpn-users",
	Cisco-AVPair = "shell:priv-lvl=15",
	Cisco-AVPair += "ip:inacl#1=permit ip any any",
	Session-Timeout = 3600,
	Reply-Message = "words of the upstream server"
`, password, class)
	port := freePort(t)
	return runFreeRADIUS(t, port, users, fmt.Sprintf(freeradiusConf, port, upstreamSecret, first))
}

// runFreeRADIUS starts a server with these users and this end of its settings.
func runFreeRADIUS(t *testing.T, port, users, rest string) *freeradius {
	t.Helper()
	f := &freeradius{dir: t.TempDir(), port: port}
	var err error
	if f.args, err = radiusd.Lay(f.dir, users, rest); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.kill(t) })
	f.start(t)
	return f
}

func (f *freeradius) address() string { return "127.0.0.1:" + f.port }

// start starts the server, or starts it anew, and waits until it is ready.
func (f *freeradius) start(t *testing.T) {
	t.Helper()
	if _, err := os.Stat(radiusd.Program); err != nil {
		t.Fatalf("FreeRADIUS is missing, see packages.sh: %v", err)
	}
	log, err := os.Create(filepath.Join(f.dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = log.Close() }()
	f.cmd = exec.Command(radiusd.Program, f.args...) //nolint:noctx // killed by the test's clean-up
	f.cmd.Stdout, f.cmd.Stderr = log, log
	if err := f.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); <-time.After(20 * time.Millisecond) {
		if strings.Contains(f.log(t), "Ready to process requests") {
			return
		}
	}
	t.Fatalf("FreeRADIUS is not ready in time:\n%s", f.log(t))
}

func (f *freeradius) log(t *testing.T) string {
	t.Helper()
	file, err := os.Open(filepath.Join(f.dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	text, err := io.ReadAll(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// kill ends the server as a power cut does.
func (f *freeradius) kill(t *testing.T) {
	t.Helper()
	if f.cmd == nil {
		return
	}
	f.signal(t, syscall.SIGKILL)
	_ = f.cmd.Wait()
	f.cmd = nil
}

func (f *freeradius) signal(t *testing.T, s syscall.Signal) {
	t.Helper()
	if err := f.cmd.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}
