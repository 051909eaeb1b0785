package upstream

import (
	"bytes"
	"crypto/hmac"
	"crypto/md5" //nolint:gosec // RFC 2865, by the book
	"encoding/binary"
	"encoding/hex"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	"layeh.com/radius"

	"ivalt-radius/auth"
	"ivalt-radius/secret"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	shared   = "upstream golden secret"
	password = "correct horse battery staple"
	patience = 20 * time.Second // where an answer comes, it comes sooner
)

// words is a small dictionary.
type words map[number]string

func dictionary() words {
	return words{
		{0, 6}: "Service-Type", {0, 8}: "Framed-IP-Address", {0, 11}: "Filter-Id", {0, 25}: "Class", {0, 27}: "Session-Timeout",
		{9, 1}: "Cisco-AVPair", {9, 2}: "Cisco-NAS-Port", {0, 24}: "State", {0, 69}: "Tunnel-Password",
	}
}

func (w words) Known(name string) bool {
	for _, n := range w {
		if strings.EqualFold(n, name) {
			return true
		}
	}
	return false
}

func (w words) Describe(typ byte, value []byte) (all []Named) {
	for n, encoded := range parts(typ, value) {
		at := 2
		if n.vendor != 0 {
			at = 8
		}
		name := w[n]
		if name == "" {
			name = "nameless"
		}
		all = append(all, Named{Name: name, Value: hex.EncodeToString(encoded[at:])})
	}
	return all
}

// attr encodes one attribute.
func attr(typ byte, value string) []byte { return append([]byte{typ, byte(len(value) + 2)}, value...) } //nolint:gosec // short

// vsa encodes a Vendor-Specific attribute of what is given.
func vsa(vendor uint32, inner ...[]byte) []byte {
	return attr(26, string(binary.BigEndian.AppendUint32(nil, vendor))+string(bytes.Join(inner, nil)))
}

// unsigned is a place for a Message-Authenticator.
func unsigned() []byte { return attr(80, strings.Repeat("\x00", 16)) }

// answerTo makes a reply by the book, with nothing of the package under test. Every Message-Authenticator in it is filled in.
func answerTo(request []byte, under string, code byte, attributes ...[]byte) []byte {
	raw := append([]byte{code, request[1], 0, 0}, request[4:20]...)
	raw = append(raw, bytes.Join(attributes, nil)...)
	binary.BigEndian.PutUint16(raw[2:], uint16(len(raw))) //nolint:gosec // a packet
	plain := bytes.Clone(raw)
	for at := 20; at+1 < len(raw) && raw[at+1] >= 2; at += int(raw[at+1]) {
		if raw[at] == 80 && raw[at+1] == 18 && at+18 <= len(raw) {
			mac := hmac.New(md5.New, []byte(under))
			mac.Write(plain)
			copy(raw[at+2:], mac.Sum(nil))
		}
	}
	return seal(raw, request, under)
}

// seal fills in a Response Authenticator.
func seal(raw, request []byte, under string) []byte {
	copy(raw[4:], request[4:20])
	digest := md5.Sum(append(bytes.Clone(raw), under...)) //nolint:gosec // RFC 2865 section 3
	copy(raw[4:], digest[:])
	return raw
}

// accepted is an Access-Accept as it should be.
func accepted(request []byte, more ...[]byte) []byte {
	return answerTo(request, shared, 2, append([][]byte{unsigned()}, more...)...)
}

func refused(request []byte) []byte { return answerTo(request, shared, 3, unsigned()) }

// received is a packet as a server got it.
type received struct {
	octets []byte
	from   netip.AddrPort
}

// server is an upstream server in the process.
type server struct {
	conn *net.UDPConn
	mu   sync.Mutex
	got  []received
}

// serve starts a server that answers each packet with what play returns for it.
func serve(t *testing.T, play func(r received) [][]byte) *server {
	t.Helper()
	conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.MustParseAddrPort("127.0.0.1:0")))
	if err != nil {
		t.Fatal(err)
	}
	s := &server{conn: conn}
	done := make(chan struct{})
	go func() {
		defer close(done)
		buffer := make([]byte, 8192)
		for {
			n, from, err := conn.ReadFromUDPAddrPort(buffer)
			if err != nil {
				return
			}
			r := received{octets: bytes.Clone(buffer[:n]), from: from}
			s.mu.Lock()
			s.got = append(s.got, r)
			s.mu.Unlock()
			for _, reply := range play(r) {
				_, _ = conn.WriteToUDPAddrPort(reply, from)
			}
		}
	}()
	t.Cleanup(func() {
		_ = conn.Close()
		<-done
	})
	return s
}

func (s *server) address() string { return s.conn.LocalAddr().String() }

func (s *server) packets() []received {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]received(nil), s.got...)
}

// always plays one answer.
func always(answer func(request []byte) []byte) func(received) [][]byte {
	return func(r received) [][]byte { return [][]byte{answer(r.octets)} }
}

func accepts(request []byte) []byte { return accepted(request) }

func silence(received) [][]byte { return nil }

// source makes a Source of these servers, patient and with one try, unless change says otherwise.
func source(t *testing.T, change func(*Settings), addresses ...string) *Source {
	t.Helper()
	s := Settings{Timeout: patience, Tries: 1}
	for _, address := range addresses {
		s.Servers = append(s.Servers, Server{Address: address, Secret: secret.New(shared)})
	}
	if change != nil {
		change(&s)
	}
	made, faults := New(s, dictionary())
	if made == nil {
		t.Fatal(faults)
	}
	return made
}

func short(s *Settings) { s.Timeout = 100 * time.Millisecond }

// subject is a login's subject by a name.
func subject(t *testing.T, name string) auth.Subject {
	t.Helper()
	user, err := auth.ParseUsername(name)
	if err != nil {
		t.Fatal(err)
	}
	return auth.Subject{User: user}
}

// login is bob's with PAP.
func login() *auth.Request {
	return &auth.Request{Username: "bob", Method: auth.PAP, Password: secret.New(password), CallingStation: "198.51.100.7"}
}

// parse reads a request as another codec does.
func parse(t *testing.T, raw []byte) *radius.Packet {
	t.Helper()
	p, err := radius.Parse(raw, []byte(shared))
	if err != nil {
		t.Fatal(err)
	}
	return p
}
