package ivalt

import (
	"context"
	"crypto/x509"
	"net/http"

	"github.com/sirupsen/logrus"

	"ivalt-radius/auth"
	"ivalt-radius/fault"
	"ivalt-radius/ivalt/gateway"
)

// Deps are what the service needs from the house.
type Deps struct {
	Recorder  auth.Recorder      // security events
	Log       logrus.FieldLogger // alarms; a line for each call at debug level
	Transport http.RoundTripper  // for tests; nil: our own. It must not write to a request's header
}

// Service asks people through iVALT. It implements auth.Pusher and is safe for concurrent use.
type Service struct {
	deps      Deps
	scheduler *scheduler
}

var _ auth.Pusher = (*Service)(nil)

// New checks the settings and starts the service; with a fatal fault there is none. It speaks to nobody: that iVALT cannot
// be reached now is no fault.
func New(s Settings, d Deps) (*Service, fault.List) {
	p, roots, faults := s.check()
	if len(faults.Fatal()) > 0 {
		return nil, faults
	}
	return &Service{deps: d, scheduler: newScheduler(&p, d.client(s, &p, roots), s.Limits, newVoice(d))}, faults
}

// client is the client of settings that passed their check.
func (d Deps) client(s Settings, p *plan, roots *x509.CertPool) *gateway.Client {
	return gateway.New(gateway.Options{
		URL: s.URL, APIKey: s.APIKey, Roots: roots, Connections: p.connections, Transport: d.Transport,
	})
}

// Push has iVALT ask the person, and blocks until there is an answer or ctx ends (auth.Withdrawn). It sends one push
// request; a second one at most, ten seconds later, where nothing says that the first one was taken. After Close the answer
// is auth.Stopping. p is read until Push returns and a little beyond, so it must not be changed.
func (s *Service) Push(ctx context.Context, p *auth.Push) auth.Answer {
	l := newLogin(p, ctx.Done())
	s.scheduler.enter(l)
	select {
	case a := <-l.answer:
		return a
	case <-ctx.Done():
		s.scheduler.withdraw(l)
		return <-l.answer
	}
}

// Reload takes new settings, or none of them where one is a fatal fault. Address, key, roots, limits and the bound on
// calls hold from the next call on; what a login waits for, and its rules, stay as they were when it began.
func (s *Service) Reload(settings Settings) fault.List {
	p, roots, faults := settings.check()
	if len(faults.Fatal()) > 0 {
		return faults
	}
	s.scheduler.adopt(&p, s.deps.client(settings, &p, roots), settings.Limits)
	return faults
}

// Check says what is wrong with the settings and starts nothing.
func (s Settings) Check() fault.List {
	_, _, faults := s.check()
	return faults
}

// Close answers every open push with auth.Stopping, gives up the calls under way and returns once no goroutine is left. It
// may be called more than once.
func (s *Service) Close() { s.scheduler.close() }
