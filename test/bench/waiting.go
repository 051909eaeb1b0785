package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"time"

	"ivalt-radius/ivalt/ivalttest"
	"ivalt-radius/secret"
)

// The load of the second table.
const (
	approveAfter    = 10 * time.Second // from the push: seven calls a login, with mobiles from users.file
	retransmitEvery = 3 * time.Second
	idsPerSocket    = 250
	giveUp          = 58 * time.Second
	settleFor       = 3 * time.Second // the server has read twenty thousand people; what that left behind is not the logins'
)

// crowd is a load of logins that wait for their phones.
type crowd struct {
	logins     int
	within     time.Duration // they all arrive in this time, evenly
	retransmit bool

	hash   string // of everybody's password; empty: nobody has one
	factor string // the crowd's first factor; empty: none
	beside int    // how many requests with wrong passwords another client keeps in flight meanwhile

	pages int // of the operator's window that are open meanwhile

	station func(n int) string // where the nth person sits; nil: all at one place
}

// crowdResult is what became of it.
type crowdResult struct {
	crowd
	accepted, rejected, unanswered int
	pushes, secondPushes           int
	packets                        int
	added, own                     []time.Duration // sorted; added: answer after the approval; own: after the poll that learned of it
	perLogin                       int64           // octets of resident memory
	cpu                            time.Duration   // a login
	calls                          float64         // iVALT calls a login
	storm                          stormResult
	told                           int64 // live events that the pages heard
}

func quantile(d []time.Duration, q float64) time.Duration {
	if len(d) == 0 {
		return 0
	}
	return d[min(len(d)-1, int(q*float64(len(d))))]
}

// observer stands before the simulated cloud and notes when a poll learned of an approval.
type observer struct {
	cloud *ivalttest.Cloud

	mu      sync.Mutex
	pushed  map[string]time.Time // by mobile: when the push was answered
	again   int                  // pushes to a mobile that had one
	learned map[string]time.Time // by mobile: when the approving answer left
	calls   int
}

func newObserver() *observer {
	return &observer{
		cloud: ivalttest.New(ivalttest.Options{
			APIKey: secret.New(apiKey), Default: ivalttest.Step{Behaviour: ivalttest.Approve, After: approveAfter},
		}),
		pushed: map[string]time.Time{}, learned: map[string]time.Time{},
	}
}

// ServeHTTP implements http.Handler.
func (o *observer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	c := &capture{ResponseWriter: w, status: http.StatusOK}
	o.cloud.ServeHTTP(c, r)
	var asked struct{ Mobile string }
	_ = json.Unmarshal(body, &asked)
	o.mu.Lock()
	defer o.mu.Unlock()
	o.calls++
	switch {
	case c.status != http.StatusOK:
	case r.URL.Path == "/biometric-auth-request":
		if _, ok := o.pushed[asked.Mobile]; ok {
			o.again++
		}
		o.pushed[asked.Mobile] = time.Now()
	case r.URL.Path == "/biometric-geo-fence-auth-results":
		o.learned[asked.Mobile] = time.Now()
	}
}

// capture remembers the status.
type capture struct {
	http.ResponseWriter
	status int
}

func (c *capture) WriteHeader(status int) {
	c.status = status
	c.ResponseWriter.WriteHeader(status)
}

// answered is one login's answer.
type answered struct {
	user string
	at   time.Time
	code byte
}

// wait runs a crowd against a server of its own.
func wait(ctx context.Context, o options, c crowd) (crowdResult, error) {
	watch := newObserver()
	cloud := httptest.NewServer(watch)
	defer cloud.Close()
	p, err := ours(ctx, o, product{name: "crowd", policy: "require_push", cloud: cloud.URL, hash: c.hash, factor: c.factor, window: c.pages > 0})
	if p != nil {
		defer p.stop()
	}
	if err != nil {
		return crowdResult{}, err
	}
	<-time.After(settleFor)
	r := crowdResult{crowd: c}
	idle, busy := p.memory(), p.cpu()
	peak := int64(0)
	watched := make(chan struct{})
	sampling, stop := context.WithCancel(ctx)
	go func() {
		defer close(watched)
		for sampling.Err() == nil {
			peak = max(peak, p.memory())
			<-time.After(200 * time.Millisecond)
		}
	}()
	answers, err := c.besidePages(ctx, p, &r)
	stop()
	<-watched
	if err != nil {
		return r, err
	}
	r.perLogin = (peak - idle) / int64(c.logins)
	r.cpu = (p.cpu() - busy) / time.Duration(c.logins)
	watch.judge(answers, &r)
	return r, nil
}

// besidePages plays the crowd, and its storm, while pages of the window are open.
func (c crowd) besidePages(ctx context.Context, p *process, r *crowdResult) ([]answered, error) {
	end, err := look(ctx, "http://"+p.window, c.pages, &r.told)
	if err != nil {
		return nil, err
	}
	answers, err := c.besideStorm(ctx, p.address, r)
	return answers, errors.Join(err, end())
}

// forget is for what comes next.
func (o *observer) forget() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.pushed, o.learned, o.again, o.calls = map[string]time.Time{}, map[string]time.Time{}, 0, 0
}

// judge sorts the answers against what the cloud saw.
func (o *observer) judge(answers []answered, r *crowdResult) {
	o.mu.Lock()
	defer o.mu.Unlock()
	r.pushes, r.secondPushes = len(o.pushed)+o.again, o.again
	r.calls = float64(o.calls) / float64(r.logins)
	for _, a := range answers {
		mobile := ivalttest.DerivedMobile(a.user + "@example.com")
		switch {
		case a.code == accessAccept && !o.pushed[mobile].IsZero():
			r.accepted++
			r.added = append(r.added, a.at.Sub(o.pushed[mobile].Add(approveAfter)))
			r.own = append(r.own, a.at.Sub(o.learned[mobile]))
		case a.code == 0:
			r.unanswered++
		default:
			r.rejected++
		}
	}
	slices.Sort(r.added)
	slices.Sort(r.own)
}

// play sends the crowd's logins and gathers the answers.
func (c crowd) play(ctx context.Context, address string, r *crowdResult) ([]answered, error) {
	var all sync.WaitGroup
	var mu sync.Mutex
	var answers []answered
	var failed error
	begin := time.Now()
	groups := (c.logins + idsPerSocket - 1) / idsPerSocket
	for g := range groups {
		all.Go(func() {
			part := &group{crowd: c, number: g, begin: begin, gateway: newGateway(g)}
			err := part.run(ctx, address)
			mu.Lock()
			defer mu.Unlock()
			answers = append(answers, part.answers...)
			r.packets += part.packets
			if err != nil {
				failed = err
			}
		})
	}
	all.Wait()
	return answers, failed
}

// group is the logins of one socket, told apart by identifier.
type group struct {
	crowd
	number  int
	begin   time.Time
	gateway *gateway
	conn    net.Conn

	requests [idsPerSocket][]byte
	due      [idsPerSocket]time.Time // the next packet; zero: none
	waiting  int
	answers  []answered
	packets  int
}

func (g *group) user(id int) string { return userName(g.number*idsPerSocket + id) }

// mostLogins is how many people there are.
const mostLogins = 20000

func userName(n int) string { return fmt.Sprintf("user%d", n) }

func (g *group) run(ctx context.Context, address string) error {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "udp", address)
	if err != nil {
		return fmt.Errorf("opening a socket: %w", err)
	}
	defer func() { _ = conn.Close() }()
	g.conn = conn
	for id := range min(idsPerSocket, g.logins-g.number*idsPerSocket) {
		n := g.number*idsPerSocket + id
		// Logins of all sockets are interleaved evenly over the time of arrival.
		slot := (n%idsPerSocket)*((g.logins+idsPerSocket-1)/idsPerSocket) + g.number
		g.due[id] = g.begin.Add(g.within * time.Duration(slot) / time.Duration(g.logins))
		g.waiting++
	}
	buf := make([]byte, 4096)
	for end := g.begin.Add(g.within + giveUp); g.waiting > 0 && time.Now().Before(end); {
		next := g.send(time.Now())
		_ = conn.SetReadDeadline(next)
		if n, err := conn.Read(buf); err == nil {
			g.take(buf[:n])
		}
	}
	for id, request := range g.requests {
		if request != nil {
			g.answers = append(g.answers, answered{user: g.user(id)})
		}
	}
	return nil
}

// send sends what is due and says when to look again.
func (g *group) send(now time.Time) time.Time {
	next := now.Add(time.Second)
	for id, at := range g.due {
		if at.IsZero() {
			continue
		}
		if now.Before(at) {
			if at.Before(next) {
				next = at
			}
			continue
		}
		if g.requests[id] == nil {
			if g.station != nil {
				g.gateway.from = g.station(g.number*idsPerSocket + id)
			}
			g.requests[id] = g.gateway.request(nil, byte(id), g.user(id))
		}
		_, _ = g.conn.Write(g.requests[id])
		g.packets++
		g.due[id] = time.Time{}
		if g.retransmit {
			g.due[id] = now.Add(retransmitEvery)
		}
	}
	return next
}

// take verifies an answer and ends its login.
func (g *group) take(answer []byte) {
	if len(answer) < headerSize || int(answer[1]) >= idsPerSocket || g.requests[answer[1]] == nil {
		return
	}
	id := int(answer[1])
	code, ok := g.gateway.verify(g.requests[id], answer, signed)
	if !ok {
		return
	}
	g.answers = append(g.answers, answered{user: g.user(id), at: time.Now(), code: code})
	g.requests[id], g.due[id] = nil, time.Time{}
	g.waiting--
}
