package link

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"time"

	"ivalt-radius/audit/ship/syslog"
)

// Stream is syslog over TCP, or over TLS.
type Stream struct {
	Address string
	TLS     *tls.Config // nil: TCP; ServerName is whom the certificate must name
	Header  syslog.Header
	Waits   Waits
}

// Waits are how long a receiver is waited for. The zero Waits are those of a server.
type Waits struct {
	Open   time.Duration // for name, connection and TLS: 10 s
	Move   time.Duration // while it takes none of the octets that wait for it: 30 s
	Finish time.Duration // until it closes its side behind ours: 10 s
	// Youth is how old a connection must be before our side is closed: one that the receiver closes at once shows it until then. 1 s
	Youth time.Duration
}

func (w Waits) orUsual() Waits {
	if w == (Waits{}) {
		return Waits{Open: openWithin, Move: patience, Finish: 10 * time.Second, Youth: time.Second}
	}
	return w
}

// Manner implements Target.
func (Stream) Manner() Manner { return Manner{Settle: 5 * time.Second, Receipt: true, Burst: 1000} }

// mostHeard is how much a receiver may send, which has nothing to say.
const mostHeard = 64 << 10

// Open implements Target.
func (s Stream) Open(ctx context.Context) (Link, error) {
	waits := s.Waits.orUsual()
	within, cancel := context.WithTimeout(ctx, waits.Open)
	defer cancel()
	raw, err := dial(within, "tcp", s.Address)
	if err != nil {
		return nil, err
	}
	l := &stream{
		conn: steady{raw, waits.Move}, raw: raw, header: s.Header, waits: waits, opened: time.Now(), ended: make(chan struct{}),
	}
	if s.TLS != nil {
		secure := tls.Client(l.conn, s.TLS)
		if err := secure.HandshakeContext(within); err != nil {
			_ = raw.Close()
			return nil, handshakeError(err)
		}
		l.conn = secure
	}
	l.stop = context.AfterFunc(ctx, func() { _ = raw.Close() })
	go l.listen()
	return l, nil
}

// handshakeError says what is wrong with TLS without a word of the other side's.
func handshakeError(err error) error {
	var certificate *tls.CertificateVerificationError
	if errors.As(err, &certificate) {
		return &Error{"its certificate is not accepted: it must be signed by ca_file or the system's roots, be valid, and name the host of to", nil}
	}
	return &Error{"the TLS handshake failed", err}
}

// stream is an open connection.
type stream struct {
	conn   net.Conn // with TLS where there is any
	raw    net.Conn
	header syslog.Header
	waits  Waits
	opened time.Time
	stop   func() bool

	message, frame []byte

	ended chan struct{} // the receiver has closed, or broken, its side
	end   error         // to be read once ended is closed
}

// listen waits for the end. It is no protocol in which a receiver speaks.
func (l *stream) listen() {
	defer close(l.ended)
	heard := make([]byte, 4<<10)
	for sum := 0; l.end == nil; {
		n, err := l.conn.Read(heard)
		switch sum += n; {
		case err != nil:
			l.end = err
		case sum > mostHeard:
			l.end = &Error{"sends data, which no syslog receiver does", nil}
			_ = l.raw.Close()
		}
	}
}

// Send implements Link.
func (l *stream) Send(m syslog.Message) (cut bool, err error) {
	if err := l.Trouble(); err != nil {
		return false, err
	}
	l.message = l.header.Append(l.message[:0], m)
	l.frame = syslog.AppendFrame(l.frame[:0], l.message)
	if _, err := l.conn.Write(l.frame); err != nil {
		if trouble := l.Trouble(); trouble != nil {
			return false, trouble
		}
		return false, &Error{"does not take records", err}
	}
	return false, nil
}

// Trouble implements Link.
func (l *stream) Trouble() error {
	select {
	case <-l.ended:
	default:
		return nil
	}
	var known *Error
	if errors.As(l.end, &known) {
		return known
	}
	return &Error{"closed the connection", l.end}
}

// Finish implements Link.
func (l *stream) Finish(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, l.waits.Finish)
	defer cancel()
	select {
	case <-l.ended:
		return l.Trouble()
	case <-ctx.Done():
		return &Error{"was not waited for", nil}
	case <-time.After(time.Until(l.opened.Add(l.waits.Youth))):
	}
	if err := l.closeWrite(); err != nil {
		return &Error{"does not take records", err}
	}
	select {
	case <-l.ended:
	case <-ctx.Done():
		return &Error{"does not close the connection behind us, so it may read nothing", ErrUnread}
	}
	if !errors.Is(l.end, io.EOF) {
		return l.Trouble()
	}
	return nil
}

// closeWrite says that nothing more comes: TLS's close_notify, where there is any, and TCP's FIN.
func (l *stream) closeWrite() error {
	if secure, ok := l.conn.(*tls.Conn); ok {
		if err := secure.CloseWrite(); err != nil {
			return err
		}
	}
	if half, ok := l.raw.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

// Close implements Link.
func (l *stream) Close() error {
	l.stop()
	err := l.raw.Close()
	<-l.ended
	return err
}

// steady is a connection whose writes end only where nothing moves: a TLS connection is lost once a write of it times out, and a slow
// receiver is better than none.
type steady struct {
	net.Conn

	patience time.Duration
}

// Write implements io.Writer.
func (s steady) Write(b []byte) (int, error) {
	for sum := 0; ; {
		_ = s.SetWriteDeadline(time.Now().Add(s.patience))
		n, err := s.Conn.Write(b[sum:])
		sum += n
		if n == 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
			return sum, err
		}
	}
}
