package admin

import (
	"net"
	"net/netip"
	"sync"
)

// Most connections at once: of all peers, and of one that is not this host. All of a proxy in front come from this host.
const (
	mostConnections = 512
	mostOfPeer      = 64
)

// bounded is a listener that ends connections which are too many at once, without a word, so that they hold up nobody.
type bounded struct {
	net.Listener

	mu    sync.Mutex
	all   int
	peers map[netip.Addr]int // with a connection
}

// Accept implements net.Listener.
func (b *bounded) Accept() (net.Conn, error) {
	for {
		conn, err := b.Listener.Accept()
		if err != nil {
			return nil, err //nolint:wrapcheck // net/http looks at it
		}
		peer := peerOf(conn)
		if b.enter(peer) {
			return &counted{Conn: conn, leave: sync.OnceFunc(func() { b.leave(peer) })}, nil
		}
		_ = conn.Close()
	}
}

// peerOf is the address of the other end, of IPv6 its network: a host has as many addresses there as it likes.
func peerOf(conn net.Conn) netip.Addr {
	const network = 64
	at, err := netip.ParseAddrPort(conn.RemoteAddr().String())
	if err != nil {
		return netip.Addr{}
	}
	addr := at.Addr().Unmap().WithZone("")
	if addr.Is6() && !addr.IsLoopback() {
		if prefix, err := addr.Prefix(network); err == nil {
			return prefix.Addr()
		}
	}
	return addr
}

func (b *bounded) enter(peer netip.Addr) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.all >= mostConnections || b.peers[peer] >= mostOfPeer && !peer.IsLoopback() {
		return false
	}
	b.all++
	b.peers[peer]++
	return true
}

func (b *bounded) leave(peer netip.Addr) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.all--
	if b.peers[peer]--; b.peers[peer] <= 0 {
		delete(b.peers, peer)
	}
}

// counted is a connection that counts until it is closed.
type counted struct {
	net.Conn

	leave func()
}

// Close implements net.Conn.
func (c *counted) Close() error {
	c.leave()
	return c.Conn.Close() //nolint:wrapcheck // net/http looks at it
}
