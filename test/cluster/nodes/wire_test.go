//go:build interop

package nodes_test

import (
	"net"
	"sync"
	"testing"
	"time"
)

// wire is one node's way to a Redis: a relay on loopback that takes no side. It can be cut (nothing passes, nobody is told), delayed and throttled, and
// healed again.
type wire struct {
	listener net.Listener
	to       string
	done     chan struct{}

	mu      sync.Mutex
	isCut   bool
	delay   time.Duration // of what goes to Redis
	rate    int           // octets a second, each way of each connection; 0: as fast as it goes
	changed chan struct{} // closed and replaced where the cut changes
	conns   map[net.Conn]bool
	running sync.WaitGroup
}

// newWire lays one, for as long as the test runs.
func newWire(t *testing.T, to string) *wire {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{listener: l, to: to, done: make(chan struct{}), changed: make(chan struct{}), conns: map[net.Conn]bool{}}
	w.running.Go(w.serve)
	t.Cleanup(func() {
		close(w.done)
		_ = l.Close()
		w.drop()
		w.running.Wait()
	})
	return w
}

// address is where the node finds Redis.
func (w *wire) address() string { return w.listener.Addr().String() }

// cut lets nothing pass any more, either way: as a network that is gone.
func (w *wire) cut() { w.set(func() { w.isCut = true }) }

// heal undoes a cut, a delay and a throttle. Connections that stood while it was cut are closed, as by a network that forgot them.
func (w *wire) heal() {
	w.mu.Lock()
	wasCut := w.isCut
	w.mu.Unlock()
	if wasCut {
		w.drop()
	}
	w.set(func() { w.isCut, w.delay, w.rate = false, 0, 0 })
}

// slow delays each piece on its way to Redis.
func (w *wire) slow(by time.Duration) { w.set(func() { w.delay = by }) }

// throttle lets so many octets a second pass.
func (w *wire) throttle(rate int) { w.set(func() { w.rate = rate }) }

func (w *wire) set(do func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	do()
	close(w.changed)
	w.changed = make(chan struct{})
}

// drop closes all connections.
func (w *wire) drop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for c := range w.conns {
		_ = c.Close()
	}
}

func (w *wire) serve() {
	for {
		near, err := w.listener.Accept()
		if err != nil {
			return
		}
		w.running.Go(func() { w.join(near) })
	}
}

// join connects one to Redis, and carries until either end closes.
func (w *wire) join(near net.Conn) {
	defer func() { _ = near.Close() }()
	far, err := net.DialTimeout("tcp", w.to, time.Second) //nolint:noctx // it has a time-out, and no context
	if err != nil {
		return
	}
	defer func() { _ = far.Close() }()
	if !w.keep(near, far) {
		return
	}
	defer w.forget(near, far)
	var both sync.WaitGroup
	both.Go(func() { w.carry(near, far, 1) })
	both.Go(func() { w.carry(far, near, 0) })
	both.Wait()
}

func (w *wire) keep(all ...net.Conn) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	select {
	case <-w.done:
		return false
	default:
	}
	for _, c := range all {
		w.conns[c] = true
	}
	return true
}

func (w *wire) forget(all ...net.Conn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range all {
		delete(w.conns, c)
	}
}

// carry takes octets from one end to the other; delays says how often the wire's delay counts on this way.
func (w *wire) carry(from, to net.Conn, delays time.Duration) {
	defer func() { _, _ = from.Close(), to.Close() }()
	buffer := make([]byte, 16<<10)
	for {
		n, err := from.Read(buffer)
		if n > 0 && w.passes(n, delays) {
			_, err = to.Write(buffer[:n])
		}
		if err != nil {
			return
		}
	}
}

// passes waits until so many octets may pass; false where the wire ends meanwhile.
func (w *wire) passes(n int, delays time.Duration) bool {
	w.mu.Lock()
	wait := w.delay * delays
	if w.rate > 0 {
		wait += time.Duration(n) * time.Second / time.Duration(w.rate)
	}
	w.mu.Unlock()
	if wait > 0 {
		select {
		case <-time.After(wait):
		case <-w.done:
			return false
		}
	}
	for {
		w.mu.Lock()
		isCut, changed := w.isCut, w.changed
		w.mu.Unlock()
		if !isCut {
			return true
		}
		select {
		case <-changed:
		case <-w.done:
			return false
		}
	}
}
