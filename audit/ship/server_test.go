package ship

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"net"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"ivalt-radius/audit/query"
	"ivalt-radius/secret/secrettest"
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
	form, file := secrettest.Authority(name), filepath.Join(t.TempDir(), "ca.pem")
	form.Subject.CommonName = "a text of the receiver's"
	made := secrettest.New(t, form, nil)
	made.Write(t, file, "")
	return made.Server(), file
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
