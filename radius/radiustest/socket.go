package radiustest

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"time"
)

// Socket is a UDP port for octets of any kind. Several goroutines may send at once; one receives at a time.
type Socket struct{ conn *net.UDPConn }

// Listen opens a port. local is IP:PORT; port 0 is the system's choice.
func Listen(ctx context.Context, local string) (*Socket, error) {
	var config net.ListenConfig
	conn, err := config.ListenPacket(ctx, "udp", local)
	if err != nil {
		return nil, fmt.Errorf("opening a port: %w", err)
	}
	return &Socket{conn: conn.(*net.UDPConn)}, nil
}

// Addr is where the port is.
func (s *Socket) Addr() netip.AddrPort { return s.conn.LocalAddr().(*net.UDPAddr).AddrPort() }

// Send sends one datagram.
func (s *Socket) Send(to netip.AddrPort, packet []byte) error {
	if _, err := s.conn.WriteToUDPAddrPort(packet, to); err != nil {
		return fmt.Errorf("sending: %w", err)
	}
	return nil
}

// Receive waits for a datagram until ctx ends, and says whence it came. Nothing is verified.
func (s *Socket) Receive(ctx context.Context) ([]byte, netip.AddrPort, error) {
	if err := s.conn.SetReadDeadline(time.Time{}); err != nil {
		return nil, netip.AddrPort{}, fmt.Errorf("receiving: %w", err)
	}
	stop := context.AfterFunc(ctx, func() { _ = s.conn.SetReadDeadline(time.Now()) })
	defer stop()
	buffer := make([]byte, maxDatagram)
	size, from, err := s.conn.ReadFromUDPAddrPort(buffer)
	if err != nil {
		return nil, netip.AddrPort{}, fmt.Errorf("receiving: %w", err)
	}
	return buffer[:size], netip.AddrPortFrom(from.Addr().Unmap(), from.Port()), nil
}

// Collect receives datagrams until ctx ends: every answer, or the proof that there is none.
func (s *Socket) Collect(ctx context.Context) [][]byte {
	var all [][]byte
	for {
		packet, _, err := s.Receive(ctx)
		if err != nil {
			return all
		}
		all = append(all, packet)
	}
}

// Exchange sends one datagram and waits for the first that comes back from there.
func (s *Socket) Exchange(ctx context.Context, to netip.AddrPort, packet []byte) ([]byte, error) {
	if err := s.Send(to, packet); err != nil {
		return nil, err
	}
	for {
		answer, from, err := s.Receive(ctx)
		if err != nil || from == to {
			return answer, err
		}
	}
}

// Close closes the port and ends what waits at it.
func (s *Socket) Close() error { return s.conn.Close() }
