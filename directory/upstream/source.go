package upstream

import (
	"context"
	"errors"
	"fmt"
	"time"

	"layeh.com/radius"

	"ivalt-radius/auth"
)

// Source asks upstream servers. It is safe for concurrent use.
type Source struct {
	servers []*peer
	timeout time.Duration
	tries   int
	allowed allowed
	names   Dictionary
	now     func() time.Time
	slots   chan struct{}
}

var _ auth.Primary = (*Source)(nil)

// Verify implements auth.Primary for PAP, CHAP and MS-CHAPv2. It asks one server after another, each at most once, until one
// answers; it blocks for at most the settings' time-out times their tries for each of them, and ends with ctx. A refusal wraps
// auth.ErrBadPassword, a challenge auth.ErrMisconfigured; with 1024 logins waiting already it is auth.ErrBusy. Whether an unknown person and
// a wrong password take the same time is the upstream server's doing.
func (s *Source) Verify(ctx context.Context, subject auth.Subject, req *auth.Request) (auth.Checked, error) {
	q, err := newQuestion(subject, req)
	if err != nil {
		return auth.Checked{}, err
	}
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	default:
		return auth.Checked{}, fmt.Errorf("%w: %d wait for an upstream server", auth.ErrBusy, maxExchanges)
	}
	var silent error
	for _, server := range s.inOrder() {
		a, request, err := s.ask(ctx, server, q)
		if err == nil {
			server.silent.Store(0)
			return s.conclude(a, request, server, req.Method)
		}
		if ctx.Err() != nil {
			return auth.Checked{}, fmt.Errorf("asking the upstream server %s: %w", server.address, ctx.Err())
		}
		server.silent.Store(s.now().Add(aside).UnixNano())
		silent = errors.Join(silent, fmt.Errorf("asking the upstream server %s: %w", server.address, err))
	}
	return auth.Checked{}, silent
}

// Failed is how many of the servers did not answer when they were last asked, of how many.
func (s *Source) Failed() (failed, all int) {
	for _, server := range s.servers {
		if server.silent.Load() != 0 {
			failed++
		}
	}
	return failed, len(s.servers)
}

// inOrder are all servers: first those that answer, as far as is known, then those set aside; each in the settings' order.
func (s *Source) inOrder() []*peer {
	now := s.now().UnixNano()
	order := make([]*peer, 0, len(s.servers))
	var last []*peer
	for _, server := range s.servers {
		if server.silent.Load() > now {
			last = append(last, server)
			continue
		}
		order = append(order, server)
	}
	return append(order, last...)
}

// conclude reads an answer that counts. Only one line of it says that the password is right.
func (s *Source) conclude(a answer, request []byte, server *peer, method auth.Method) (auth.Checked, error) {
	if a.code == radius.CodeAccessChallenge {
		return auth.Checked{}, errChallenge
	}
	if a.code != radius.CodeAccessAccept {
		return auth.Checked{}, fmt.Errorf("%w: the upstream server refused", auth.ErrBadPassword)
	}
	reply, err := s.allowed.pass(s.names, a.attributes)
	if err != nil {
		return auth.Checked{}, err
	}
	var proof auth.MSCHAPSuccess
	if method == auth.MSCHAPv2 {
		if proof, err = a.proof(request, []byte(server.secret.Reveal())); err != nil {
			return auth.Checked{}, err
		}
	}
	return auth.Checked{Password: true, Reply: reply, MSCHAP: proof}, nil
}
