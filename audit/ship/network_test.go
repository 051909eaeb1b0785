package ship

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ivalt-radius/audit/query"
)

// receiverServer is a syslog receiver over TCP or TLS: it does with each connection what it is told.
type receiverServer struct {
	t       *testing.T
	address string
	tls     *tls.Config

	listener net.Listener
	serving  sync.WaitGroup
	conns    atomic.Int64

	mu    sync.Mutex
	seqs  []uint64
	open  []net.Conn
	serve func(net.Conn)
}

func newServer(t *testing.T, secure *tls.Config) *receiverServer {
	t.Helper()
	s := &receiverServer{t: t, tls: secure, address: "127.0.0.1:0"}
	s.serve = s.read
	s.listen()
	t.Cleanup(s.kill)
	return s
}

func (s *receiverServer) url() string {
	if s.tls != nil {
		return "tls://" + s.address
	}
	return "tcp://" + s.address
}

// listen starts the server, at the address that it had before.
func (s *receiverServer) listen() {
	s.t.Helper()
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", s.address)
	if err != nil {
		s.t.Fatal(err)
	}
	s.listener, s.address = l, l.Addr().String()
	s.serving.Go(func() {
		for {
			raw, err := l.Accept()
			if err != nil {
				return
			}
			s.conns.Add(1)
			s.mu.Lock()
			s.open = append(s.open, raw)
			serve := s.serve
			s.mu.Unlock()
			s.serving.Go(func() {
				defer func() { _ = raw.Close() }()
				if s.tls != nil {
					serve(tls.Server(raw, s.tls))
				} else {
					serve(raw)
				}
			})
		}
	})
}

// does changes what happens to new connections.
func (s *receiverServer) does(serve func(net.Conn)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.serve = serve
}

// kill ends the server as SIGKILL would: what its kernel holds unread is lost.
func (s *receiverServer) kill() {
	_ = s.listener.Close()
	s.mu.Lock()
	for _, c := range s.open {
		_ = c.(*net.TCPConn).SetLinger(0)
		_ = c.Close()
	}
	s.open = nil
	s.mu.Unlock()
	s.serving.Wait()
}

func (s *receiverServer) got() []uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.seqs)
}

// read is a receiver as it should be.
func (s *receiverServer) read(c net.Conn) { s.readFrom(c, c) }

func (s *receiverServer) readFrom(c net.Conn, r io.Reader) {
	in := bufio.NewReader(r)
	for {
		size, err := in.ReadString(' ')
		if err != nil {
			break
		}
		n, err := strconv.Atoi(strings.TrimSuffix(size, " "))
		if err != nil || n <= 0 || n > 1<<20 {
			s.t.Errorf("a frame that is none: %q", size)
			break
		}
		message := make([]byte, n)
		if _, err := io.ReadFull(in, message); err != nil {
			break
		}
		s.mu.Lock()
		s.seqs = append(s.seqs, seqOfMessage(s.t, message))
		s.mu.Unlock()
	}
	_ = c.Close() // behind the client, with close_notify where there is TLS
}

var head = regexp.MustCompile(`^<8[4-6]>1 [0-9T:.-]+Z [!-~]+ ivalt-radius [0-9]+ [a-z_]+ \[meta sequenceId="([0-9]+)"\] `)

// seqOfMessage reads a message strictly.
func seqOfMessage(t *testing.T, message []byte) uint64 {
	t.Helper()
	m := head.FindSubmatch(message)
	if m == nil {
		t.Errorf("no message: %q", message)
		return 0
	}
	r, err := query.Parse(message[len(m[0]):])
	if err != nil || strconv.FormatUint(r.Seq, 10) != string(m[1]) {
		t.Errorf("%v: %q", err, message)
		return 0
	}
	return r.Seq
}

// certificate is one for a name, signed by itself; the file has it in PEM.
func certificate(t *testing.T, name string) (*tls.Config, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "a text of the receiver's"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	if ip := net.ParseIP(name); ip != nil {
		template.IPAddresses = []net.IP{ip}
	} else {
		template.DNSNames = []string{name}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, MinVersion: tls.VersionTLS12}, file
}

// both runs a test over TCP and over TLS.
func both(t *testing.T, test func(*testing.T, *receiverServer, *stage)) {
	t.Helper()
	t.Run("tcp", func(t *testing.T) {
		server := newServer(t, nil)
		test(t, server, newStage(t, server.url()))
	})
	t.Run("tls", func(t *testing.T) {
		secure, ca := certificate(t, "127.0.0.1")
		server := newServer(t, secure)
		s := newStage(t, server.url())
		s.settings.CAFile = ca
		test(t, server, s)
	})
}

func TestStream(t *testing.T) {
	both(t, func(t *testing.T, server *receiverServer, s *stage) {
		t.Helper()
		s.Write(5)
		s.start()
		s.taken()
		s.Compress(s.Rotate())
		s.Write(2000)
		s.taken()
		once(t, server.got(), 1, 2005)
		s.Write(3)
		s.stop() // ships what is durable
		once(t, server.got(), 1, 2008)
		if c, _, err := loadCursor(filepath.Join(s.dir, "siem.json")); err != nil || c.Seq != 2008 || c.Shipped != 2008 {
			t.Errorf("%+v, %v", c, err)
		}
		s.start()
		s.Write(1)
		s.taken()
		once(t, server.got(), 1, 2009)
		if s.said() != "" {
			t.Error(s.said())
		}
	})
}

// TestOutage: a receiver that dies in the middle of the stream, with records in its kernel that it never read, misses none.
func TestOutage(t *testing.T) {
	both(t, func(t *testing.T, server *receiverServer, s *stage) {
		t.Helper()
		s.start()
		s.Write(20)
		s.until("records", func() bool { return len(server.got()) > 5 })
		server.kill()
		s.Write(50)
		s.until("a failure", func() bool { return strings.Contains(s.said(), "shipping_failing") })
		s.Compress(s.Rotate())
		s.Write(50)
		s.Rotate()
		s.Write(1)
		s.stop()
		s.start()
		s.until("a failure behind a restart", func() bool { return s.stats().Failing != "" })
		server.listen()
		s.taken()
		inOrder(t, server.got(), 1, 121)
		if got := s.stats(); got.Skipped != 0 || got.Shipped < 121 {
			t.Errorf("%+v", got)
		}
		s.until("recovery", func() bool { return strings.Contains(s.said(), "shipping_recovered") })
		if n := strings.Count(s.said(), "shipping_failing"); n != 2 { // once before the restart, once behind it
			t.Error(s.said())
		}
	})
}

// hang keeps a connection until the other side is gone.
func hang(c net.Conn) {
	raw := c
	if secure, ok := c.(*tls.Conn); ok {
		_ = secure.Handshake() //nolint:noctx // it ends with its connection
		raw = secure.NetConn()
	}
	conn, err := raw.(*net.TCPConn).SyscallConn()
	if err == nil {
		_ = conn.Read(func(uintptr) bool { return false })
	}
}

// lies are what receivers do that should not.
func lies() map[string]func(net.Conn) {
	return map[string]func(net.Conn){
		"accepts and never reads": hang,
		"accepts and closes":      func(net.Conn) {},
		"reads and resets": func(c net.Conn) {
			_, _ = io.CopyN(io.Discard, c, 100)
			if secure, ok := c.(*tls.Conn); ok {
				c = secure.NetConn()
			}
			_ = c.(*net.TCPConn).SetLinger(0)
		},
		"sends garbage": func(c net.Conn) {
			for {
				if _, err := c.Write(bytes.Repeat([]byte("garbage\n"), 1000)); err != nil {
					return
				}
			}
		},
		"reads all and never closes": func(c net.Conn) {
			_, _ = io.Copy(io.Discard, c)
			if _, ok := c.(*tls.Conn); !ok {
				hang(c)
			}
			for b := make([]byte, 1); ; {
				if _, err := c.Write(b); err != nil {
					return
				}
				time.Sleep(time.Millisecond) //nolint:forbidigo // a liar's pace
			}
		},
	}
}

// TestLyingReceivers: none of them gets the cursor to move, none makes us spin, and none of them keeps us from ending. Once the
// receiver is what it should be, all records arrive.
func TestLyingReceivers(t *testing.T) {
	for name, lie := range lies() {
		t.Run(name, func(t *testing.T) {
			both(t, func(t *testing.T, server *receiverServer, s *stage) {
				t.Helper()
				server.does(lie)
				s.waits.Move, s.waits.Finish = 200*time.Millisecond, 200*time.Millisecond
				s.start()
				s.Write(30)
				s.until("a failure", func() bool { return s.stats().Failing != "" })
				before := server.conns.Load()
				s.until("more tries", func() bool { return server.conns.Load() > before+2 })
				if got := s.stats(); got.Shipped != 0 || got.Records == 0 || got.Skipped != 0 {
					t.Errorf("%+v", got)
				}
				if n := strings.Count(s.said(), "shipping_failing"); n != 1 || strings.Contains(s.said(), "garbage") {
					t.Error(s.said())
				}
				server.does(server.read)
				s.taken()
				inOrder(t, server.got(), 1, 30)
			})
		})
	}
}

// oneByOne reads an octet at a time.
type oneByOne struct{ io.Reader }

func (o oneByOne) Read(b []byte) (int, error) { return o.Reader.Read(b[:1]) }

func TestSlowReceiver(t *testing.T) {
	both(t, func(t *testing.T, server *receiverServer, s *stage) {
		t.Helper()
		server.does(func(c net.Conn) { server.readFrom(c, oneByOne{c}) })
		s.waits.Finish = 50 * time.Millisecond
		s.Write(100)
		s.start()
		s.taken()
		inOrder(t, server.got(), 1, 100)
	})
}

// TestStuckReceiverCostsNobody: shipping hangs in a write, for as long as it likes, and the trail goes on. Nobody who writes it waits
// for shipping, since nothing that shipping has is theirs: it asks for a number, and reads files. It ends at once when it must.
func TestStuckReceiverCostsNobody(t *testing.T) {
	server := newServer(t, nil)
	stuck := make(chan struct{})
	server.does(func(net.Conn) { <-stuck })
	defer close(stuck)
	s := newStage(t, server.url())
	s.waits.Move, s.waits.Finish = time.Hour, time.Hour
	s.start()
	s.Append(s.Lines(20000)) // more than the two kernels hold
	s.Sync()
	asked := s.Durable()
	s.until("a connection", func() bool { return server.conns.Load() == 1 })
	for range 1000 {
		s.Write(1) // each of them returns though nobody reads
	}
	if got := s.Durable(); got != asked+1000 {
		t.Errorf("%d records", got)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s.shipping.Close(ctx) // a connection that hangs for an hour is closed under the write
	s.shipping = nil
	if n := server.conns.Load(); n != 1 {
		t.Errorf("%d connections", n)
	}
}

func TestTLSRefusals(t *testing.T) {
	right, ca := certificate(t, "127.0.0.1")
	other, _ := certificate(t, "127.0.0.1")
	name, nameCA := certificate(t, "siem.example.com")
	old := right.Clone()
	old.MinVersion, old.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
	for what, c := range map[string]struct {
		server *tls.Config
		ca     string
		want   string
	}{
		"another authority": {other, ca, "its certificate is not accepted"},
		"another name":      {name, nameCA, "its certificate is not accepted"},
		"the system's only": {right, "", "its certificate is not accepted"},
		"TLS 1.1":           {old, ca, "the TLS handshake failed"},
	} {
		t.Run(what, func(t *testing.T) {
			server := newServer(t, c.server)
			s := newStage(t, server.url())
			s.settings.CAFile = c.ca
			s.Write(1)
			s.start()
			s.until("a failure", func() bool { return strings.Contains(s.stats().Failing, c.want) })
			if said := s.said() + s.log.String(); strings.Contains(said, "a text of the receiver's") {
				t.Error(said)
			}
			if len(server.got()) > 0 || s.stats().Shipped > 0 {
				t.Error("a record left")
			}
		})
	}
}

// TestHandshakeThatNeverEnds is given up in time, and is no way to keep a server from ending.
func TestHandshakeThatNeverEnds(t *testing.T) {
	server := newServer(t, nil)
	stuck := make(chan struct{})
	server.does(func(net.Conn) { <-stuck })
	defer close(stuck)
	s := newStage(t, "tls://"+server.address)
	s.waits.Open = 50 * time.Millisecond
	s.Write(1)
	s.start()
	s.until("a failure", func() bool { return s.stats().Failing == "the TLS handshake failed: no answer in time" })
	s.stop()
	s.waits.Open = time.Hour
	before := server.conns.Load()
	s.start()
	s.until("a connection", func() bool { return server.conns.Load() > before })
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s.shipping.Close(ctx)
	s.shipping = nil
}

func TestUnknownHost(t *testing.T) {
	s := newStage(t, "tcp://no-such-host.invalid:601")
	s.Write(1)
	s.start()
	s.until("a failure", func() bool { return s.stats().Failing != "" })
	if got := s.stats().Failing; got != "its name is not known" && !strings.HasPrefix(got, "cannot be reached") {
		t.Error(got)
	}
}

// datagrams receives and keeps.
func datagrams(t *testing.T, network, address string) (net.PacketConn, func() [][]byte) {
	t.Helper()
	c, err := new(net.ListenConfig).ListenPacket(t.Context(), network, address)
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var got [][]byte
	done := make(chan struct{})
	go func() {
		defer close(done)
		for b := make([]byte, 1<<20); ; {
			n, _, err := c.ReadFrom(b)
			if err != nil {
				return
			}
			mu.Lock()
			got = append(got, bytes.Clone(b[:n]))
			mu.Unlock()
		}
	}()
	t.Cleanup(func() {
		_ = c.Close()
		<-done
	})
	return c, func() [][]byte {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(got)
	}
}

func seqsOf(t *testing.T, messages [][]byte) (seqs []uint64) {
	t.Helper()
	for _, m := range messages {
		seqs = append(seqs, seqOfMessage(t, m))
	}
	return seqs
}
