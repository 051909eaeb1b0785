package radius

import (
	"net/netip"
	"time"

	"ivalt-radius/radius/access"
	"ivalt-radius/radius/client"
	"ivalt-radius/radius/udp"
)

// port is what a socket is for.
type port uint8

const (
	authentication port = iota
	accountingPort
)

// key is the setting that names such sockets.
func (p port) key() string {
	if p == accountingPort {
		return "listen.accounting"
	}
	return "listen.authentication"
}

// datagramSize is more than the longest packet, so that a longer one is seen as such.
const datagramSize = 4352

// datagram is what was received, from the reader to the worker.
type datagram struct {
	socket   *socket
	client   *client.Client
	source   netip.AddrPort
	local    netip.Addr
	received time.Time
	again    bool // an earlier process has received it
	size     int
	facts    access.Facts // of the packet in buf, once decoded
	buf      [datagramSize]byte
}

// socket is one UDP socket, and what it is for.
type socket struct {
	*udp.Socket

	index uint16
	port  port
}

// receive blocks until there is a datagram.
func (k *socket) receive(d *datagram) (err error) {
	d.size, d.source, d.local, err = k.Receive(d.buf[:])
	d.again = false
	return err //nolint:wrapcheck // it says what was done
}
