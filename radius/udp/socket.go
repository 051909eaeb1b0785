package udp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// ReceiveBuffer is what the kernel is asked to hold of a socket while we are busy, in octets.
const ReceiveBuffer = 4 << 20

// oobSize is room for the control messages of one datagram.
const oobSize = 128

// Socket is one UDP socket. Listen makes one. One goroutine may receive, any number of goroutines may send.
type Socket struct {
	Granted int // octets of receive buffer that the kernel granted

	conn     *net.UDPConn
	at       netip.AddrPort
	wildcard bool // the address that was asked is in each datagram's control message
	oob      [oobSize]byte
}

// Inherited gives the socket that an earlier process, or the service manager, left for an address, once; nil where there is none. Port 0 is any port.
type Inherited func(at netip.AddrPort) *os.File

// ParseListen reads an address to listen on; no host before the port means every address, IPv6 and IPv4.
func ParseListen(text string) (netip.AddrPort, error) {
	if strings.HasPrefix(text, ":") {
		text = "[::]" + text
	}
	at, err := netip.ParseAddrPort(text)
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("reading a UDP address: %w", err)
	}
	return at, nil
}

// Listen opens one socket, or adopts the one that was left for its address. The error says what to do.
func Listen(ctx context.Context, text string, left Inherited) (*Socket, error) {
	at, err := ParseListen(text)
	if err != nil {
		return nil, err
	}
	k := &Socket{wildcard: at.Addr().IsUnspecified()}
	if left != nil {
		if f := left(at); f != nil {
			return k, k.adopt(f, at)
		}
	}
	config := net.ListenConfig{Control: func(_, _ string, raw syscall.RawConn) error { return k.prepared(raw, at) }}
	conn, err := config.ListenPacket(ctx, network(text, at.Addr()), at.String())
	if err != nil {
		return nil, explain(text, err)
	}
	k.take(conn)
	return k, nil
}

// adopt takes a socket that is bound already.
func (k *Socket) adopt(f *os.File, at netip.AddrPort) error {
	defer func() { _ = f.Close() }()
	conn, err := net.FilePacketConn(f)
	if err != nil {
		return fmt.Errorf("taking over the socket of %s: %w", at, err)
	}
	k.take(conn)
	raw, err := k.conn.SyscallConn()
	if err == nil {
		err = k.prepared(raw, at)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("taking over the socket of %s: %w", at, err), conn.Close())
	}
	return nil
}

func (k *Socket) take(conn net.PacketConn) {
	k.conn, _ = conn.(*net.UDPConn)
	k.at, _ = netip.ParseAddrPort(conn.LocalAddr().String())
}

func (k *Socket) prepared(raw syscall.RawConn, at netip.AddrPort) error {
	var failed error
	err := raw.Control(func(fd uintptr) { failed = k.prepare(int(fd), at.Addr()) })
	return errors.Join(err, failed)
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
func (k *Socket) prepare(fd int, addr netip.Addr) error {
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, ReceiveBuffer); err != nil {
		if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, ReceiveBuffer); err != nil {
			return fmt.Errorf("asking for a receive buffer: %w", err)
		}
	}
	size, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF)
	if err != nil {
		return fmt.Errorf("reading the receive buffer's size: %w", err)
	}
	k.Granted = size / 2 // Linux tells twice what it grants, see socket(7)
	switch {
	case !k.wildcard:
		return nil
	case addr.Is4():
		err = unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_PKTINFO, 1)
	default:
		err = unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_RECVPKTINFO, 1)
	}
	if err != nil {
		return fmt.Errorf("asking for the address of arrival: %w", err)
	}
	return nil
}

// explain says what to do about an address that cannot be had.
func explain(text string, err error) error {
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

// Addr is the address that the socket is bound to.
func (k *Socket) Addr() netip.AddrPort { return k.at }

// Receive blocks until there is a datagram. local is the address that was asked, of a wildcard socket; otherwise the zero Addr.
func (k *Socket) Receive(buf []byte) (size int, source netip.AddrPort, local netip.Addr, err error) {
	if !k.wildcard {
		if size, source, err = k.conn.ReadFromUDPAddrPort(buf); err != nil {
			err = fmt.Errorf("receiving: %w", err)
		}
		return size, source, local, err
	}
	size, n, _, source, err := k.conn.ReadMsgUDPAddrPort(buf, k.oob[:])
	if err != nil {
		return 0, source, local, fmt.Errorf("receiving: %w", err)
	}
	return size, source, arrival(k.oob[:n]), nil
}

// Send writes one datagram to where the exchange came from, and from the address that was asked.
func (k *Socket) Send(reply []byte, to netip.AddrPort, local netip.Addr) error {
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

// StopReading ends Receive, now and from now on, with os.ErrDeadlineExceeded. What comes waits in the kernel.
func (k *Socket) StopReading() error {
	if err := k.conn.SetReadDeadline(time.Unix(1, 0)); err != nil {
		return fmt.Errorf("stopping a reader: %w", err)
	}
	return nil
}

// Leave gives a descriptor of the socket that outlives Close. No child has it: whoever executes another program in our place says that it goes on.
func (k *Socket) Leave() (fd int, err error) {
	raw, err := k.conn.SyscallConn()
	if err == nil {
		failed := raw.Control(func(own uintptr) { fd, err = unix.FcntlInt(own, unix.F_DUPFD_CLOEXEC, lowest) })
		err = errors.Join(err, failed)
	}
	if err != nil {
		return -1, fmt.Errorf("keeping the socket of %s: %w", k.at, err)
	}
	return fd, nil
}

// lowest is behind standard error.
const lowest = 3

// Close closes the socket.
func (k *Socket) Close() error {
	if err := k.conn.Close(); err != nil {
		return fmt.Errorf("closing the socket of %s: %w", k.at, err)
	}
	return nil
}
