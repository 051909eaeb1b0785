package gatewaytest

import (
	"context"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"
)

// network is one of a single address: real HTTP on both ends, a virtual clock in between.
type network struct {
	calls chan net.Conn
	ended chan struct{}
	once  sync.Once
}

// Serve has a handler serve inside a synctest bubble until the test ends, and returns the way to it, wherever the address leads.
func Serve(tb testing.TB, h http.Handler) (dial func(ctx context.Context, network, address string) (net.Conn, error)) {
	tb.Helper()
	n := &network{calls: make(chan net.Conn), ended: make(chan struct{})}
	server := &http.Server{Handler: h, ReadHeaderTimeout: time.Hour}
	var served sync.WaitGroup
	served.Go(func() { _ = server.Serve(n) })
	tb.Cleanup(func() {
		_ = server.Close()
		_ = n.Close()
		served.Wait()
	})
	return n.dial
}

func (n *network) Accept() (net.Conn, error) {
	select {
	case c := <-n.calls:
		return c, nil
	case <-n.ended:
		return nil, net.ErrClosed
	}
}

func (n *network) Close() error {
	n.once.Do(func() { close(n.ended) })
	return nil
}

func (n *network) Addr() net.Addr { return &net.TCPAddr{} }

func (n *network) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case n.calls <- theirs:
		return ours, nil
	case <-n.ended:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
