package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// The load of the first table: inFlight requests over sockets, for a round at a time.
const (
	sockets  = 8
	inFlight = 256
	patience = time.Second // without an answer a socket starts its requests anew, and counts them as lost
)

// contender is one server of the first table.
type contender struct {
	name    string
	seal    seal
	address string
	cpu     func() time.Duration // used so far; nil where it is not a process of its own
}

// round is what one contender did in one round.
type round struct {
	answers, wrong, lost int64
	took, cpu            time.Duration
}

func (r round) rate() float64 { return float64(r.answers) / r.took.Seconds() }

// perAnswer is the server's CPU time for one answer.
func (r round) perAnswer() time.Duration {
	if r.answers == 0 {
		return 0
	}
	return r.cpu / time.Duration(r.answers)
}

// duel has the contenders take turns and returns each one's rounds.
func duel(ctx context.Context, all []contender, rounds int, length time.Duration) ([][]round, error) {
	results := make([][]round, len(all))
	for n := range rounds + 1 { // the first one warms up
		for i, c := range all {
			r, err := c.load(ctx, length)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", c.name, err)
			}
			if n > 0 {
				results[i] = append(results[i], r)
			}
		}
	}
	return results, nil
}

// load keeps the contender busy for a while.
func (c contender) load(ctx context.Context, length time.Duration) (round, error) {
	var r round
	before := c.used()
	begin := time.Now()
	errs := make([]error, sockets)
	var all sync.WaitGroup
	for i := range sockets {
		all.Go(func() { errs[i] = c.ask(ctx, i, begin.Add(length), &r) })
	}
	all.Wait()
	r.took, r.cpu = time.Since(begin), c.used()-before
	return r, errors.Join(errs...)
}

func (c contender) used() time.Duration {
	if c.cpu == nil {
		return 0
	}
	return c.cpu()
}

// line is one socket's share of the requests in flight.
type line struct {
	contender

	gateway *gateway
	conn    net.Conn
	pending [256][]byte // by identifier; each is used again after a turn through all of them, as gateways do
	next    byte
}

// ask keeps its share of the requests in flight over one socket.
func (c contender) ask(ctx context.Context, n int, until time.Time, r *round) error {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "udp", c.address)
	if err != nil {
		return fmt.Errorf("opening a socket: %w", err)
	}
	defer func() { _ = conn.Close() }()
	l := line{contender: c, gateway: newGateway(n), conn: conn}
	if err := l.fill(); err != nil {
		return err
	}
	buf := make([]byte, 4096)
	for count := 0; time.Now().Before(until); count++ {
		if count%1024 == 0 {
			_ = conn.SetReadDeadline(time.Now().Add(patience))
		}
		size, err := conn.Read(buf)
		if err != nil {
			atomic.AddInt64(&r.lost, window)
			err = l.fill()
		} else {
			err = l.take(buf[:size], r)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// window is a socket's share of what is in flight.
const window = inFlight / sockets

func (l *line) fill() error {
	for range window {
		if err := l.send(); err != nil {
			return err
		}
	}
	return l.conn.SetReadDeadline(time.Now().Add(patience))
}

func (l *line) send() error {
	id := l.next
	l.next++
	l.pending[id] = l.gateway.request(l.pending[id], id, "denied-user")
	if _, err := l.conn.Write(l.pending[id]); err != nil {
		return fmt.Errorf("sending: %w", err)
	}
	return nil
}

// take verifies an answer and sends the next request in its place.
func (l *line) take(answer []byte, r *round) error {
	if len(answer) < headerSize || l.pending[answer[1]] == nil {
		atomic.AddInt64(&r.wrong, 1)
		return nil
	}
	if code, ok := l.gateway.verify(l.pending[answer[1]], answer, l.seal); !ok || code != accessReject {
		atomic.AddInt64(&r.wrong, 1)
		return nil
	}
	atomic.AddInt64(&r.answers, 1)
	return l.send()
}

// median of one figure over the rounds.
func median[T int64 | float64 | time.Duration](rounds []round, figure func(round) T) T {
	values := make([]T, len(rounds))
	for i, r := range rounds {
		values[i] = figure(r)
	}
	slices.Sort(values)
	return values[len(values)/2]
}
