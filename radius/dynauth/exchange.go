package dynauth

import (
	"context"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"time"

	"ivalt-radius/radius/wire"
)

// tries is how often a request is sent; each wait is twice as long as the one before, and the last one takes what is left.
const tries = 3

// question is one Disconnect-Request and where it goes.
type question struct {
	raw   []byte
	key   *wire.Key
	to    netip.AddrPort
	local netip.Addr // where it should leave from; zero: the kernel chooses
}

// ask sends the request until it is answered, and at most three times: a fifth of the patience after the first, two fifths after the
// second, each a tenth more or less (RFC 5080 section 2.2.1). It is the same packet each time, which the NAS acts on once (RFC 5176
// section 2.3).
func (q question) ask(ctx context.Context, patience time.Duration) (State, string) {
	conn, err := q.dial(ctx)
	if err != nil {
		return Unsent, "no socket towards the NAS"
	}
	defer func() { _ = conn.Close() }()
	defer context.AfterFunc(ctx, func() { _ = conn.SetReadDeadline(time.Unix(1, 0)) })()
	end := time.Now().Add(patience)
	wait := patience / 5 //nolint:mnd // 1, 2 and 2 fifths
	for try := range tries {
		until := end
		if try < tries-1 {
			until = time.Now().Add(wait - wait/10 + rand.N(wait/5+1)) //nolint:gosec // spreads retries, and is no secret
		}
		wait *= 2
		_, _ = conn.Write(q.raw) // a NAS that is starting up refuses, and may take the next one
		if a, ok := q.hear(ctx, conn, until); ok {
			return a.state()
		}
		if ctx.Err() != nil {
			break
		}
	}
	return Silent, ""
}

// dial makes the socket: connected, so that the kernel hands over what comes from the NAS's address and port alone. It leaves from the
// address that the NAS knows us by, where that is still ours.
func (q question) dial(ctx context.Context) (net.Conn, error) {
	if q.local.IsValid() {
		from := net.Dialer{LocalAddr: net.UDPAddrFromAddrPort(netip.AddrPortFrom(q.local, 0))}
		if conn, err := from.DialContext(ctx, "udp", q.to.String()); err == nil {
			return conn, nil
		}
	}
	return (&net.Dialer{}).DialContext(ctx, "udp", q.to.String())
}

// hear waits for the answer; ok is false where none came in time. What is no answer, and that a port is closed, which anybody can forge,
// changes nothing.
func (q question) hear(ctx context.Context, conn net.Conn, until time.Time) (a answer, ok bool) {
	if conn.SetReadDeadline(until) != nil {
		return answer{}, false
	}
	var buf [wire.MaxPacket + 1]byte
	for ctx.Err() == nil {
		n, err := conn.Read(buf[:])
		if errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, net.ErrClosed) {
			return answer{}, false
		}
		if err != nil {
			rest(ctx)
			continue
		}
		if a, ok = q.parse(buf[:n]); ok {
			return a, true
		}
	}
	return answer{}, false
}

// retryRead is how long a reader rests after an error.
const retryRead = 10 * time.Millisecond

func rest(ctx context.Context) {
	select {
	case <-time.After(retryRead):
	case <-ctx.Done():
	}
}

// answer is what a NAS answered.
type answer struct {
	code  wire.Code
	cause uint32 // Error-Cause; 0: none
}

// errorCause says why a NAS has not done it (RFC 5176 section 3.5).
const errorCause = 101

// parse reads a datagram; ok is false where it is no answer to the request that can be believed.
func (q question) parse(datagram []byte) (a answer, ok bool) {
	p, err := wire.Parse(datagram)
	if err != nil || p.Identifier() != q.raw[1] || p.Code() != wire.DisconnectACK && p.Code() != wire.DisconnectNAK {
		return answer{}, false
	}
	if sent, err := wire.Parse(q.raw); err != nil || !q.key.VerifyReply(p, sent.Authenticator()) {
		return answer{}, false
	}
	a.code = p.Code()
	p.Attributes(func(typ byte, value []byte) bool {
		if typ == errorCause && len(value) == 4 {
			a.cause = binary.BigEndian.Uint32(value)
		}
		return a.cause == 0
	})
	return a, true
}

// state is what has become of the session.
func (a answer) state() (State, string) {
	switch {
	case a.code == wire.DisconnectACK:
		return Disconnected, causeName(a.cause)
	case a.cause == contextNotFound, a.cause == residualRemoved:
		return Gone, causeName(a.cause)
	}
	return Refused, causeName(a.cause)
}
