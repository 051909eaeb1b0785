//go:build interop

package cluster_test

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"testing"
)

// wire is a TCP relay between one node and one server, which a test cuts, stalls and mends: a partition that only that node sees.
type wire struct {
	to       string
	listener net.Listener

	mu      sync.Mutex
	state   wireState
	changed chan struct{} // closed when state changes
	open    map[net.Conn]struct{}
}

type wireState int

const (
	whole   wireState = iota
	cutOff            // connections are closed, new ones too
	stalled           // connections stay, nothing passes
)

func newWire(tb testing.TB, to string) *wire {
	tb.Helper()
	l, err := (&net.ListenConfig{}).Listen(tb.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	w := &wire{to: to, listener: l, changed: make(chan struct{}), open: map[net.Conn]struct{}{}}
	tb.Cleanup(func() {
		_ = l.Close()
		w.cut()
	})
	go w.serve()
	return w
}

func (w *wire) addr() string { return w.listener.Addr().String() }

func (w *wire) cut()   { w.set(cutOff) }
func (w *wire) stall() { w.set(stalled) }
func (w *wire) mend()  { w.set(whole) }

func (w *wire) set(s wireState) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.state = s
	close(w.changed)
	w.changed = make(chan struct{})
	if s == cutOff {
		for c := range w.open {
			_ = c.Close()
		}
		clear(w.open)
	}
}

func (w *wire) serve() {
	for {
		near, err := w.listener.Accept()
		if err != nil {
			return
		}
		go w.join(near)
	}
}

func (w *wire) join(near net.Conn) {
	far, err := (&net.Dialer{}).DialContext(context.Background(), "tcp", w.to)
	if err != nil || !w.keep(near, far) {
		_ = near.Close()
		if err == nil {
			_ = far.Close()
		}
		return
	}
	go w.carry(near, far)
	w.carry(far, near)
}

func (w *wire) keep(cs ...net.Conn) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.state == cutOff {
		return false
	}
	for _, c := range cs {
		w.open[c] = struct{}{}
	}
	return true
}

// carry passes what comes from one end to the other, and closes both behind it.
func (w *wire) carry(from, to net.Conn) {
	defer func() {
		_ = from.Close()
		_ = to.Close()
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.open, from)
		delete(w.open, to)
	}()
	buffer := make([]byte, 1<<16)
	for {
		n, err := from.Read(buffer)
		if !w.passable() {
			return
		}
		if _, failed := to.Write(buffer[:n]); failed != nil || err != nil && !errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			return
		}
	}
}

// passable waits while the wire is stalled.
func (w *wire) passable() bool {
	for {
		w.mu.Lock()
		state, changed := w.state, w.changed
		w.mu.Unlock()
		if state != stalled {
			return state == whole
		}
		<-changed
	}
}
