package model

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/netip"
	"runtime"
	"strconv"
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
	began    time.Time
	running  sync.WaitGroup
	complain func(format string, args ...any)

	mu        sync.Mutex // of what follows, and of era and service while a login begins
	seats     [][]int    // whose phones the directory shows, now
	passwords []string
	factor    factor
	delay     time.Duration
	exchanges []*exchange
	abandoned map[string]time.Time // the questions that nobody answered, by attempt
	told      map[string]int       // ends of attempts
	wiped     []wipe
	stops     []time.Time // of the eras that are over
	asks      []*ask
	crossings []rehearsal.Crossing
}

// wipe is an operator's word that a person is to be forgotten.
type wipe struct {
	person int
	at     time.Time
}

// packet is what a NAS sends.
type packet struct {
	who   caller
	nas   string
	state string
	to    *exchange // whose question it answers; nil: nobody's
}

// exchange is one request of a NAS, and its end.
type exchange struct {
	packet

	id       uint64
	era      int
	received time.Time
	day      settings      // that were in force
	credit   time.Duration // that they give
	replaced []uint64
	shown    []int     // what phones the directory showed of the person
	checks   []check   // of its first factor
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
	mobile  string
	station string
}

func open(w *world, complain func(format string, args ...any)) *house {
	h := &house{
		world: w, sky: ivalttest.New(w.cloud), now: w.settings, complain: complain, began: time.Now(),
		abandoned: map[string]time.Time{}, told: map[string]int{},
	}
	for _, s := range w.people {
		h.seats, h.passwords = append(h.seats, s.phones), append(h.passwords, "right")
	}
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
	h.flow = auth.New(auth.Options{Pusher: pusher{h, service, h.era}, Gate: anybody{}, Recorder: h, Now: time.Now, Concluded: h.concluded})
	h.adopt(h.now)
}

// adopt puts settings in force for the logins to come.
func (h *house) adopt(s settings) {
	h.now = s
	h.rules = &auth.Rules{
		Policy: rulebook{h, s.memory}, Directory: h, Primaries: map[policy.Factor]auth.Primary{policy.FileFactor: h}, MaxAttempts: 100,
		LateCredit: s.credit, InsecureLateCredit: s.insecure, Waits: true, ChallengeFor: s.approval, Rewrite: rewritten,
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
	h.stops = append(h.stops, time.Now())
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
	a := &ask{serial: len(h.asks), attempt: push.Attempt, era: p.era, at: time.Now(), mobile: push.Person.Mobile.E164(), station: push.CallingStation}
	if i := h.named(push.User.String()); a.mobile == "" && i >= 0 && len(h.people[i].phones) > 0 {
		a.mobile = mobileOf(h.people[i].phones[0]) // iVALT finds it by the e-mail
	}
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
func (h *house) Note(e audit.Event) {
	if said, ok := e.(audit.Security); ok && said.Event == "challenge_abandoned" {
		h.mu.Lock()
		defer h.mu.Unlock()
		if !h.abandoned[said.Attempt].IsZero() {
			h.complain("attempt %s: its question was abandoned twice", said.Attempt)
		}
		h.abandoned[said.Attempt] = time.Now()
	}
}

func (h *house) concluded(e audit.Attempt) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.told[e.Attempt]++
}

// send begins an exchange and waits until nothing moves any more.
func (h *house) send(p packet, replaces []uint64) {
	h.mu.Lock()
	x := &exchange{packet: p, id: uint64(len(h.exchanges) + 1), era: h.era, received: time.Now(), replaced: replaces, day: h.now, credit: h.now.insecure}
	if h.checked && p.who.station != "" {
		x.credit = h.now.credit
	}
	client := auth.Client{Name: p.who.client, AnswerWithin: h.patience, Factor: policy.FileFactor, Rules: h.rules}
	if p.who.client == "vpn" {
		client.Prompts = h.now.prompts
	}
	if client.Prompts == auth.ConfirmPhone {
		x.credit = 0 // the person comes back by the question
	}
	h.exchanges = append(h.exchanges, x)
	h.mu.Unlock()
	req := auth.Request{
		Client: client, NAS: p.nas, Received: x.received, Username: h.written(p.who, x.id), Method: auth.PAP, Password: secret.New(p.who.password),
		CallingStation: p.who.station, ID: x.id, Replaces: replaces,
	}
	if p.state != "" {
		req.State = []byte(p.state)
	}
	req.From, _ = netip.ParseAddr(p.who.station)
	flow := h.flow
	h.running.Go(func() {
		v := flow.Run(context.WithValue(context.Background(), exchangeOf{}, x), &req)
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
		h.send(packet{who: d.who, nas: "nas-1"}, nil)
	case replies:
		h.reply(d)
	case moves, renames, forgets, sickens:
		h.change(d)
	case retries, reuses:
		h.again(d)
	case approves:
		if d.pick == everyPhone {
			for i := range h.phones {
				h.sky.Approve(mobileOf(i))
			}
			break
		}
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

// change is what happens to people and to their first factor.
func (h *house) change(d deed) {
	h.mu.Lock()
	defer h.mu.Unlock()
	who := d.who.person
	switch d.does { //nolint:exhaustive // the rest is do's
	case moves:
		if h.people[who].listed {
			h.seats[who] = d.phones
		}
	case renames:
		h.passwords[who] = d.text
	case forgets:
		name, _ := auth.ParseUsername(h.people[who].name) // a good one
		h.flow.Forget(name)
		h.wiped = append(h.wiped, wipe{who, time.Now()})
	case sickens:
		h.factor, h.delay = d.factor, d.delay
	}
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
		h.send(old.packet, nil)
	case old.era == h.era:
		h.send(packet{who: d.who, nas: "nas-1"}, []uint64{old.id})
	}
}

// close lets everything end by itself, looks whether it did, and stops.
func (h *house) close() {
	h.sky.ClearFaults()
	<-time.After(10 * time.Minute)
	synctest.Wait()
	if n := h.flow.Waiting(); n != 0 {
		h.complain("%d attempts are left", n)
	}
	stacks := make([]byte, 1<<16)
	stacks = stacks[:runtime.Stack(stacks, true)]
	if bytes.Contains(stacks, []byte("ivalt-radius/auth.")) {
		h.complain("goroutines of auth are left: %s", stacks)
	}
	h.stop()
}

// play plays a world to its end and judges it.
func play(t *testing.T, w *world) (tally tally, complaints []string) {
	t.Helper()
	synctest.Test(t, func(*testing.T) {
		h := open(w, func(format string, args ...any) { complaints = append(complaints, fmt.Sprintf(format, args...)) })
		for _, d := range w.deeds {
			h.do(d)
		}
		h.close()
		tally = h.judge()
	})
	return tally, complaints
}

// anybody is a gate that lets everybody in: the model is about pushes.
type anybody struct{}

// Admit implements auth.Gate.
func (anybody) Admit(auth.Visit, auth.Stage) auth.Admission { return auth.Admission{Open: true} }

// Ended implements auth.Gate.
func (anybody) Ended(auth.Visit, auth.End) {}
