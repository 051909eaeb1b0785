package rehearsing

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sirupsen/logrus"

	"ivalt-radius/admin/view"
	"ivalt-radius/audit"
	"ivalt-radius/auth"
	"ivalt-radius/guard"
	"ivalt-radius/ivalt"
	"ivalt-radius/secret"
)

// Bounds of what is kept.
const (
	mostKept  = 20
	mostSteps = 200
	mostText  = 256 // octets of a text that is asked
)

// Deps is what rehearsals work with.
type Deps struct {
	Client   func(name string) (auth.Client, bool) // of the settings in force, with its rules
	Phone    auth.Pusher                           // the iVALT of the settings; its calls come to See
	IVALT    func() ivalt.Settings                 // in force: the simulator stands in for their API
	Gate     auth.Gate
	Recorder auth.Recorder
	Log      logrus.FieldLogger
	Now      func() time.Time
}

// Stage has the rehearsals: one at a time, and the last ones to look at. Its methods are safe for concurrent use.
type Stage struct {
	deps Deps
	live atomic.Pointer[play] // what runs; nil: nothing

	ctx  context.Context //nolint:containedctx // the life of the server, which ends a rehearsal
	end  context.CancelFunc
	work sync.WaitGroup

	mu   sync.Mutex
	kept []*play // the oldest first
}

// New makes a Stage. Close ends it.
func New(d Deps) *Stage {
	s := &Stage{deps: d}
	s.ctx, s.end = context.WithCancel(context.Background())
	return s
}

// Close ends what runs, and waits for it. A nil Stage has nothing to end.
func (s *Stage) Close() {
	if s == nil {
		return
	}
	s.end()
	s.work.Wait()
}

// See is told of every event of the server, and waits for nothing. A nil Stage sees nothing.
func (s *Stage) See(e audit.Event) {
	if s == nil {
		return
	}
	if p := s.live.Load(); p != nil {
		p.overheard(e)
	}
}

// Owns reports that an attempt is that of the rehearsal which goes on. It waits for nothing. A nil Stage owns none.
func (s *Stage) Owns(attempt string) bool {
	if s == nil {
		return false
	}
	p := s.live.Load()
	return p != nil && p.owns(attempt)
}

// Show is a rehearsal so far.
func (s *Stage) Show(id string) (view.Rehearsed, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.kept {
		if p.id == id {
			return p.shown(), nil
		}
	}
	return view.Rehearsed{}, view.Refusal{Kind: view.Missing, Words: "there is no such rehearsal: the last " + fmt.Sprint(mostKept) + " are kept"}
}

// Begin begins a rehearsal for an actor, once its evidence is kept.
func (s *Stage) Begin(ctx context.Context, actor string, in view.Rehearsal) (view.Rehearsed, error) {
	client, err := s.check(&in)
	if err != nil {
		return view.Rehearsed{}, err
	}
	p := &play{id: rand.Text()[:12], in: in, client: client, deps: s.deps, begun: s.deps.Now()}
	if !s.live.CompareAndSwap(nil, p) {
		return view.Rehearsed{}, view.Refusal{Kind: view.Conflicting, Words: "a rehearsal is going on: wait until it is over"}
	}
	running := false
	defer func() {
		if !running {
			s.live.Store(nil)
		}
	}()
	if err := s.deps.Recorder.Commit(ctx, audit.Action{
		Action: "rehearse", Actor: actor, Target: in.User, Detail: fmt.Sprintf("%s, client %s: %s", in.Cloud, in.Client, in.Reason),
	}); err != nil {
		return view.Rehearsed{}, view.Refusal{Kind: view.Unavailable, Words: "keeping the evidence: " + err.Error()}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ctx.Err() != nil {
		return view.Rehearsed{}, view.Refusal{Kind: view.Unavailable, Words: "the server is stopping"}
	}
	running = true
	s.kept = append(s.kept, p)
	if len(s.kept) > mostKept {
		s.kept = s.kept[1:]
	}
	s.work.Go(func() {
		defer s.live.Store(nil)
		p.run(s.ctx)
		s.deps.Recorder.Note(audit.Action{Action: "rehearsed", Actor: actor, Target: in.User, Detail: p.outcome()})
	})
	return p.shown(), nil
}

// check says what is wrong with what was asked.
func (s *Stage) check(in *view.Rehearsal) (auth.Client, error) {
	invalid := func(format string, args ...any) error {
		return view.Refusal{Kind: view.Invalid, Words: fmt.Sprintf(format, args...)}
	}
	for name, text := range map[string]string{"user": in.User, "client": in.Client, "calling_station": in.CallingStation, "password": in.Password} {
		if len(text) > mostText {
			return auth.Client{}, invalid("%s: has more than %d octets", name, mostText)
		}
	}
	user, err := auth.ParseUsername(in.User)
	if err != nil {
		return auth.Client{}, invalid("user: %v", err)
	}
	in.User = user.String()
	client, ok := s.deps.Client(in.Client)
	if !ok {
		return auth.Client{}, invalid("client: the settings have no client %q", in.Client)
	}
	if in.CallingStation != "" {
		addr, err := netip.ParseAddr(in.CallingStation)
		if err != nil || addr.Zone() != "" {
			return auth.Client{}, invalid("calling_station: %q is no IP address", in.CallingStation)
		}
		in.CallingStation = addr.Unmap().String()
	}
	if err := guard.CheckReason(in.Reason); err != nil {
		return auth.Client{}, invalid("reason: %v", err)
	}
	switch in.Cloud {
	case view.Configured:
		if in.Answer != "" {
			return auth.Client{}, invalid("answer: a real phone answers for itself; leave it out, or take the simulator")
		}
	case view.Simulator:
		if _, err := behaviour(in.Answer); err != nil {
			return auth.Client{}, invalid("answer: %v", err)
		}
	default:
		return auth.Client{}, invalid("cloud: %q is neither %s nor %s", in.Cloud, view.Simulator, view.Configured)
	}
	return client, nil
}

// request is the login that a gateway would ask for.
func (p *play) request() *auth.Request {
	req := &auth.Request{
		Client: p.client, NAS: "rehearsal", Received: p.begun, Username: p.in.User, Method: auth.PAP,
		Password: secret.New(p.in.Password), CallingStation: p.in.CallingStation, ID: 1,
	}
	if p.in.CallingStation != "" {
		req.From = netip.MustParseAddr(p.in.CallingStation) // check has parsed it
	} else {
		req.JoinScope = p.id
	}
	if p.client.Rules != nil {
		rules := *p.client.Rules
		rules.Policy = judge{p, rules.Policy}
		req.Client.Rules = &rules
	}
	req.Client.Prompts = auth.NeverAsk // there is no gateway that could show a question
	_, _ = rand.Read(req.Packet[:])    // it never fails
	return req
}
