package gateway

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"ivalt-radius/ivalt/ivalttest/gatewaytest"
)

func TestManyCallsShareOneConnection(t *testing.T) {
	var connections, old atomic.Int64
	server, roots := secured(t, func(w http.ResponseWriter, r *http.Request) {
		if r.ProtoMajor != 2 {
			old.Add(1)
		}
		answer(w, 404, gatewaytest.Pending)
	}, func(s *httptest.Server) {
		s.EnableHTTP2 = true
		s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
			if state == http.StateNew {
				connections.Add(1)
			}
		}
	})
	c := newTestClient(t, Options{URL: server.URL, Roots: roots, Connections: 8})
	c.Poll(t.Context(), theQuestion(t)) // from here on the client knows that it is HTTP/2
	var all sync.WaitGroup
	for range 60 {
		all.Go(func() {
			if got := c.Poll(t.Context(), theQuestion(t)); got.Class != Pending {
				t.Errorf("%+v", got)
			}
		})
	}
	all.Wait()
	if connections.Load() != 1 || old.Load() != 0 {
		t.Errorf("%d connections, %d calls of another protocol", connections.Load(), old.Load())
	}
}

// TestAProcessedPushIsNotRepeated: a handler that took the push and dies resets its stream.
func TestAProcessedPushIsNotRepeated(t *testing.T) {
	var pushes atomic.Int64
	server, roots := secured(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		pushes.Add(1)
		panic(http.ErrAbortHandler)
	}, func(s *httptest.Server) { s.EnableHTTP2 = true })
	c := newTestClient(t, Options{URL: server.URL, Roots: roots})
	if got := c.Push(t.Context(), orderOf(t)); got.Class != Failed || !got.Resend || pushes.Load() != 1 {
		t.Errorf("%d pushes, %+v", pushes.Load(), got)
	}
}

// The frames of HTTP/2 that the tests need (RFC 9113 section 6), and how a stream may end.
const (
	frameData, frameHeaders, frameReset, frameSettings, frameGoAway = 0, 1, 3, 4, 7

	protocolError, refusedStream = 1, 7
)

// frame writes one frame of 32-bit words.
func frame(w io.Writer, kind, flags byte, stream uint32, words ...uint32) {
	out := []byte{0, 0, 4 * byte(len(words)), kind, flags} //nolint:gosec // a few words
	for _, word := range append([]uint32{stream}, words...) {
		out = binary.BigEndian.AppendUint32(out, word)
	}
	_, _ = w.Write(out)
}

// serveFrames reads one connection of HTTP/2 and has every whole request ended by end; a nil end
// answers nothing, settings and pings included.
func serveFrames(conn net.Conn, seen *atomic.Int64, end func(w io.Writer, stream uint32)) {
	defer func() { _ = conn.Close() }()
	if _, err := io.CopyN(io.Discard, conn, 24); err != nil { // the preface
		return
	}
	frame(conn, frameSettings, 0, 0)
	for head := make([]byte, 9); ; {
		if _, err := io.ReadFull(conn, head); err != nil {
			return
		}
		size := int64(head[0])<<16 | int64(head[1])<<8 | int64(head[2])
		if _, err := io.CopyN(io.Discard, conn, size); err != nil {
			return
		}
		kind, flags, stream := head[3], head[4], binary.BigEndian.Uint32(head[5:])
		switch {
		case kind == frameSettings && flags == 0 && end != nil:
			frame(conn, frameSettings, 1, 0)
		case kind == frameHeaders:
			seen.Add(1)
		case kind == frameData && flags&1 != 0 && end != nil:
			end(conn, stream)
		}
	}
}

// TestNetHTTPRepeatsNothing: whatever a server says of a stream, net/http sends its request no second time.
func TestNetHTTPRepeatsNothing(t *testing.T) {
	for name, end := range map[string]func(io.Writer, uint32){
		"protocol error":        func(w io.Writer, stream uint32) { frame(w, frameReset, 0, stream, protocolError) },
		"refused stream":        func(w io.Writer, stream uint32) { frame(w, frameReset, 0, stream, refusedStream) },
		"goaway, not processed": func(w io.Writer, _ uint32) { frame(w, frameGoAway, 0, 0, 0, 0) },
	} {
		t.Run(name, func(t *testing.T) {
			var seen atomic.Int64
			certificate, roots := identity(t)
			listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{certificate}, NextProtos: []string{"h2"}})
			if err != nil {
				t.Fatal(err)
			}
			var all sync.WaitGroup
			all.Go(func() {
				for {
					conn, err := listener.Accept()
					if err != nil {
						return
					}
					all.Go(func() { serveFrames(conn, &seen, end) })
				}
			})
			c := newTestClient(t, Options{URL: "https://" + listener.Addr().String(), Roots: roots})
			if got := c.Push(t.Context(), orderOf(t)); got.Class != Failed || got.Why != Broken || seen.Load() != 1 {
				t.Errorf("%d requests, %+v", seen.Load(), got)
			}
			c.Retire()
			_ = listener.Close()
			all.Wait()
		})
	}
}

// identity is a certificate for 127.0.0.1 with its key, and a pool that trusts it.
func identity(tb testing.TB) (tls.Certificate, *x509.CertPool) {
	tb.Helper()
	server, roots := secured(tb, func(http.ResponseWriter, *http.Request) {}, asItIs)
	return server.TLS.Certificates[0], roots
}

// TestADeadConnectionIsLeft: a server that falls silent costs the calls of ten seconds, not those of the quarter of an hour that TCP
// takes to notice.
func TestADeadConnectionIsLeft(t *testing.T) {
	certificate, roots := identity(t)
	synctest.Test(t, func(t *testing.T) {
		var dials, seen atomic.Int64
		var all sync.WaitGroup
		dial := func(context.Context, string, string) (net.Conn, error) {
			dials.Add(1)
			ours, theirs := net.Pipe()
			config := &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{certificate}, NextProtos: []string{"h2"}}
			all.Go(func() { serveFrames(tls.Server(theirs, config), &seen, nil) })
			return ours, nil
		}
		c := newTestClient(t, Options{URL: "https://127.0.0.1", Roots: roots, Dial: dial})
		for call := range int64(2) {
			if got := c.Poll(t.Context(), theQuestion(t)); got.Class != Failed || dials.Load() != call+1 || seen.Load() != call+1 {
				t.Errorf("call %d: %d connections, %d requests, %+v", call, dials.Load(), seen.Load(), got)
			}
		}
		c.Retire()
		all.Wait()
	})
}
