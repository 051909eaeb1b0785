//go:build interop

package interop_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"ivalt-radius/ivalt/ivalttest"
	"ivalt-radius/test/blackbox"
)

// The attributes that the pages of docs/gateways speak of (RFC 2865 section 5, RFC 2866, RFC 3579).
const (
	attrNASPort      = 5
	attrService      = 6
	attrState        = 24
	attrCalling      = 31
	attrNAS          = 32
	attrSession      = 44
	attrNASPortType  = 61
	attrConnectInfo  = 77
	attrMessageAuth  = 80
	firstAttribute   = 20 // where the attributes of a packet begin
	accessRequest    = blackbox.AccessRequest
	longestDatagram  = 4096
	relayedPort      = ":8822" // four digits: openvpn-auth-radius keeps no more
	relayedAccounts  = ":8823"
	clientsOwnSource = "127.0.0.1"
)

// packet is one Access-Request as it came over the wire.
type packet struct {
	at            time.Time
	identifier    byte
	authenticator string
	source        string
	attributes    map[byte]string
}

// tap stands between a client and the server and keeps what the client asked. It is safe for concurrent use.
type tap struct {
	mu    sync.Mutex
	asked []packet
}

// carry carries datagrams from one address to another and the answers back, until the test ends.
func (w *tap) carry(t *testing.T, from, to string) {
	t.Helper()
	socket, err := new(net.ListenConfig).ListenPacket(t.Context(), "udp", from)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	t.Cleanup(func() {
		cancel()
		_ = socket.Close()
		running.Wait()
	})
	running.Go(func() {
		buffer := make([]byte, longestDatagram)
		for {
			n, source, err := socket.ReadFrom(buffer)
			if err != nil {
				return
			}
			request := slices.Clone(buffer[:n])
			w.keep(request, source.String())
			running.Go(func() { answer(ctx, socket, source, to, request) })
		}
	})
}

// answer asks the server for one request and hands every answer to the client. Each request has a port of its own towards the server.
func answer(ctx context.Context, socket net.PacketConn, source net.Addr, to string, request []byte) {
	server, err := new(net.Dialer).DialContext(ctx, "udp", to)
	if err != nil {
		return
	}
	defer context.AfterFunc(ctx, func() { _ = server.Close() })()
	defer func() { _ = server.Close() }()
	_, _ = server.Write(request)
	buffer := make([]byte, longestDatagram)
	_ = server.SetReadDeadline(time.Now().Add(time.Minute))
	if n, err := server.Read(buffer); err == nil {
		_, _ = socket.WriteTo(buffer[:n], source)
	}
}

func (w *tap) keep(request []byte, source string) {
	if len(request) < firstAttribute || request[0] != accessRequest || int(binary.BigEndian.Uint16(request[2:])) != len(request) {
		return
	}
	p := packet{at: time.Now(), identifier: request[1], authenticator: string(request[4:firstAttribute]), source: source, attributes: map[byte]string{}}
	for rest := request[firstAttribute:]; len(rest) >= 2 && int(rest[1]) >= 2 && int(rest[1]) <= len(rest); rest = rest[rest[1]:] {
		p.attributes[rest[0]] = string(rest[2:rest[1]])
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked = append(w.asked, p)
}

// sending is a login, and what its first packet must tell.
type sending struct {
	login

	calling   string // Calling-Station-Id
	nas       string // NAS-Identifier; PAM's is the service, so its beginning
	sent      []byte // attributes that are there besides
	notSent   []byte
	sameAgain bool // a retry has the authenticator and the port of the first packet
}

// tell holds the first packet to what is said of it.
func (s sending) tell(t *testing.T, first packet) {
	t.Helper()
	for _, kind := range s.sent {
		if _, ok := first.attributes[kind]; !ok {
			t.Errorf("attribute %d is not sent", kind)
		}
	}
	for _, kind := range s.notSent {
		if _, ok := first.attributes[kind]; ok {
			t.Errorf("attribute %d is sent", kind)
		}
	}
	if got := first.attributes[attrCalling]; got != s.calling {
		t.Errorf("Calling-Station-Id is %q, want %q", got, s.calling)
	}
	if got := first.attributes[attrNAS]; !strings.HasPrefix(got, s.nas) {
		t.Errorf("NAS-Identifier is %q, want %q", got, s.nas)
	}
}

// repeated holds the retries to the first packet: 5 s apart, and the same again or not.
func (s sending) repeated(t *testing.T, asked []packet) {
	t.Helper()
	first, same := asked[0], s.sameAgain
	for i, p := range asked[1:] {
		if p.identifier != first.identifier || (p.authenticator == first.authenticator) != same || (p.source == first.source) != same {
			t.Errorf("retry %d: identifier %d (first %d), same authenticator %v, same port %v; want %v", i+1, p.identifier, first.identifier,
				p.authenticator == first.authenticator, p.source == first.source, same)
		}
		if gap := p.at.Sub(asked[i].at); gap < 4*time.Second || gap > 7*time.Second {
			t.Errorf("retry %d comes %v after the packet before", i+1, gap)
		}
	}
}

// TestWhatClientsSend: what docs/gateways says that the clients send and how they repeat themselves is what comes over the wire.
func TestWhatClientsSend(t *testing.T) {
	vpn := []string{"CERTS=" + certificates(t)}
	with := func(more ...string) []string { return append(more, vpn...) }
	late := 12 * time.Second // the phone answers after two retries
	for _, c := range []sending{
		{login{"openvpn-auth-radius", "openvpn.sh", with("WAIT=5", "TRIES=3"), ivalttest.Approve, late, letIn, late, 1}, clientsOwnSource, "openvpn", []byte{attrService, attrNASPortType, attrSession, attrNASPort}, []byte{attrMessageAuth, attrState}, false},
		{login{"pam_radius in OpenVPN", "openvpn.sh", with("MODE=pam", "WAIT=5", "TRIES=4"), ivalttest.Approve, late, letIn, late, 1}, clientsOwnSource, "openvpn", []byte{attrService, attrNASPortType, attrNASPort}, []byte{attrMessageAuth, attrState}, true},
		{login{"pam_radius", "pam.sh", []string{"WAIT=5", "TRIES=4"}, ivalttest.Approve, late, letIn, late, 1}, "198.51.100.13", "ivalt-interop", []byte{attrService, attrNASPortType, attrNASPort}, []byte{attrMessageAuth, attrState}, true},
		{login{"ocserv", "ocserv.sh", with("WAIT=5", "TRIES=4"), ivalttest.Approve, late, letIn, late, 1}, clientsOwnSource, "ocserv", []byte{attrService, attrNASPortType, attrConnectInfo}, []byte{attrMessageAuth, attrState}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			asked := c.observed(t)
			if len(asked) != 3 {
				t.Fatalf("%d packets in %v, 5 s apart: want 3", len(asked), late)
			}
			c.tell(t, asked[0])
			c.repeated(t, asked)
		})
	}
}

// observed plays the login over a tap and returns the requests that went through it.
func (l login) observed(t *testing.T) []packet {
	t.Helper()
	site := blackbox.NewSite(t)
	site.Settings.Clients = fmt.Sprintf(`
  - name: observed
    networks: [127.0.0.0/8]
    secrets: [%q]
    answer_within: 45s
    join_without_calling_station: true`, blackbox.Secret)
	site.Start(t)
	site.Enrol("alice", l.does, l.after)
	var w tap
	w.carry(t, site.Address+relayedPort, site.Authentication())
	w.carry(t, site.Address+relayedAccounts, site.Accounting())
	output, ended := l.runAt(t, site.Address+relayedPort)
	if ended != l.ends {
		t.Errorf("%s ended with %d, want %d:\n%s", l.script, ended, l.ends, output)
	}
	if n := site.Pushes("alice"); n != l.pushes {
		t.Errorf("%d pushes, want %d", n, l.pushes)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.asked
}

// TestUnansweredAccounting: openvpn-auth-radius lets nobody in where its Accounting-Start has no answer, though the login was accepted.
func TestUnansweredAccounting(t *testing.T) {
	l := login{"no accounting", "openvpn.sh", []string{"CERTS=" + certificates(t), "ACCT_PORT=9", "WAIT=5", "PATIENCE=40"}, ivalttest.Approve, time.Second, refusedBy, 0, 1}
	l.play(t)
}

// TestQuestionToOpenVPN: openvpn-auth-radius takes a question for a Reject, though the phone that it was about approves.
func TestQuestionToOpenVPN(t *testing.T) {
	site := blackbox.NewSite(t)
	site.Settings.Clients = fmt.Sprintf(`
  - name: asking
    networks: [127.0.0.0/8]
    secrets: [%q]
    answer_within: 45s
    challenge: approve`, blackbox.Secret)
	site.Settings.More = "primary: {method: file}"
	site.List(t, fmt.Sprintf("alice: {password: %q}\n", blackbox.Hashed))
	site.Start(t)
	site.Enrol("alice", ivalttest.Approve, 3*time.Second)
	l := login{script: "openvpn.sh", env: []string{"CERTS=" + certificates(t)}}
	if out, code := l.run(t, site); code != refusedBy {
		t.Errorf("ended with %d, want %d:\n%s", code, refusedBy, out)
	}
	if ends := site.AwaitAttempts(t, "alice", 1); ends[0].Text("verdict") != "challenge" {
		t.Errorf("no question was put: %v", ends)
	}
}

// TestRehearsalThatSigns: where `login` signed from the gateway's address, the gateway's own unsigned packets are dropped until that is forgotten;
// where it left Message-Authenticator out, nothing is.
func TestRehearsalThatSigns(t *testing.T) {
	for _, c := range []struct {
		name string
		more []string
		ends []int // the login by PAM, and, where that had no answer, again once the address is forgotten
	}{
		{"signed", nil, []int{noAnswer, letIn}},
		{"unsigned", []string{"--no-message-authenticator"}, []int{letIn}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			site := blackbox.NewSite(t)
			site.Settings.Clients = fmt.Sprintf(`
  - name: pam
    networks: [%s/32]
    secrets: [%q]`, site.Address, blackbox.Secret)
			site.Start(t)
			site.Enrol("alice", ivalttest.Approve, time.Second)
			site.Enrol("bob", ivalttest.Approve, time.Second)
			rehearsal := append([]string{"login", "--server", site.Authentication(), "--from", site.Address, "--secret", blackbox.Secret, "--user", "bob", "--password", password}, c.more...)
			if out, code := blackbox.Run(t, rehearsal...); code != 0 {
				t.Fatalf("the rehearsal ended with %d:\n%s", code, out)
			}
			l := login{script: "pam.sh", env: []string{"SOURCE=" + site.Address, "WAIT=6"}}
			for i, want := range c.ends {
				if out, code := l.run(t, site); code != want {
					t.Errorf("login %d ended with %d, want %d:\n%s", i+1, code, want, out)
				}
				if i+1 < len(c.ends) {
					if out, code := blackbox.Run(t, "clients", "forget", "--config", site.Config(), "--client", "pam", "--address", site.Address); code != 0 {
						t.Fatalf("clients forget ended with %d:\n%s", code, out)
					}
				}
			}
		})
	}
}
