package radiustest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"syscall"
	"time"
)

// defaultInterval is how long the zero Retry waits.
const defaultInterval = 10 * time.Second

// maxDatagram is more than a RADIUS packet may have, so that a longer one is seen as what it is.
const maxDatagram = 8192

// exchange sends a request as often as the NAS's Retry says, and waits for the answer.
func (n NAS) exchange(ctx context.Context, h header, b build) (Result, error) {
	x := &exchange{nas: n, start: time.Now(), header: h, build: b}
	defer x.close()
	for range max(n.Retry.Tries, 1) {
		if err := x.send(ctx); err != nil {
			return x.result(Result{}), err
		}
		answer, err := x.listen(ctx)
		if err == nil {
			x.tell(Event{Kind: Answered})
			return x.result(answer), nil
		}
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			return x.result(Result{}), fmt.Errorf("waiting for an answer: %w", err)
		}
		if ctx.Err() != nil {
			break
		}
	}
	return x.result(Result{}), fmt.Errorf("%w in %s", ErrNoAnswer, x.took().Round(time.Millisecond))
}

// exchange is one request on its way.
type exchange struct {
	nas    NAS
	start  time.Time
	header header
	build  build

	conn        net.Conn
	request     []byte
	sent        int
	discarded   int
	lastDiscard error
}

// send opens a port and builds the packet where the style demands it, and sends.
func (x *exchange) send(ctx context.Context) error {
	if x.sent == 0 || x.nas.Retry.Style == NewAuthenticator {
		if err := x.open(ctx); err != nil {
			return err
		}
		if x.sent > 0 {
			x.header = x.header.again()
		}
		var err error
		if x.request, err = x.build(x.header); err != nil {
			return err
		}
	}
	if x.sent == 0 {
		x.start = time.Now()
	}
	x.sent++
	if _, err := x.conn.Write(x.request); err != nil && !unreachable(err) {
		return fmt.Errorf("sending: %w", err)
	}
	x.tell(Event{Kind: Sent})
	return nil
}

// open takes a new port, connected to the server: the kernel drops what comes from elsewhere.
func (x *exchange) open(ctx context.Context) error {
	x.close()
	local, err := localAddr(x.nas.LocalAddr)
	if err != nil {
		return err
	}
	dialer := net.Dialer{LocalAddr: local}
	if x.conn, err = dialer.DialContext(ctx, "udp", x.nas.Server); err != nil {
		return fmt.Errorf("opening a port: %w", err)
	}
	return nil
}

// localAddr reads an IP or IP:PORT; nil is the system's choice.
func localAddr(text string) (net.Addr, error) {
	if text == "" {
		return nil, nil //nolint:nilnil // net.Dialer's own way to say "any"
	}
	if addr, err := netip.ParseAddr(text); err == nil {
		return net.UDPAddrFromAddrPort(netip.AddrPortFrom(addr, 0)), nil
	}
	port, err := netip.ParseAddrPort(text)
	if err != nil {
		return nil, fmt.Errorf("local address: %w", err)
	}
	return net.UDPAddrFromAddrPort(port), nil
}

// listen waits until the interval or ctx ends, and returns the first answer that counts. What does not is told and forgotten.
func (x *exchange) listen(ctx context.Context) (Result, error) {
	interval := x.nas.Retry.Interval
	if interval <= 0 {
		interval = defaultInterval
	}
	if err := x.conn.SetReadDeadline(time.Now().Add(interval)); err != nil {
		return Result{}, err
	}
	conn := x.conn
	stop := context.AfterFunc(ctx, func() { _ = conn.SetReadDeadline(time.Now()) })
	defer stop()
	buffer := make([]byte, maxDatagram)
	for {
		size, err := x.conn.Read(buffer)
		if err == nil {
			var answer Result
			if answer, err = x.judge(buffer[:size]); err == nil {
				return answer, nil
			}
		} else if unreachable(err) {
			err = ErrUnreachable
		} else {
			return Result{}, err
		}
		x.discard(err)
	}
}

// judge verifies an answer and demands a Message-Authenticator where one is due: everywhere but in an Accounting-Response.
func (x *exchange) judge(answer []byte) (Result, error) {
	r, err := Verify(x.nas.Secret, x.request, answer)
	if err == nil && !r.Signed && !x.nas.AcceptUnsigned && r.Code != AccountingResponse {
		err = ErrUnsigned
	}
	return r, err
}

func (x *exchange) discard(why error) {
	x.discarded++
	x.lastDiscard = why
	x.tell(Event{Kind: Discarded, Why: why})
}

// unreachable reports that the server's host said that nothing listens there. It may yet: a NAS goes on.
func unreachable(err error) bool { return errors.Is(err, syscall.ECONNREFUSED) }

func (x *exchange) took() time.Duration { return time.Since(x.start) }

func (x *exchange) tell(e Event) {
	if x.nas.Progress == nil {
		return
	}
	e.Packet, e.After = x.sent, x.took()
	x.nas.Progress(e)
}

func (x *exchange) result(r Result) Result {
	r.Took, r.Sent, r.Discarded, r.LastDiscard = x.took(), x.sent, x.discarded, x.lastDiscard
	return r
}

func (x *exchange) close() {
	if x.conn != nil {
		_ = x.conn.Close()
	}
}
