package dynauth_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/md5"
	"encoding/binary"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	layeh "layeh.com/radius"

	"ivalt-radius/audit"
	"ivalt-radius/radius/client"
	"ivalt-radius/radius/dynauth"
	"ivalt-radius/radius/dynauth/sessions"
	"ivalt-radius/radius/wire"
	"ivalt-radius/secret"
)

const (
	shared   = "correct horse battery staple"
	newer    = "the secret of the next quarter"
	patience = 250 * time.Millisecond
)

// nas is a socket that takes Disconnect-Requests under a secret and answers as a test says. It judges each request by the book, with nothing
// of the package under test.
type nas struct {
	t      *testing.T
	conn   *net.UDPConn
	secret string
	answer answering

	mu    sync.Mutex
	heard [][]byte
	from  []netip.AddrPort
}

func newNAS(t *testing.T, answer answering) *nas {
	t.Helper()
	return newNASUnder(t, shared, answer)
}

func newNASUnder(t *testing.T, under string, answer answering) *nas {
	t.Helper()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	n := &nas{t: t, conn: conn, secret: under, answer: answer}
	done := make(chan struct{})
	go func() {
		defer close(done)
		n.serve()
	}()
	t.Cleanup(func() {
		_ = conn.Close()
		<-done
	})
	return n
}

func (n *nas) port() uint16 { return n.conn.LocalAddr().(*net.UDPAddr).AddrPort().Port() }

func (n *nas) serve() {
	buf := make([]byte, 5000)
	for {
		size, from, err := n.conn.ReadFromUDPAddrPort(buf)
		if err != nil {
			return
		}
		request := bytes.Clone(buf[:size])
		n.judge(request)
		n.mu.Lock()
		n.heard, n.from = append(n.heard, request), append(n.from, from)
		try := len(n.heard)
		n.mu.Unlock()
		n.answer(n, try, request, from)
	}
}

// judge checks a request: the Request Authenticator, the Message-Authenticator, which is first, and the time.
func (n *nas) judge(request []byte) {
	if len(request) < 44 || request[0] != 40 || !layeh.IsAuthenticRequest(request, []byte(n.secret)) {
		n.t.Errorf("no authentic Disconnect-Request: %x", request)
		return
	}
	plain := bytes.Clone(request)
	copy(plain[4:20], make([]byte, 16))
	copy(plain[22:38], make([]byte, 16))
	if request[20] != 80 || request[21] != 18 || !bytes.Equal(mac(n.secret, plain), request[22:38]) {
		n.t.Errorf("the Message-Authenticator is not first or not right: %x", request)
	}
	p, err := layeh.Parse(request, []byte(n.secret))
	if err != nil {
		n.t.Error(err)
		return
	}
	if at := p.Get(55); len(at) != 4 || time.Since(time.Unix(int64(binary.BigEndian.Uint32(at)), 0)).Abs() > time.Minute {
		n.t.Errorf("Event-Timestamp is %x", at)
	}
}

func mac(under string, raw []byte) []byte {
	m := hmac.New(md5.New, []byte(under))
	m.Write(raw)
	return m.Sum(nil)
}

func (n *nas) requests() [][]byte {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.heard
}

// source is where the first of them came from.
func (n *nas) source() netip.Addr {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.from[0].Addr()
}

func (n *nas) send(raw []byte, to netip.AddrPort) { _, _ = n.conn.WriteToUDPAddrPort(raw, to) }

// reply is an answer by the book. A code of 42 has the Error-Cause, where there is one.
func reply(request []byte, code byte, cause uint32, under string) []byte {
	return answer(request, code, cause, under, nil)
}

// signedReply has a Message-Authenticator too, computed under a secret of its own.
func signedReply(request []byte, code byte, under, signedUnder string) []byte {
	return answer(request, code, 0, under, []byte(signedUnder))
}

func answer(request []byte, code byte, cause uint32, under string, signed []byte) []byte {
	raw := append([]byte{code, request[1], 0, 0}, request[4:20]...)
	if cause != 0 {
		raw = append(binary.BigEndian.AppendUint32(append(raw, 101, 6), cause), 18, 4, 'n', 'o')
	}
	if signed != nil {
		raw = append(append(raw, 80, 18), make([]byte, 16)...)
	}
	binary.BigEndian.PutUint16(raw[2:], uint16(len(raw))) //nolint:gosec // a packet
	if signed != nil {
		copy(raw[len(raw)-16:], mac(string(signed), raw))
	}
	sum := md5.Sum(append(bytes.Clone(raw), under...))
	copy(raw[4:], sum[:])
	return raw
}

// scene is a Disconnector with everything around it.
type scene struct {
	*dynauth.Disconnector

	t     *testing.T
	table *sessions.Table

	mu      sync.Mutex
	clients *client.Table
	events  []audit.Event
}

// ClientOf implements dynauth.Clients.
func (s *scene) ClientOf(addr netip.Addr) *client.Client {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.clients.Find(addr)
}

// Note implements dynauth.Recorder.
func (s *scene) Note(e audit.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.events = append(s.events, e)
}

// reload puts other settings in force.
func (s *scene) reload(change func(*client.Settings)) {
	s.t.Helper()
	c := client.Settings{Name: "vpn", Networks: []string{"127.0.0.0/8"}, Secrets: []secret.Secret{secret.New(shared)}}
	change(&c)
	table, faults := client.NewTable([]client.Settings{c}, nil)
	if err := faults.Err(); err != nil {
		s.t.Fatal(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clients = table
}

func newScene(t *testing.T, port uint16) *scene {
	t.Helper()
	s := &scene{t: t, table: sessions.New(time.Now)}
	s.reload(func(c *client.Settings) { c.DisconnectPort = port })
	s.Disconnector = dynauth.New(dynauth.Deps{Table: s.table, Clients: s, Recorder: s, Now: time.Now, Patience: patience})
	return s
}

// session is one of alice's on the NAS at 127.0.0.1.
func session(id string) sessions.Session {
	var attributes []byte
	for _, a := range []struct {
		typ   byte
		value string
	}{{1, `CORP\Alice`}, {4, "\xc0\x00\x02\x01"}, {31, "203.0.113.9:4711"}, {32, "gw1"}, {44, id}, {8, "\x0a\x08\x00\x02"}} {
		attributes = wire.Append(attributes, a.typ, []byte(a.value))
	}
	return sessions.Session{
		Client: "vpn", Source: netip.MustParseAddr("127.0.0.1"), Key: wire.NewKey(secret.New(shared)),
		User: "alice", Station: netip.MustParseAddr("203.0.113.9"), Attributes: attributes, Heard: time.Now(),
	}
}

// ask disconnects alice, who has one session, and says what became of it.
func (s *scene) ask(in sessions.Session) dynauth.Outcome {
	s.t.Helper()
	s.table.Told("start", in)
	r, err := s.Disconnect(s.t.Context(), "alice", netip.Addr{})
	if err != nil || len(r.Sessions) != 1 {
		s.t.Fatalf("%+v, %v", r, err)
	}
	return r.Sessions[0]
}

// remembered reports whether alice still has a session.
func (s *scene) remembered() bool {
	found, _ := s.table.Find("alice", netip.Addr{}, 1)
	return len(found) > 0
}
