package ship

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

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
		server.does(func(c net.Conn) { server.readFrom(c, io.LimitReader(c, 2000)) }) // and no more of it
		s.Write(20)
		s.start()
		s.until("records", func() bool { return len(server.got()) > 2 })
		server.kill()
		server.does(server.read)
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
