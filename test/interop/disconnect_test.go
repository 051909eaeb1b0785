//go:build interop

package interop_test

import (
	"crypto/md5" //nolint:gosec // RFC 2866 section 3
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"ivalt-radius/audit"
	"ivalt-radius/radius/client"
	"ivalt-radius/radius/dynauth"
	"ivalt-radius/radius/dynauth/sessions"
	"ivalt-radius/radius/wire"
	"ivalt-radius/secret"
)

// freeradiusCoA is Debian's FreeRADIUS as a Dynamic Authorization Server: %[1]s its port, %[2]s the shared secret.
const freeradiusCoA = `client ivalt {
	ipaddr = 127.0.0.1
	secret = "%[2]s"
	require_message_authenticator = yes
}
thread pool {
	start_servers = 1
	max_servers = 2
	min_spare_servers = 1
	max_spare_servers = 1
}
modules {
	always ok {
		rcode = ok
	}
	always reject {
		rcode = reject
	}
}
server coa {
	listen {
		type = coa
		ipaddr = 127.0.0.1
		port = %[1]s
	}
	recv-coa {
		if (&User-Name == "CORP\\Alice" && &Acct-Session-Id == "known" && &Calling-Station-Id == "203.0.113.9" && &NAS-Identifier == "gw1" && &Event-Timestamp) {
			ok
		}
		else {
			update reply {
				Error-Cause := Session-Context-Not-Found
			}
			reject
		}
	}
	send-coa {
		ok
	}
}
`

// gateway is a Dynamic Authorization Server that nobody here wrote.
type gateway struct {
	name  string
	start func(t *testing.T, port, shared string)
	user  string // as it writes the name of the person who has the session "known"
	nak   string // Error-Cause of its NAK for a session that it does not know
	state dynauth.State
}

func gateways() []gateway {
	const notFound = "503 Session Context Not Found"
	return []gateway{
		{"FreeRADIUS", startFreeRADIUSCoA, `CORP\Alice`, notFound, dynauth.Gone},
		{"pyrad", func(t *testing.T, port, shared string) {
			t.Helper()
			background(t, "Ready", "./pyrad_das.py", port, shared, "known")
		}, `CORP\Alice`, notFound, dynauth.Gone},
		{"strongSwan", func(t *testing.T, port, shared string) {
			t.Helper()
			if _, err := os.Stat("/usr/lib/ipsec/charon"); err != nil {
				t.Fatalf("strongSwan is missing, see packages.sh: %v", err)
			}
			background(t, "Ready", "./strongswan_das.sh", port, shared, t.TempDir(), "alice", freePort(t), freePort(t))
		}, "alice", "", dynauth.Refused}, // it names no cause
	}
}

func startFreeRADIUSCoA(t *testing.T, port, shared string) {
	t.Helper()
	runFreeRADIUS(t, port, "", fmt.Sprintf(freeradiusCoA, port, shared))
}

// background runs a script until the test ends, and waits until it says that it is ready.
func background(t *testing.T, ready, script string, args ...string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "log")
	log, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = log.Close() }()
	cmd := exec.Command(script, args...) //nolint:noctx // killed by the test's clean-up
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // what it starts ends with it
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		_ = cmd.Wait()
	})
	var said []byte
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); <-time.After(20 * time.Millisecond) {
		if said, err = os.ReadFile(path); err == nil && strings.Contains(string(said), ready) {
			return
		}
	}
	t.Fatalf("%s is not ready in time:\n%s", script, said)
}

// site is our side: one client at 127.0.0.1.
type site struct {
	*dynauth.Disconnector

	table   *sessions.Table
	clients *client.Table
	key     *wire.Key
}

func (s site) ClientOf(addr netip.Addr) *client.Client { return s.clients.Find(addr) }
func (s site) Note(audit.Event)                        {}

func newSite(t *testing.T, port, shared string) site {
	t.Helper()
	number, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		t.Fatal(err)
	}
	clients, faults := client.NewTable([]client.Settings{{
		Name: "vpn", Networks: []string{"127.0.0.1"}, Secrets: []secret.Secret{secret.New(shared)}, DisconnectPort: uint16(number),
	}}, nil)
	if err := faults.Err(); err != nil {
		t.Fatal(err)
	}
	s := site{table: sessions.New(time.Now), clients: clients, key: wire.NewKey(secret.New(shared))}
	s.Disconnector = dynauth.New(dynauth.Deps{Table: s.table, Clients: s, Recorder: s, Now: time.Now, Patience: 2 * time.Second})
	return s
}

// end has one session of alice's ended.
func (s site) end(t *testing.T, user, session string) dynauth.Outcome {
	t.Helper()
	s.table.Told("start", sessions.Session{
		Client: "vpn", Source: netip.MustParseAddr("127.0.0.1"), Key: s.key, User: "alice", Attributes: names(user, session), Heard: time.Now(),
	})
	r, err := s.Disconnect(t.Context(), "alice", netip.Addr{})
	if err != nil || len(r.Sessions) != 1 {
		t.Fatalf("%+v, %v", r, err)
	}
	return r.Sessions[0]
}

// names are what the NAS wrote of the session.
func names(user, session string) (all []byte) {
	for _, a := range []struct {
		typ   byte
		value string
	}{{1, user}, {31, "203.0.113.9"}, {32, "gw1"}, {44, session}} {
		all = wire.Append(all, a.typ, []byte(a.value))
	}
	return all
}

const disconnectSecret = "interop-disconnect-secret-0123456789"

// TestDisconnect: an end of a session that is there, one of a session that is not, and one under a secret that is not theirs.
func TestDisconnect(t *testing.T) {
	t.Parallel()
	for _, g := range gateways() {
		t.Run(g.name, func(t *testing.T) {
			t.Parallel()
			port := freePort(t)
			g.start(t, port, disconnectSecret)
			if got := newSite(t, port, disconnectSecret).end(t, g.user, "known"); got.State != dynauth.Disconnected || got.Cause != "" {
				t.Errorf("a session that is there: %+v", got)
			}
			if got := newSite(t, port, disconnectSecret).end(t, "nobody", "unknown"); got.State != g.state || got.Cause != g.nak {
				t.Errorf("a session that is not there: %+v", got)
			}
			if got := newSite(t, port, "another-secret-of-somebody-0123456789").end(t, g.user, "known"); got.State != dynauth.Silent {
				t.Errorf("under another secret: %+v", got)
			}
		})
	}
}

// TestDisconnect_Signature: FreeRADIUS and strongSwan check the Message-Authenticator, which is then computed as they compute it.
func TestDisconnect_Signature(t *testing.T) {
	t.Parallel()
	for _, g := range gateways() {
		if g.name == "pyrad" {
			continue // Debian's knows none
		}
		t.Run(g.name, func(t *testing.T) {
			t.Parallel()
			port := freePort(t)
			g.start(t, port, disconnectSecret)
			raw, err := wire.NewKey(secret.New(disconnectSecret)).AppendRequest(nil, 7, names("nobody", "unknown"))
			if err != nil {
				t.Fatal(err)
			}
			if !answered(t, port, raw) {
				t.Error("a right one gets no answer")
			}
			raw[22]++
			copy(raw[4:20], make([]byte, 16))
			sum := md5.Sum(append(append([]byte{}, raw...), disconnectSecret...)) //nolint:gosec // RFC 2866 section 3
			copy(raw[4:], sum[:])
			if answered(t, port, raw) {
				t.Error("a wrong one is answered")
			}
		})
	}
}

// answered sends a packet and reports whether anything comes back.
func answered(t *testing.T, port string, raw []byte) bool {
	t.Helper()
	conn, err := new(net.Dialer).DialContext(t.Context(), "udp", "127.0.0.1:"+port)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := conn.Write(raw); err != nil {
		t.Fatal(err)
	}
	if err := conn.SetReadDeadline(time.Now().Add(2 * time.Second)); err != nil {
		t.Fatal(err)
	}
	n, err := conn.Read(make([]byte, wire.MaxPacket))
	if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) && !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	return n > 0
}
