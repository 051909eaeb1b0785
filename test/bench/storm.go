package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// The storm beside the waiting logins: wrong passwords from a client of its own, each answer followed by the next request at once.
const (
	stormWindow = 125              // of a socket
	stormDrain  = 15 * time.Second // what has no answer by then, after the storm, is lost
)

// stormResult is what the storm got.
type stormResult struct {
	wrongPassword, busy, other, lost int64

	took time.Duration
}

func (r *stormResult) answers() int64 { return r.wrongPassword + r.busy + r.other }

// besideStorm plays the crowd with its storm beside it.
func (c crowd) besideStorm(ctx context.Context, address string, r *crowdResult) ([]answered, error) {
	if c.beside == 0 {
		return c.play(ctx, address, r)
	}
	storming, calm := context.WithCancel(ctx)
	defer calm()
	begin := time.Now()
	size := (c.beside + stormWindow - 1) / stormWindow
	errs := make([]error, size)
	var all sync.WaitGroup
	for i := range size {
		s := &stormLine{
			gateway: newGateway(1000 + i), number: i, window: (c.beside + size - 1) / size, result: &r.storm, source: stormSource,
			victim: func(count int) (user, from string) {
				return userName(mostLogins - 1 - (i*997+count)%(mostLogins/2)), "203.0.113.9"
			},
		}
		s.gateway.pass = padded(wrongPassword)
		all.Go(func() { errs[i] = s.run(storming, address) })
	}
	answers, err := c.play(ctx, address, r)
	calm()
	r.storm.took = time.Since(begin)
	all.Wait()
	return answers, errors.Join(append(errs, err)...)
}

// stormLine is one socket's share of the storm. Answers come in any order, so an identifier is used again where its answer is there.
type stormLine struct {
	gateway *gateway
	conn    net.Conn
	number  int
	window  int
	count   int
	pending [stormWindow][]byte // nil: answered
	result  *stormResult
	source  string                                 // its own address
	victim  func(count int) (user, station string) // of the nth request
}

func (s *stormLine) run(ctx context.Context, address string) error {
	d := net.Dialer{LocalAddr: &net.UDPAddr{IP: net.ParseIP(s.source)}}
	conn, err := d.DialContext(context.WithoutCancel(ctx), "udp", address)
	if err != nil {
		return fmt.Errorf("opening a socket: %w", err)
	}
	defer func() { _ = conn.Close() }()
	s.conn = conn
	for id := range s.window {
		if err := s.send(id); err != nil {
			return err
		}
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.SetReadDeadline(time.Now().Add(stormDrain)) })
	defer stop()
	buf := make([]byte, 4096)
	for waiting := s.window; waiting > 0; {
		n, err := conn.Read(buf)
		if err != nil {
			atomic.AddInt64(&s.result.lost, int64(waiting))
			return nil // nothing more comes
		}
		id, ok := s.take(buf[:n])
		if !ok {
			continue
		}
		if ctx.Err() != nil {
			s.pending[id] = nil
			waiting--
			continue
		}
		atomic.AddInt64(s.result.kind(buf[:n]), 1)
		if err := s.send(id); err != nil {
			return err
		}
	}
	return nil
}

// send asks for one of the people behind the crowd.
func (s *stormLine) send(id int) error {
	s.count++
	user, station := s.victim(s.count)
	s.gateway.from = station
	s.pending[id] = s.gateway.request(s.pending[id], byte(id), user) //nolint:gosec // G115: within stormWindow
	if _, err := s.conn.Write(s.pending[id]); err != nil {
		return fmt.Errorf("sending: %w", err)
	}
	return nil
}

// take verifies an answer and says whose it is.
func (s *stormLine) take(answer []byte) (id int, ok bool) {
	if len(answer) < headerSize || int(answer[1]) >= s.window || s.pending[answer[1]] == nil {
		return 0, false
	}
	_, ok = s.gateway.verify(s.pending[answer[1]], answer, signed)
	return int(answer[1]), ok
}

// What the answers say.
const (
	wrongPasswordText = "Access denied."
	busyText          = "Try again later."
)

// kind is the counter of an answer, by its Reply-Message.
func (r *stormResult) kind(answer []byte) *int64 {
	switch {
	case answer[0] != accessReject:
		return &r.other
	case bytes.Contains(answer, []byte(wrongPasswordText)):
		return &r.wrongPassword
	case bytes.Contains(answer, []byte(busyText)):
		return &r.busy
	}
	return &r.other
}
