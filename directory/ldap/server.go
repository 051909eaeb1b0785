package ldap

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"ivalt-radius/auth"
	"ivalt-radius/secret"
)

const (
	// setAside is how long a server that failed stands behind the others.
	setAside = 15 * time.Second
	// keepIdle is how long a connection waits for its next use.
	keepIdle = time.Minute
	// waitersEach is how many questions may wait for each connection of a pool.
	waitersEach = 8
)

// account is who searches; the zero account is nobody.
type account struct {
	name     string
	password secret.Secret
}

// server is one directory server with its pool. It is safe for concurrent use.
type server struct {
	endpoint
	dialer

	account account
	timeout time.Duration
	slots   chan struct{} // one for each connection that is in use

	mu        sync.Mutex
	idle      [kinds][]*conn // the one that was used last stands at the end
	open      int            // connections: in use, idle, or on their way
	waiting   int
	failedTil time.Time
	closed    bool
}

func newServer(e endpoint, d dialer, a account, timeout time.Duration, connections int) *server {
	return &server{endpoint: e, dialer: d, account: a, timeout: timeout, slots: make(chan struct{}, connections)}
}

// aside reports that the server failed lately.
func (s *server) aside() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return time.Now().Before(s.failedTil)
}

// errClosed says that the Source was closed.
var errClosed = errors.New("the directory's connections are closed")

// ask runs a question on a connection of the kind, within the server's timeout. An outage means that the server cannot be asked
// now. A connection that waited in the pool may be one that the server has closed meanwhile: where it breaks before there is an
// answer, the question is put once more, on a fresh one.
func (s *server) ask(ctx context.Context, k kind, question func(context.Context, *conn) error) error {
	bounded, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	err := s.enter(bounded)
	if err == nil {
		defer func() { <-s.slots }() // behind the verdict on the server, which those who wait look at
		err = s.put(bounded, k, question)
	}
	if ctx.Err() != nil {
		return fmt.Errorf("nobody waits for the directory any more: %w", ctx.Err())
	}
	var o *outage
	switch {
	case errors.As(err, &o) && !o.busy:
		s.failed()
	case err == nil:
		s.mu.Lock()
		s.failedTil = time.Time{}
		s.mu.Unlock()
	}
	return err
}

// put is ask for whoever holds a slot.
func (s *server) put(ctx context.Context, k kind, question func(context.Context, *conn) error) error {
	c, err := s.take(k)
	if err != nil {
		return err
	}
	if c != nil {
		err = question(ctx, c)
		s.give(c)
		if o := (*outage)(nil); !errors.As(err, &o) || !o.cut {
			return err
		}
		if err := s.reserve(); err != nil {
			return err
		}
	}
	c, err = s.fresh(ctx, k)
	if err != nil {
		return err
	}
	defer s.give(c)
	return question(ctx, c)
}

// enter waits for a slot.
func (s *server) enter(ctx context.Context) error {
	select {
	case s.slots <- struct{}{}:
		return nil
	default:
	}
	s.mu.Lock()
	if s.waiting >= waitersEach*cap(s.slots) {
		s.mu.Unlock()
		return errLine()
	}
	s.waiting++
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		s.waiting--
		s.mu.Unlock()
	}()
	wasAside := s.aside()
	select {
	case s.slots <- struct{}{}:
	case <-ctx.Done():
		return errLine()
	}
	// Those who were before us found the server to be gone: there is no use in finding it once more.
	if s.aside() && !wasAside {
		<-s.slots
		return &outage{why: "failed while others asked it"}
	}
	return nil
}

// errLine says that the line is too long, by number or by time.
func errLine() error {
	return &outage{why: "has all its primary.ldap.connections in use", busy: true}
}

// take gives an idle connection of the kind. Where there is none it reserves the place of a fresh one, and gives nil.
func (s *server) take(k kind) (*conn, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for n := len(s.idle[k]); n > 0; n = len(s.idle[k]) {
		c := s.idle[k][n-1]
		s.idle[k] = s.idle[k][:n-1]
		c.expiry.Stop()
		if c.usable() {
			return c, nil
		}
		s.drop(c)
	}
	return nil, s.reserveLocked()
}

func (s *server) reserve() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.reserveLocked()
}

// reserveLocked takes the place of one more connection, if need be that of an idle one: whoever asks holds a slot, so there is one.
func (s *server) reserveLocked() error {
	if s.closed {
		return errClosed
	}
	for k := range s.idle {
		if s.open < cap(s.slots) {
			break
		}
		if len(s.idle[k]) > 0 {
			oldest := s.idle[k][0]
			s.idle[k] = s.idle[k][1:]
			s.drop(oldest)
		}
	}
	s.open++
	return nil
}

// drop closes a connection that nobody holds, with s.mu held.
func (s *server) drop(c *conn) {
	s.open--
	if c.expiry != nil {
		c.expiry.Stop()
	}
	c.close()
}

// fresh opens a connection in a reserved place, bound as the search account where that is what it is for.
func (s *server) fresh(ctx context.Context, k kind) (*conn, error) {
	c, err := s.dialer.open(ctx, s.endpoint, k)
	if err != nil {
		s.mu.Lock()
		s.open--
		s.mu.Unlock()
		return nil, err
	}
	if k == searching {
		err = s.bindAccount(ctx, c)
	}
	if err != nil {
		c.broken = true
		s.give(c)
		return nil, err
	}
	return c, nil
}

// bindAccount binds the search account. A refusal is a matter of the settings, and no other server is asked about it.
func (s *server) bindAccount(ctx context.Context, c *conn) error {
	standing, err := c.bind(ctx, s.account.name, s.account.password.Reveal())
	if err != nil {
		return err
	}
	if !standing.right {
		return fmt.Errorf("%w: the directory refuses the search account (primary.ldap.bind_dn, bind_password): %s", auth.ErrMisconfigured, standing.why)
	}
	return nil
}

// give puts a connection back, or closes it where it is of no use.
func (s *server) give(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || !c.usable() {
		s.drop(c)
		return
	}
	c.expiry = time.AfterFunc(keepIdle, func() { s.expire(c) })
	s.idle[c.kind] = append(s.idle[c.kind], c)
}

// expire closes a connection that waited for too long.
func (s *server) expire(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, other := range s.idle[c.kind] {
		if other == c {
			s.idle[c.kind] = append(s.idle[c.kind][:i:i], s.idle[c.kind][i+1:]...)
			s.drop(c)
			return
		}
	}
}

// failed sets the server aside. Its idle connections are likely to be dead as well.
func (s *server) failed() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failedTil = time.Now().Add(setAside)
	s.clear()
}

func (s *server) clear() {
	for k := range s.idle {
		for _, c := range s.idle[k] {
			s.drop(c)
		}
		s.idle[k] = nil
	}
}

// close ends the idle connections; those in use end when they are given back.
func (s *server) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	s.clear()
}
