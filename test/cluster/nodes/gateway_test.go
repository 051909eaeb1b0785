//go:build interop

package nodes_test

import (
	"errors"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"ivalt-radius/test/blackbox"
)

// gateway is one socket of a gateway that has several servers: it sends the same octets to any of them, from the same port. It is safe for concurrent use.
type gateway struct {
	conn *net.UDPConn
	done chan struct{}

	mu      sync.Mutex
	came    []arrival
	changed chan struct{} // closed and replaced with every arrival
}

// arrival is a datagram as it came, from any address.
type arrival struct {
	from netip.AddrPort
	at   time.Time
	text []byte
}

// newGateway opens a socket; close ends it.
func newGateway() (*gateway, error) {
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.ParseIP(blackbox.Source)})
	if err != nil {
		return nil, err
	}
	g := &gateway{conn: conn, done: make(chan struct{}), changed: make(chan struct{})}
	go g.read()
	return g, nil
}

// gate opens one for the length of a test.
func gate(t *testing.T) *gateway {
	t.Helper()
	g, err := newGateway()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.close)
	return g
}

func (g *gateway) close() {
	_ = g.conn.Close()
	<-g.done
}

func (g *gateway) read() {
	defer close(g.done)
	buffer := make([]byte, 4097)
	for {
		n, from, err := g.conn.ReadFromUDPAddrPort(buffer)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue // a port that nobody listens on
		}
		g.mu.Lock()
		g.came = append(g.came, arrival{from, time.Now(), append([]byte(nil), buffer[:n]...)})
		close(g.changed)
		g.changed = make(chan struct{})
		g.mu.Unlock()
	}
}

// send sends a request to a node once more.
func (g *gateway) send(n *node, r blackbox.Request) {
	_, _ = g.conn.WriteToUDPAddrPort(r.Bytes, netip.MustParseAddrPort(n.Authentication()))
}

// since are the arrivals from the n-th on, and what is closed when another comes.
func (g *gateway) since(n int) ([]arrival, <-chan struct{}) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.came[n:], g.changed
}

// receive waits for a node's answer to a request that verifies; where only wrong ones came, the error says what was wrong with the last.
func (g *gateway) receive(n *node, r blackbox.Request, wait time.Duration) (blackbox.Reply, error) {
	timeout := time.After(wait)
	wrong := blackbox.ErrNoAnswer
	from := netip.MustParseAddrPort(n.Authentication())
	for seen := 0; ; {
		came, changed := g.since(seen)
		for _, c := range came {
			if c.from != from || len(c.text) < 2 || c.text[1] != r.Bytes[1] {
				continue
			}
			reply, err := r.Verify(c.text)
			if err == nil {
				return reply, nil
			}
			wrong = err
		}
		seen += len(came)
		select {
		case <-changed:
		case <-timeout:
			return blackbox.Reply{}, wrong
		}
	}
}

// answer is receive with Patience; no answer, or a wrong one, ends the test.
func (g *gateway) answer(t *testing.T, n *node, r blackbox.Request) blackbox.Reply {
	t.Helper()
	reply, err := g.receive(n, r, blackbox.Patience)
	if err != nil {
		t.Fatalf("node %s, identifier %d: %v", n.name, r.Bytes[1], err)
	}
	return reply
}

// silent fails the test where a node's answer comes within the time.
func (g *gateway) silent(t *testing.T, n *node, r blackbox.Request, wait time.Duration) {
	t.Helper()
	if reply, err := g.receive(n, r, wait); !errors.Is(err, blackbox.ErrNoAnswer) {
		t.Errorf("node %s answers where none may come (code %d, %v)", n.name, reply.Code, err)
	}
}

// asks sends one login to a node, and waits for its answer.
func asks(t *testing.T, n *node, l blackbox.Login) blackbox.Reply {
	t.Helper()
	g := gate(t)
	r := blackbox.NewRequest(l, blackbox.Secret)
	g.send(n, r)
	return g.answer(t, n, r)
}

// request is a login with an identifier, and an authenticator that no other has.
func request(l blackbox.Login, id byte) blackbox.Request {
	l.ID = id
	return blackbox.NewRequest(l, blackbox.Secret)
}
