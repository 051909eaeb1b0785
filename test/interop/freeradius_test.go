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
)

// freeradiusConf is Debian's FreeRADIUS with a users file, for PAP, CHAP and MS-CHAPv2: %[1]s its folder, %[2]s its port, %[3]s the shared
// secret, %[4]s what authorize does first.
const freeradiusConf = `prefix = /usr
libdir = /usr/lib/freeradius
name = radiusd
logdir = %[1]s
run_dir = %[1]s/run
pidfile = %[1]s/run/radiusd.pid
log {
	destination = stdout
	auth = no
}
security {
	max_attributes = 200
	reject_delay = 0
	status_server = no
}
proxy_requests = no
client ivalt {
	ipaddr = 127.0.0.1
	secret = "%[3]s"
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
		usersfile = %[1]s/users
	}
}
server default {
	listen {
		type = auth
		ipaddr = 127.0.0.1
		port = %[2]s
	}
	authorize {
		%[4]s
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
	cmd       *exec.Cmd
}

// newFreeRADIUS starts a server on a free port. class is in its Accepts, so that a test sees who answered. It fails where the
// program is missing.
func newFreeRADIUS(t *testing.T, class, first string) *freeradius {
	t.Helper()
	f := &freeradius{dir: t.TempDir(), port: freePort(t)}
	if err := os.Mkdir(filepath.Join(f.dir, "run"), 0o700); err != nil {
		t.Fatal(err)
	}
	users := fmt.Sprintf(`alice Cleartext-Password := "%s"
	Class = "%s",
	Filter-Id = "vpn-users",
	Cisco-AVPair = "shell:priv-lvl=15",
	Cisco-AVPair += "ip:inacl#1=permit ip any any",
	Session-Timeout = 3600,
	Reply-Message = "words of the upstream server"
`, password, class)
	for name, text := range map[string]string{
		"dictionary":   "$INCLUDE /usr/share/freeradius/dictionary\n",
		"users":        users,
		"radiusd.conf": fmt.Sprintf(freeradiusConf, f.dir, f.port, upstreamSecret, first),
	} {
		if err := os.WriteFile(filepath.Join(f.dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { f.kill(t) })
	f.start(t)
	return f
}

func (f *freeradius) address() string { return "127.0.0.1:" + f.port }

// start starts the server, or starts it anew, and waits until it is ready.
func (f *freeradius) start(t *testing.T) {
	t.Helper()
	program := "/usr/sbin/freeradius"
	if _, err := os.Stat(program); err != nil {
		t.Fatalf("FreeRADIUS is missing, see packages.sh: %v", err)
	}
	log, err := os.Create(filepath.Join(f.dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = log.Close() }()
	f.cmd = exec.Command(program, "-f", "-l", "stdout", "-d", f.dir, "-n", "radiusd") //nolint:noctx // killed by the test's clean-up
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
