package ivalt

import (
	"net/http"

	"github.com/sirupsen/logrus"

	"ivalt-radius/auth"
	"ivalt-radius/fault"
	"ivalt-radius/ivalt/gateway"
	"ivalt-radius/ivalt/pace"
	"ivalt-radius/ivalt/standing"
	"ivalt-radius/state"
	"ivalt-radius/state/cluster"
)

// Deps are what the service needs from the house.
type Deps struct {
	Recorder  auth.Recorder      // security events
	Log       logrus.FieldLogger // alarms; a line for each call at debug level
	Transport http.RoundTripper  // for tests; nil: our own
	Rule      pace.Rule          // for comparisons; nil: pace.ByWorth
	// Phones are those of all nodes, which tell Service.Notice what others do; nil: a memory of this process alone.
	Phones cluster.Phones
	Alone  *cluster.Memory // that memory, where it outlives the process; nil: a new one
	// Budget makes the budget of one API key; nil: state.NewBudget, that of one node. A budget calls wake, from any goroutine and at any
	// time, where asking it again may succeed though the wait that it named is not over. One that has a method Close is closed when the budget
	// of another key takes its place.
	Budget func(l state.Limits, wake func()) state.Allowance
	// Approved is told of each login that its own push's approval is about to let in, before the login hears of it. It must not block, nor ask the
	// Service. nil: nobody is.
	Approved func(standing.Approval)
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
	p, options, faults := s.check()
	if len(faults.Fatal()) > 0 {
		return nil, faults
	}
	if d.Rule == nil {
		d.Rule = pace.ByWorth
	}
	if d.Budget == nil {
		d.Budget = func(l state.Limits, _ func()) state.Allowance { return state.NewBudget(l, nil) }
	}
	if d.Approved == nil {
		d.Approved = func(standing.Approval) {}
	}
	return &Service{deps: d, scheduler: newScheduler(&p, d.client(options), s.Limits, d)}, faults
}

// client is the client of options that passed their check.
func (d Deps) client(o gateway.Options) *gateway.Client {
	o.Transport = d.Transport
	return gateway.New(o)
}

// Begin has iVALT ask the person and returns at once. It sends one push request; a second one at most, ten seconds later, where
// nothing says that the first one was taken. After Close the answer is auth.Stopping. p is read until the answer is there and a
// little beyond, so it must not be changed.
func (s *Service) Begin(p *auth.Push) auth.Asked {
	l := newLogin(p)
	s.scheduler.enter(l)
	return asked{login: l, scheduler: s.scheduler}
}

// asked is a login at the phone.
type asked struct {
	login     *login
	scheduler *scheduler
}

// Answer implements auth.Asked.
func (a asked) Answer() <-chan auth.Answer { return a.login.answer }

// Withdraw implements auth.Asked: when it returns, whatever is asked for the phone here comes behind the end of this login's claim.
func (a asked) Withdraw() { a.scheduler.withdraw(a.login) }

// Notice takes what the shared memory tells of this node's own attempts: that another login asked for a phone, or that the login which one
// renews was approved at another node. It does not block.
func (s *Service) Notice(n cluster.Notice) { s.scheduler.notice(n) }

// Reload takes new settings, or none of them where one is a fatal fault. Address, key, roots, limits and the bound on
// calls hold from the next call on; what a login waits for, and its rules, stay as they were when it began.
func (s *Service) Reload(settings Settings) fault.List {
	p, options, faults := settings.check()
	if len(faults.Fatal()) > 0 {
		return faults
	}
	s.scheduler.adopt(&p, s.deps.client(options), settings.Limits)
	return faults
}

// Check says what is wrong with the settings and starts nothing.
func (s Settings) Check() fault.List {
	_, _, faults := s.check()
	return faults
}

// Close answers every open push with auth.Stopping, has their phones given up (for 2 s at most), gives up the calls under way and returns
// once no goroutine is left. It may be called more than once.
func (s *Service) Close() { s.scheduler.close() }
