package upstream

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"sync/atomic"
	"time"

	"ivalt-radius/secret"
)

// peer is one upstream server, and what is known of it.
type peer struct {
	address string
	secret  secret.Secret
	silent  atomic.Int64 // asked last until then, in nanoseconds since 1970; 0: it answers, as far as is known
}

// exchange is one request to one server, from a port of its own: a random one, connected, so that the kernel drops what comes from
// elsewhere.
type exchange struct {
	conn    net.Conn
	request []byte
	shared  []byte
	ignored error // why the last datagram that did not count did not; nil: there was none
}

// errSilent says that a server did not answer in time.
var errSilent = errors.New("no answer")

// ask sends a question to a server, the same octets again for each try (RFC 5080 section 2.2.1), and waits for the answer. It
// gives the request too, which an answer is read with.
func (s *Source) ask(ctx context.Context, server *peer, q question) (answer, []byte, error) {
	x := exchange{shared: []byte(server.secret.Reveal())}
	var err error
	if x.request, err = q.packet(x.shared); err != nil {
		return answer{}, nil, err
	}
	dialer := net.Dialer{Timeout: s.timeout}
	if x.conn, err = dialer.DialContext(ctx, "udp", server.address); err != nil {
		return answer{}, nil, fmt.Errorf("opening a port: %w", err)
	}
	defer func() { _ = x.conn.Close() }()
	for range s.tries {
		if _, err := x.conn.Write(x.request); err != nil {
			return answer{}, nil, fmt.Errorf("sending: %w", err)
		}
		a, err := x.listen(ctx, s.timeout)
		switch {
		case err == nil:
			return a, x.request, nil
		case ctx.Err() != nil:
			return answer{}, nil, ctx.Err()
		case !errors.Is(err, os.ErrDeadlineExceeded):
			return answer{}, nil, fmt.Errorf("waiting: %w", err)
		}
	}
	if x.ignored != nil {
		return answer{}, nil, fmt.Errorf("%w that counts; the last thing ignored is %w", errSilent, x.ignored)
	}
	return answer{}, nil, fmt.Errorf("%w: is the address right, and does the server know this machine as a client, with the same secret?", errSilent)
}

// listen waits for the answer until the time or ctx is over. What does not count is ignored. An error of the socket, as where
// the server's host says that nothing listens there, ends the wait.
func (x *exchange) listen(ctx context.Context, timeout time.Duration) (answer, error) {
	if err := x.conn.SetReadDeadline(time.Now().Add(timeout)); err != nil {
		return answer{}, err
	}
	stop := context.AfterFunc(ctx, func() { _ = x.conn.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	buffer := make([]byte, maxPacket+1) // a longer packet is seen as one that is not whole
	for {
		n, err := x.conn.Read(buffer)
		if err != nil {
			return answer{}, err
		}
		a, err := judge(buffer[:n], x.request, x.shared)
		if err == nil {
			return a, nil
		}
		x.ignored = err
	}
}
