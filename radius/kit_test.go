package radius_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/md5"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sirupsen/logrus"
	layeh "layeh.com/radius"
	"layeh.com/radius/rfc2865"

	"ivalt-radius/audit"
	"ivalt-radius/auth"
	"ivalt-radius/radius"
	"ivalt-radius/secret"
)

const (
	shared  = "correct horse battery staple"
	newer   = "the secret of the next quarter"
	patient = 5 * time.Second // how long a test waits for what must come
)

// stage is a server with everything around it, and what it was asked.
type stage struct {
	*radius.Server
	t        *testing.T
	log      *bytes.Buffer
	logMu    *sync.Mutex
	learned  *memory
	recorder *recorder
	asked    chan auth.Request
	auth     netip.AddrPort
	acct     netip.AddrPort
}

// memory is a radius.Learned.
type memory struct {
	mu   sync.Mutex
	keys map[string]bool
}

func (m *memory) Has(key string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.keys[key]
}

func (m *memory) Learn(key string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.keys[key] = true
	return true
}

// recorder is an auth.Recorder; fail makes its disk full, hold makes it slow.
type recorder struct {
	mu     sync.Mutex
	events []audit.Event
	fail   error
	hold   chan struct{}
}

func (r *recorder) Commit(_ context.Context, e audit.Event) error {
	r.mu.Lock()
	hold := r.hold
	r.mu.Unlock()
	if hold != nil {
		<-hold
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fail != nil {
		return r.fail
	}
	r.events = append(r.events, e)
	return nil
}

func (r *recorder) Note(audit.Event) {}

func (r *recorder) all() []audit.Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.events
}

// slow makes every record wait until the function is called.
func (r *recorder) slow() func() {
	hold := make(chan struct{})
	r.mu.Lock()
	defer r.mu.Unlock()
	r.hold = hold
	return func() { close(hold) }
}

func (r *recorder) breakWith(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fail = err
}

// locked makes a buffer safe to write and read at once.
type locked struct {
	mu *sync.Mutex
	io.Writer
}

func (l locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.Writer.Write(p)
}

func (s *stage) logged() string {
	s.logMu.Lock()
	defer s.logMu.Unlock()
	return s.log.String()
}

func settings(change ...func(*radius.Settings)) radius.Settings {
	s := radius.Settings{
		Authentication: []string{"127.0.0.1:0"}, Accounting: []string{"127.0.0.1:0"},
		Clients: []radius.ClientSettings{{
			Name: "vpn", Networks: []string{"127.0.0.0/8", "::1/128"},
			Secrets: []secret.Secret{secret.New(shared), secret.New(newer)},
		}},
	}
	for _, c := range change {
		c(&s)
	}
	return s
}

func client(change func(*radius.ClientSettings)) func(*radius.Settings) {
	return func(s *radius.Settings) { change(&s.Clients[0]) }
}

func accept() auth.Verdict { return auth.Verdict{Kind: auth.Accept, Reason: auth.ApprovedByPerson} }

// always gives one verdict.
func always(v auth.Verdict) radius.LoginFunc {
	return func(context.Context, auth.Request) auth.Verdict { return v }
}

// start serves until the test ends; every request is put into asked, then judged.
func start(t *testing.T, judge radius.LoginFunc, s radius.Settings, change ...func(*radius.Deps)) *stage {
	t.Helper()
	return startWith(t, judge, s, nil, change...)
}

// startFlow serves logins of any kind.
func startFlow(t *testing.T, flow radius.Login, s radius.Settings, in radius.Sessions, change ...func(*radius.Deps)) *stage {
	t.Helper()
	st := &stage{
		t: t, log: &bytes.Buffer{}, logMu: &sync.Mutex{}, learned: &memory{keys: map[string]bool{}},
		recorder: &recorder{},
	}
	log := logrus.New()
	log.SetFormatter(&logrus.JSONFormatter{})
	log.SetOutput(locked{st.logMu, st.log})
	log.SetLevel(logrus.DebugLevel)
	deps := radius.Deps{Login: flow, Recorder: st.recorder, Learned: st.learned, Sessions: in, Log: log, Now: time.Now}
	for _, c := range change {
		c(&deps)
	}
	srv, err := radius.Listen(s, deps)
	if err != nil {
		t.Fatal(err)
	}
	st.Server = srv
	a, b := srv.Addrs()
	st.auth = a[0]
	if len(b) > 0 {
		st.acct = b[0]
	}
	t.Cleanup(st.stop)
	return st
}

func (s *stage) stop() {
	ctx, cancel := context.WithTimeout(context.Background(), patient)
	defer cancel()
	if err := s.Close(ctx); err != nil {
		s.t.Errorf("closing: %v", err)
	}
}

// await polls until ok.
func await(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	end := time.After(patient)
	for !ok() {
		select {
		case <-tick.C:
		case <-end:
			t.Fatalf("never happened: %s", what)
		}
	}
}

// nas is a socket that speaks to a server.
type nas struct {
	t    *testing.T
	conn *net.UDPConn
}

func (s *stage) nas(to netip.AddrPort) nas { return dial(s.t, netip.AddrPort{}, to) }

func dial(t *testing.T, from, to netip.AddrPort) nas {
	t.Helper()
	var local *net.UDPAddr
	if from.IsValid() {
		local = net.UDPAddrFromAddrPort(from)
	}
	conn, err := net.DialUDP("udp", local, net.UDPAddrFromAddrPort(to))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return nas{t, conn}
}

func (n nas) send(raw []byte) {
	n.t.Helper()
	if _, err := n.conn.Write(raw); err != nil {
		n.t.Fatal(err)
	}
}

// reply waits for a datagram.
func (n nas) reply() []byte {
	n.t.Helper()
	raw := n.read(patient)
	if raw == nil {
		n.t.Fatal("no reply")
	}
	return raw
}

func (n nas) read(within time.Duration) []byte {
	n.t.Helper()
	if err := n.conn.SetReadDeadline(time.Now().Add(within)); err != nil {
		n.t.Fatal(err)
	}
	buf := make([]byte, 5000)
	size, err := n.conn.Read(buf)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return nil
	}
	if err != nil {
		n.t.Fatal(err)
	}
	return buf[:size]
}

// ask sends and reads a reply, which must be authentic and signed.
func (n nas) ask(raw []byte) *layeh.Packet {
	n.t.Helper()
	n.send(raw)
	return n.judge(n.reply(), raw, shared)
}

// judge checks a reply by the book: Response Authenticator, Message-Authenticator first.
func (n nas) judge(reply, request []byte, under string) *layeh.Packet {
	n.t.Helper()
	if !layeh.IsAuthenticResponse(reply, request, []byte(under)) {
		n.t.Fatalf("the reply is not authentic: %x", reply)
	}
	if reply[0] != 5 || bytes.Contains(reply, []byte{80, 18}) {
		if len(reply) < 38 || reply[20] != 80 || reply[21] != 18 {
			n.t.Fatalf("MA-8: Message-Authenticator is not first: %x", reply)
		}
		plain := bytes.Clone(reply)
		copy(plain[4:20], request[4:20])
		copy(plain[22:38], make([]byte, 16))
		if !bytes.Equal(hmacMD5(under, plain), reply[22:38]) {
			n.t.Fatal("MA-8: the Message-Authenticator is wrong")
		}
	}
	p, err := layeh.Parse(reply, []byte(under))
	if err != nil {
		n.t.Fatal(err)
	}
	return p
}

// quiet checks that nothing lies in the socket.
func (n nas) quiet() {
	n.t.Helper()
	if raw := n.read(time.Millisecond); raw != nil {
		n.t.Errorf("silence was due, this came: %x", raw)
	}
}

// drops sends and waits until the server counted the packet under the cause; nothing may come back.
func (s *stage) drops(n nas, cause string, raw []byte) {
	s.t.Helper()
	before := s.Counters()[cause]
	n.send(raw)
	await(s.t, cause, func() bool { return s.Counters()[cause] > before })
	n.quiet()
}

func hmacMD5(under string, raw []byte) []byte {
	mac := hmac.New(md5.New, []byte(under))
	mac.Write(raw)
	return mac.Sum(nil)
}

// attr encodes one attribute.
func attr(typ byte, value string) []byte {
	return append([]byte{typ, byte(len(value) + 2)}, value...) //nolint:gosec // at most 255 in tests
}

// raw encodes a packet with a fresh authenticator.
func raw(code, id byte, attributes ...[]byte) []byte {
	out := append([]byte{code, id, 0, 0}, make([]byte, 16)...)
	_, _ = rand.Read(out[4:20])
	for _, a := range attributes {
		out = append(out, a...)
	}
	return sized(out)
}

func sized(out []byte) []byte {
	binary.BigEndian.PutUint16(out[2:], uint16(len(out))) //nolint:gosec // a packet
	return out
}

// signed puts a right Message-Authenticator first.
func signed(out []byte, under string) []byte {
	out = sized(append(append(bytes.Clone(out[:20]), attr(80, string(make([]byte, 16)))...), out[20:]...))
	plain := bytes.Clone(out)
	if out[0] == 4 {
		copy(plain[4:20], make([]byte, 16))
	}
	copy(out[22:38], hmacMD5(under, plain))
	return out
}

// accounting fills in the Request Authenticator of RFC 2866 section 3.
func accounting(out []byte, under string) []byte {
	copy(out[4:20], make([]byte, 16))
	sum := md5.Sum(append(bytes.Clone(out), under...))
	copy(out[4:20], sum[:])
	return out
}

// covered is a User-Password for the authenticator.
func covered(password, under string, authenticator []byte) []byte {
	cipher, err := layeh.NewUserPassword([]byte(password), []byte(under), authenticator)
	if err != nil {
		panic(err)
	}
	return attr(2, string(cipher))
}

// login is a plain PAP login without Message-Authenticator.
func login(id byte, user, password string, more ...[]byte) []byte {
	out := raw(1, id, attr(1, user))
	out = append(out, covered(password, shared, out[4:20])...)
	for _, a := range more {
		out = append(out, a...)
	}
	return sized(out)
}

// mschapv2 is an MS-CHAPv2 login without Message-Authenticator, whose response begins with an identifier of 'm'.
func mschapv2(id byte) []byte {
	return raw(1, id, attr(1, "bob"), attr(26, "\x00\x00\x01\x37\x0b\x12"+strings.Repeat("q", 16)),
		attr(26, "\x00\x00\x01\x37\x19\x34"+strings.Repeat("m", 50)))
}

func message(p *layeh.Packet) string { return rfc2865.ReplyMessage_GetString(p) }

func discard() logrus.FieldLogger {
	log := logrus.New()
	log.SetOutput(io.Discard)
	return log
}
