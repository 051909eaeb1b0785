package radius

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"ivalt-radius/radius/access"
	"ivalt-radius/radius/client"
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

// Sizes of a socket's memory: more than the longest packet, so that a longer one is seen as such, and what the kernel is
// asked to hold while we are busy.
const (
	datagramSize  = 4352
	oobSize       = 128
	receiveBuffer = 4 << 20
)

// datagram is what was received, from the reader to the worker.
type datagram struct {
	socket   *socket
	client   *client.Client
	source   netip.AddrPort
	local    netip.Addr
	received time.Time
	size     int
	facts    access.Facts // of the packet in buf, once decoded
	buf      [datagramSize]byte
}

// socket is one UDP socket. Any number of goroutines may send through it.
type socket struct {
	conn     *net.UDPConn
	index    uint16
	port     port
	wildcard bool // the address that was asked is in each datagram's control message
	granted  int  // octets of receive buffer
}

// listenUDP opens one socket.
func listenUDP(ctx context.Context, text string, p port, index uint16) (*socket, error) {
	at, err := parseListen(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", p.key(), err)
	}
	k := &socket{index: index, port: p, wildcard: at.Addr().IsUnspecified()}
	config := net.ListenConfig{Control: func(_, _ string, raw syscall.RawConn) error {
		var failed error
		err := raw.Control(func(fd uintptr) { failed = k.prepare(int(fd), at.Addr().Is4()) })
		return errors.Join(err, failed)
	}}
	conn, err := config.ListenPacket(ctx, network(text, at.Addr()), at.String())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", p.key(), explainListen(text, err))
	}
	k.conn, _ = conn.(*net.UDPConn)
	return k, nil
}

// network keeps IPv4 and IPv6 apart, so that 0.0.0.0 and [::] can both be listened to; ":1812" is both in one.
func network(text string, addr netip.Addr) string {
	switch {
	case text[0] == ':':
		return "udp"
	case addr.Is4():
		return "udp4"
	}
	return "udp6"
}

// prepare sets the options that must stand before the first datagram comes.
func (k *socket) prepare(fd int, v4 bool) error {
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, receiveBuffer); err != nil {
		if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, receiveBuffer); err != nil {
			return fmt.Errorf("asking for a receive buffer: %w", err)
		}
	}
	size, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF)
	if err != nil {
		return fmt.Errorf("reading the receive buffer's size: %w", err)
	}
	k.granted = size / 2 // Linux tells twice what it grants, see socket(7)
	switch {
	case !k.wildcard:
		return nil
	case v4:
		err = unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_PKTINFO, 1)
	default:
		err = unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_RECVPKTINFO, 1)
	}
	if err != nil {
		return fmt.Errorf("asking for the address of arrival: %w", err)
	}
	return nil
}

// explainListen says what to do about an address that cannot be had.
func explainListen(text string, err error) error {
	switch {
	case errors.Is(err, unix.EADDRINUSE):
		return fmt.Errorf("%s is in use: another RADIUS server, or another ivalt-radius, listens there; stop it (ss -lunp shows it) or set another port: %w", text, err)
	case errors.Is(err, unix.EADDRNOTAVAIL):
		return fmt.Errorf("%s is no address of this machine: %w", text, err)
	case errors.Is(err, unix.EACCES):
		return fmt.Errorf("%s needs a privilege that this process lacks: %w", text, err)
	}
	return err
}

// receive blocks until there is a datagram.
func (k *socket) receive(d *datagram, oob []byte) error {
	if !k.wildcard {
		size, source, err := k.conn.ReadFromUDPAddrPort(d.buf[:])
		d.size, d.source, d.local = size, source, netip.Addr{}
		if err != nil {
			return fmt.Errorf("receiving: %w", err)
		}
		return nil
	}
	size, n, _, source, err := k.conn.ReadMsgUDPAddrPort(d.buf[:], oob)
	if err != nil {
		return fmt.Errorf("receiving: %w", err)
	}
	d.size, d.source, d.local = size, source, arrival(oob[:n])
	return nil
}

// send writes one datagram to where the exchange came from, and from the address that was asked.
func (k *socket) send(reply []byte, to netip.AddrPort, local netip.Addr) error {
	var err error
	if local.IsValid() {
		_, _, err = k.conn.WriteMsgUDPAddrPort(reply, departure(local), to)
	} else {
		_, err = k.conn.WriteToUDPAddrPort(reply, to)
	}
	if err != nil {
		return fmt.Errorf("sending: %w", err)
	}
	return nil
}

// Where the parts of a control message stand: see cmsg(3), ip(7) and ipv6(7). Its header is length, level and type.
const (
	cmsgLevel = unix.SizeofPtr
	cmsgType  = unix.SizeofPtr + 4
	specDst   = 4 // in struct in_pktinfo, behind the interface
	ipv4Addr  = 8 // in struct in_pktinfo, the header's destination
)

// arrival finds the address that was asked in a control message; the zero Addr where there is none.
func arrival(oob []byte) netip.Addr {
	head := unix.CmsgLen(0)
	for len(oob) >= head {
		size := int(binary.NativeEndian.Uint64(oob)) //nolint:gosec // judged in the next line
		if size < head || size > len(oob) {
			return netip.Addr{}
		}
		level := binary.NativeEndian.Uint32(oob[cmsgLevel:])
		typ := binary.NativeEndian.Uint32(oob[cmsgType:])
		data := oob[head:size]
		switch {
		case level == unix.IPPROTO_IP && typ == unix.IP_PKTINFO && len(data) >= unix.SizeofInet4Pktinfo:
			return netip.AddrFrom4([4]byte(data[ipv4Addr : ipv4Addr+4]))
		case level == unix.IPPROTO_IPV6 && typ == unix.IPV6_PKTINFO && len(data) >= unix.SizeofInet6Pktinfo:
			return netip.AddrFrom16([16]byte(data[:16]))
		}
		oob = oob[min(unix.CmsgSpace(size-head), len(oob)):]
	}
	return netip.Addr{}
}

// departure is the control message that sends from an address.
func departure(local netip.Addr) []byte {
	head := unix.CmsgLen(0)
	if local.Is4() {
		oob := cmsg(unix.IPPROTO_IP, unix.IP_PKTINFO, unix.SizeofInet4Pktinfo)
		addr := local.As4()
		copy(oob[head+specDst:], addr[:])
		return oob
	}
	oob := cmsg(unix.IPPROTO_IPV6, unix.IPV6_PKTINFO, unix.SizeofInet6Pktinfo)
	addr := local.As16()
	copy(oob[head:], addr[:])
	return oob
}

func cmsg(level, typ uint32, size int) []byte {
	oob := make([]byte, unix.CmsgSpace(size))
	binary.NativeEndian.PutUint64(oob, uint64(unix.CmsgLen(size))) //nolint:gosec // a few octets
	binary.NativeEndian.PutUint32(oob[cmsgLevel:], level)
	binary.NativeEndian.PutUint32(oob[cmsgType:], typ)
	return oob
}
