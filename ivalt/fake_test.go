package ivalt

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sirupsen/logrus"

	"ivalt-radius/audit"
	"ivalt-radius/audit/audittest"
	"ivalt-radius/auth"
	"ivalt-radius/fault"
	"ivalt-radius/ivalt/claim"
	"ivalt-radius/ivalt/gateway"
	"ivalt-radius/ivalt/ivalttest/gatewaytest"
	"ivalt-radius/ivalt/pace"
	"ivalt-radius/secret"
	"ivalt-radius/state"
)

// What is remembered of a phone.
const (
	dirtyFor = claim.DirtyFor
	holdFor  = claim.HoldFor
)

const (
	testKey    = "0123456789abcdefghijABCDEFGHIJ_-KEY"
	testMobile = "+919876543210"
	otherPhone = "+4915112345678"

	lookUpPath = "/get-user-by-email"
	pushPath   = "/biometric-auth-request"
	resultPath = "/biometric-geo-fence-auth-results"
)

// reply is one scripted answer. The zero reply is "pending".
type reply struct {
	status int
	body   string
	header http.Header
	err    error
	after  time.Duration
}

func sent() reply     { return reply{status: 200, body: gatewaytest.Sent} }
func wait() reply     { return reply{status: 404, body: gatewaytest.Pending} }
func said() reply     { return reply{status: 200, body: gatewaytest.Approved(testMobile)} }
func no() reply       { return reply{status: 401, body: gatewaytest.Denied} }
func outside() reply  { return reply{status: 403, body: gatewaytest.Fence} }
func offHours() reply { return reply{status: 403, body: gatewaytest.Window} }
func wrongKey() reply { return reply{status: 403, body: gatewaytest.BadKey} }
func tooMany() reply  { return reply{status: 429, body: gatewaytest.Throttle} }
func down() reply     { return reply{status: 503, body: `{"message":"Internal server error"}`} }
func broken() reply   { return reply{err: io.ErrUnexpectedEOF} }

// request is one request as the fake saw it.
type request struct {
	path, mobile, email, label string
	at                         time.Duration
}

// fake is iVALT on the other end of a RoundTripper.
type fake struct {
	answer func(r request) reply
	began  time.Time
	watch  func(n int64) // told of each call's begin (1) and end (-1); may be nil

	mu   sync.Mutex
	seen []request
}

func newFake(answer func(r request) reply) *fake { return &fake{answer: answer, began: time.Now()} }

func (f *fake) RoundTrip(req *http.Request) (*http.Response, error) {
	if f.watch != nil {
		f.watch(1)
		defer f.watch(-1)
	}
	var fields map[string]string
	if err := json.NewDecoder(req.Body).Decode(&fields); err != nil {
		return nil, fmt.Errorf("request body: %w", err)
	}
	r := request{
		path: req.URL.Path, mobile: fields["mobile"], email: fields["email"], label: fields["requestFrom"],
		at: time.Since(f.began),
	}
	f.mu.Lock()
	f.seen = append(f.seen, r)
	a := f.answer(r)
	f.mu.Unlock()
	if a.after > 0 {
		timer := time.NewTimer(a.after)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-req.Context().Done():
			return nil, req.Context().Err()
		}
	}
	if a.err != nil {
		return nil, a.err
	}
	header := a.header.Clone()
	if header == nil {
		header = http.Header{}
	}
	if header.Get("Content-Type") == "" {
		header.Set("Content-Type", "application/json")
	}
	return &http.Response{StatusCode: a.status, Header: header, Body: io.NopCloser(strings.NewReader(a.body))}, nil
}

func (f *fake) requests() []request {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]request(nil), f.seen...)
}

func (f *fake) count(path string) (n int) {
	for _, r := range f.requests() {
		if r.path == path {
			n++
		}
	}
	return n
}

// times are the moments of the requests to a path, rounded to milliseconds.
func (f *fake) times(path string) (at []time.Duration) {
	for _, r := range f.requests() {
		if r.path == path {
			at = append(at, r.at.Round(time.Millisecond))
		}
	}
	return at
}

// script answers pushes with the first, polls with the rest in order and the last for ever.
func script(push reply, polls ...reply) func(request) reply {
	return func(r request) reply {
		if r.path == pushPath {
			return push
		}
		next := polls[0]
		if len(polls) > 1 {
			polls = polls[1:]
		}
		return next
	}
}

// notes is a Recorder that keeps events.
type notes struct {
	mu     sync.Mutex
	events []audit.Event
}

func (n *notes) Commit(_ context.Context, e audit.Event) error {
	n.Note(e)
	return nil
}

func (n *notes) Note(e audit.Event) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.events = append(n.events, e)
}

// all are the events so far.
func (n *notes) all() []audit.Event {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.events)
}

func (n *notes) security() (words []string) {
	for _, e := range n.all() {
		if s, ok := e.(audit.Security); ok {
			words = append(words, s.Event)
		}
	}
	return words
}

// details are those of the security events of one name.
func (n *notes) details(event string) (details []string) {
	for _, e := range n.all() {
		if s, ok := e.(audit.Security); ok && s.Event == event {
			details = append(details, s.Detail)
		}
	}
	return details
}

// systems are the details of the system events of one name.
func (n *notes) systems(event string) (details []string) {
	for _, e := range n.all() {
		if s, ok := e.(audit.System); ok && s.Event == event {
			details = append(details, s.Detail)
		}
	}
	return details
}

func settings() Settings {
	return Settings{
		API: gateway.Settings{URL: "https://api.ivalt.com", APIKey: secret.New(testKey)}, ApprovalTimeout: time.Minute,
		RequestFrom: "VPN {client} {calling_station}",
	}
}

type house struct {
	*Service

	t     *testing.T
	fake  *fake
	notes *notes
	log   *audittest.Log
	level func(logrus.Level)

	mu    sync.Mutex
	asked map[string]int // by attempt
}

// askAndWait asks and waits for the answer; it withdraws when ctx ends.
func askAndWait(ctx context.Context, s *Service, p *auth.Push) auth.Answer {
	a := s.Begin(p)
	select {
	case answer := <-a.Answer():
		return answer
	case <-ctx.Done():
		a.Withdraw()
		return <-a.Answer()
	}
}

// push asks and waits. No two attempts have one ID, so one that was used is made another.
func (h *house) push(ctx context.Context, p *auth.Push) auth.Answer {
	h.mu.Lock()
	n := h.asked[p.Attempt]
	h.asked[p.Attempt]++
	h.mu.Unlock()
	if n > 0 {
		p.Attempt += fmt.Sprintf("/%d", n)
	}
	return askAndWait(ctx, h.Service, p)
}

// newHouse starts a service on a fake.
func newHouse(t *testing.T, s Settings, answer func(request) reply) *house {
	t.Helper()
	h := &house{t: t, fake: newFake(answer), notes: &notes{}, log: &audittest.Log{}, asked: map[string]int{}}
	log := logrus.New()
	log.SetOutput(h.log)
	log.SetLevel(logrus.DebugLevel)
	h.level = log.SetLevel
	var faults fault.List
	h.Service, faults = New(s, Deps{Recorder: h.notes, Log: log, Transport: h.fake, Rule: steps})
	if err := faults.Err(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.Close)
	return h
}

// steps is a rule whose moments are easy to follow, whatever people do and whatever polls cost: 4.5 s, then 1.5 s, each gap a fifth
// longer, 8 s at most.
func steps(w pace.Wait, _ state.Use) time.Duration {
	if w.Polls == 0 {
		return max(w.Floor, 4500*time.Millisecond)
	}
	gap := 1500 * time.Millisecond
	for range w.Polls - 1 {
		gap = min(gap*6/5, 8*time.Second)
	}
	return max(w.Floor, w.Since+gap)
}

// age lets the process grow old enough to trust mobiles that it has not seen (inside a synctest bubble).
func (h *house) age() {
	<-time.After(dirtyFor)
	h.fake.mu.Lock()
	h.fake.began = time.Now()
	h.fake.mu.Unlock()
}

func mobile(tb testing.TB, text string) auth.Mobile {
	tb.Helper()
	m, err := auth.ParseMobile(text)
	if err != nil {
		tb.Fatal(err)
	}
	return m
}

// pushTo is a push for a mobile whose verdict must leave after a minute.
func pushTo(tb testing.TB, attempt, number string) *auth.Push {
	tb.Helper()
	user, err := auth.ParseUsername("ada")
	if err != nil {
		tb.Fatal(err)
	}
	return &auth.Push{
		Attempt: attempt, Client: "gate", CallingStation: "203.0.113.7", User: user,
		Person: auth.Person{Mobile: mobile(tb, number)}, Deadline: time.Now().Add(59 * time.Second),
	}
}

func byEmail(tb testing.TB, attempt, email string) *auth.Push {
	tb.Helper()
	p := pushTo(tb, attempt, testMobile)
	p.Person = auth.Person{Email: secret.New(email)}
	return p
}
