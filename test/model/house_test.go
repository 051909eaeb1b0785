package model

import (
	"context"
	"fmt"
	"io"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sirupsen/logrus"

	"ivalt-radius/audit"
	"ivalt-radius/auth"
	"ivalt-radius/ivalt"
	"ivalt-radius/ivalt/ivalttest"
	"ivalt-radius/policy"
	"ivalt-radius/secret"
	"ivalt-radius/test/rehearsal"
)

// house is a world that is being played: the cloud, the product, and what the world saw of both.
type house struct {
	*world

	sky      *ivalttest.Cloud
	line     *rehearsal.Line
	era      int // restarts so far
	flow     *auth.Flow
	service  *ivalt.Service
	rules    *auth.Rules
	now      settings // in force
	running  sync.WaitGroup
	complain func(format string, args ...any)

	mu        sync.Mutex // of what follows, and of era and service while a login begins
	exchanges []*exchange
	asks      []*ask
	crossings []rehearsal.Crossing
}

// exchange is one request of a NAS, and its end.
type exchange struct {
	id       uint64
	who      caller
	era      int
	received time.Time
	credit   time.Duration // that the settings of its day give
	replaced []uint64
	at       time.Time // of the verdict
	verdict  auth.Verdict
	ends     int
}

// ask is one attempt for which the product was told to push.
type ask struct {
	serial  int
	attempt string
	era     int
	at      time.Time
}

func open(w *world, complain func(format string, args ...any)) *house {
	h := &house{world: w, sky: ivalttest.New(w.cloud), now: w.settings, complain: complain}
	for _, p := range w.phones {
		h.sky.Set(p)
	}
	h.line = &rehearsal.Line{Cloud: h.sky, Way: w.way, Seen: func(c rehearsal.Crossing) {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.crossings = append(h.crossings, c)
	}}
	h.start()
	return h
}

// start begins an era: a process that knows nothing of the one before.
func (h *house) start() {
	log := logrus.New()
	log.SetOutput(io.Discard)
	service, faults := ivalt.New(h.now.ivalt(), ivalt.Deps{Recorder: h, Log: log, Transport: h.line})
	if err := faults.Err(); err != nil {
		panic(err)
	}
	h.service = service
	h.flow = auth.New(auth.Options{Pusher: pusher{h, service, h.era}, Recorder: h, Now: time.Now, Concluded: func(audit.Attempt) {}})
	h.adopt(h.now)
}

// adopt puts settings in force for the logins to come.
func (h *house) adopt(s settings) {
	h.now = s
	h.rules = &auth.Rules{
		Policy: h, Directory: h, Primaries: map[policy.Factor]auth.Primary{policy.FileFactor: h}, MaxAttempts: 100,
		LateCredit: s.credit, InsecureLateCredit: s.insecure,
	}
}

func (h *house) reload(s settings) {
	if err := h.service.Reload(s.ivalt()).Err(); err != nil {
		panic(err)
	}
	h.adopt(s)
}

func (h *house) restart() {
	h.stop()
	h.era++
	h.start()
}

func (h *house) stop() {
	h.flow.Stop()
	h.service.Close()
	h.running.Wait()
}

// pusher marks each push with a number of the world's own, so that the truth can tell pushes apart.
type pusher struct {
	house   *house
	service *ivalt.Service
	era     int
}

// Begin implements auth.Pusher.
func (p pusher) Begin(push *auth.Push) auth.Asked {
	h := p.house
	h.mu.Lock()
	a := &ask{serial: len(h.asks), attempt: push.Attempt, era: p.era, at: time.Now()}
	h.asks = append(h.asks, a)
	h.mu.Unlock()
	marked := *push
	marked.Number = strconv.Itoa(a.serial)
	return p.service.Begin(&marked)
}

// Commit implements auth.Recorder. The disk takes its time.
func (h *house) Commit(ctx context.Context, _ audit.Event) error {
	select {
	case <-time.After(h.disk):
		return nil
	case <-ctx.Done():
		return nil // a disk that says too late that it is durable
	}
}

// Note implements auth.Recorder.
func (h *house) Note(audit.Event) {}

func (h *house) named(name string) (somebody, bool) {
	for _, s := range h.people {
		if s.name == name {
			return s, true
		}
	}
	return somebody{}, false
}

// Decide implements auth.Decider.
func (h *house) Decide(f policy.Facts) policy.Decision {
	if s, ok := h.named(f.User); !ok || s.barred {
		return policy.Decision{Rule: "barred"}
	}
	return policy.Decision{Action: policy.RequirePush, Rule: "all"}
}

// Person implements auth.Directory.
func (h *house) Person(_ context.Context, user auth.Username) (auth.Person, error) {
	s, _ := h.named(user.String())
	p := auth.Person{Email: secret.New(s.email())}
	if s.listed {
		p.Mobile, _ = auth.ParseMobile(mobileOf(s.phone)) // a good one
	}
	return p, nil
}

// Verify implements auth.Primary: a real one, or none.
func (h *house) Verify(ctx context.Context, s auth.Subject, req *auth.Request) (auth.Checked, error) {
	if !h.checked {
		return auth.NoPrimary{}.Verify(ctx, s, req)
	}
	if req.Password.Reveal() != "right" {
		return auth.Checked{}, auth.ErrBadPassword
	}
	return auth.Checked{Password: true}, nil
}

// send begins an exchange and waits until nothing moves any more.
func (h *house) send(who caller, replaces []uint64) {
	h.mu.Lock()
	x := &exchange{id: uint64(len(h.exchanges) + 1), who: who, era: h.era, received: time.Now(), replaced: replaces, credit: h.now.insecure}
	if h.checked && who.station != "" {
		x.credit = h.now.credit
	}
	h.exchanges = append(h.exchanges, x)
	h.mu.Unlock()
	name := h.people[who.person].name
	if x.id%3 == 0 {
		name = strings.ToUpper(name)
	}
	req := auth.Request{
		Client: auth.Client{Name: who.client, AnswerWithin: h.patience, Factor: policy.FileFactor, Rules: h.rules}, Received: x.received,
		Username: name, Method: auth.PAP, Password: secret.New(who.password), CallingStation: who.station,
		ID: x.id, Replaces: replaces,
	}
	req.From, _ = netip.ParseAddr(who.station)
	flow := h.flow
	h.running.Go(func() {
		v := flow.Run(context.Background(), &req)
		h.mu.Lock()
		defer h.mu.Unlock()
		x.verdict, x.at = v, time.Now()
		x.ends++
	})
	synctest.Wait()
}

// do has one thing happen.
func (h *house) do(d deed) {
	<-time.After(d.after)
	switch d.does {
	case logsIn:
		h.send(d.who, nil)
	case retries, reuses:
		h.again(d)
	case approves:
		h.sky.Approve(mobileOf(d.pick % len(h.phones)))
	case approvesOld:
		if log := h.sky.PushLog(6); len(log) > 0 {
			h.sky.ApprovePush(log[d.pick%len(log)].ID)
		}
	case refuses:
		h.sky.Deny(mobileOf(d.pick % len(h.phones)))
	case breaks:
		if err := h.sky.Inject(d.fault); err != nil {
			panic(err)
		}
	case mends:
		h.sky.ClearFaults()
	case reloads:
		h.reload(d.settings)
	case restarts:
		h.restart()
	case waits:
	}
	synctest.Wait()
}

// again sends one of the latest exchanges once more, or takes the identifier of one for another login.
func (h *house) again(d deed) {
	h.mu.Lock()
	n := len(h.exchanges)
	if n == 0 {
		h.mu.Unlock()
		return
	}
	old := h.exchanges[n-1-d.pick%min(n, 6)]
	h.mu.Unlock()
	switch {
	case d.does == retries:
		h.send(old.who, nil)
	case old.era == h.era:
		h.send(d.who, []uint64{old.id})
	}
}

// play plays a world to its end and judges it.
func play(t *testing.T, w *world) (tally tally, complaints []string) {
	t.Helper()
	synctest.Test(t, func(*testing.T) {
		h := open(w, func(format string, args ...any) { complaints = append(complaints, fmt.Sprintf(format, args...)) })
		for _, d := range w.deeds {
			h.do(d)
		}
		<-time.After(h.patience + time.Second)
		h.stop()
		tally = h.judge()
	})
	return tally, complaints
}
