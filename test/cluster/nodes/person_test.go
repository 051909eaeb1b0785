//go:build interop

package nodes_test

import (
	"fmt"
	"math/rand/v2"
	"time"

	"ivalt-radius/ivalt/ivalttest"
	"ivalt-radius/test/blackbox"
	"ivalt-radius/test/cluster/history"
)

// kind is what a person of the hammer does.
type kind int

const (
	approving kind = iota
	denying
	silent
	slow // approves when it may be too late
	exempt
)

// crowd is who is there, again and again.
func crowd(n int) kind {
	return []kind{approving, approving, denying, approving, silent, slow, approving, exempt}[n%8]
}

// person logs in over and over, one login at a time, each from a place of its own: so no login joins a former one.
type person struct {
	house   *house
	journal *journal
	rng     *rand.Rand
	number  int
	kind    kind
	user    string
	sends   time.Duration // for so long a gateway tries again
}

// newPerson is the n-th of a hammer.
func newPerson(h *house, j *journal, seed uint64, n int, sends time.Duration) *person {
	p := &person{
		house: h, journal: j, rng: rand.New(rand.NewPCG(seed, uint64(n))), //nolint:gosec // chance, not secrecy
		number: n, kind: crowd(n), user: fmt.Sprint("p", n), sends: sends,
	}
	if p.kind == exempt {
		p.user = "svc-" + p.user
		j.h.Exempt[p.user] = true
	}
	return p
}

// between is a random time.
func (p *person) between(least, most time.Duration) time.Duration {
	return least + time.Duration(p.rng.Int64N(int64(most-least)))
}

// chance reports one of so many percent.
func (p *person) chance(percent int) bool { return p.rng.IntN(100) < percent }

// live logs in until it is told to stop.
func (p *person) live(stop <-chan struct{}) error {
	for n := 0; ; n++ {
		select {
		case <-stop:
			return nil
		case <-time.After(p.between(200*time.Millisecond, 1500*time.Millisecond)):
		}
		p.react()
		if err := p.login(fmt.Sprintf("198.18.%d.%d", n>>8&255, n&255)); err != nil {
			return err
		}
	}
}

// react decides what the person does to the next push.
func (p *person) react() {
	switch p.kind {
	case approving:
		p.house.enrol(p.user, ivalttest.Approve, p.between(time.Second, 5*time.Second))
	case denying:
		p.house.enrol(p.user, ivalttest.Deny, p.between(time.Second, 4*time.Second))
	case silent:
		p.house.enrol(p.user, ivalttest.Ignore, 0)
	case slow:
		p.house.enrol(p.user, ivalttest.Approve, p.between(8*time.Second, 25*time.Second))
	case exempt:
	}
}

// sent is an exchange that a login waits for.
type sent struct {
	node    *node
	packet  int
	request blackbox.Request
	place   int // in the journal
	began   time.Time
	over    bool // it was answered
}

// attempt is one login as the gateway sees it.
type attempt struct {
	*person

	login history.Login
	gate  *gateway
	all   []*sent
	seen  int // arrivals
	id    byte
}

// login logs in once: it sends, retries at any node while nothing comes, and waits for every answer that can come.
func (p *person) login(station string) error {
	g, err := newGateway()
	if err != nil {
		return err
	}
	defer g.close()
	a := &attempt{person: p, gate: g, login: history.Login{User: p.user, Station: station, Password: 1}}
	began := time.Now()
	a.first()
	for !a.hear(p.between(time.Second, 6*time.Second), a.any) && time.Since(began) < p.sends {
		a.retry()
	}
	if a.any() && p.chance(20) { // a copy that was under way when the answer came
		last := a.all[p.rng.IntN(len(a.all))]
		a.send(a.somewhere(), last.packet, last.request)
	}
	a.hear(p.journal.h.Within+history.Grace, a.done)
	return nil
}

// somewhere is any node.
func (a *attempt) somewhere() *node { return a.house.nodes[a.rng.IntN(len(a.house.nodes))] }

// fresh is a new packet of the login.
func (a *attempt) fresh() (int, blackbox.Request) {
	a.id++
	return a.journal.packet(), request(blackbox.Login{User: a.login.User, Password: password, CallingStation: a.login.Station}, a.id)
}

// first sends the login: to one node, or to two at the same moment, by the same packet or by two.
func (a *attempt) first() {
	packet, r := a.fresh()
	one := a.somewhere()
	a.send(one, packet, r)
	if !a.chance(30) {
		return
	}
	if a.chance(40) {
		packet, r = a.fresh()
	}
	a.send(a.somewhere(), packet, r)
}

// retry is what a gateway does when nothing came.
func (a *attempt) retry() {
	last := a.all[len(a.all)-1]
	switch roll := a.rng.IntN(100); {
	case roll < 25:
		a.send(last.node, last.packet, last.request)
	case roll < 55:
		a.send(a.somewhere(), last.packet, last.request)
	default:
		packet, r := a.fresh()
		a.send(a.somewhere(), packet, r)
	}
}

// send sends a packet to a node, for the first time or again.
func (a *attempt) send(n *node, packet int, r blackbox.Request) {
	for _, s := range a.all {
		if s.node == n && s.packet == packet {
			a.journal.again(s.place)
			a.gate.send(n, r)
			return
		}
	}
	s := &sent{node: n, packet: packet, request: r, began: time.Now()}
	s.place = a.journal.begin(history.Exchange{Login: a.login, Node: n.name, Packet: packet})
	a.all = append(a.all, s)
	a.gate.send(n, r)
}

// hear takes what comes, until enough has, or for so long.
func (a *attempt) hear(wait time.Duration, enough func() bool) bool {
	timeout := time.After(wait)
	look := time.NewTicker(500 * time.Millisecond) // a node that went down makes answers impossible
	defer look.Stop()
	for {
		came, changed := a.gate.since(a.seen)
		for _, c := range came {
			a.take(c)
		}
		a.seen += len(came)
		if enough() {
			return true
		}
		select {
		case <-changed:
		case <-look.C:
		case <-timeout:
			return false
		}
	}
}

// take writes down what a datagram is the answer to. One that is none of these is the newest one's, and does not verify.
func (a *attempt) take(c arrival) {
	wrong := "it is from no node, or has no identifier that was sent"
	meant := a.all[len(a.all)-1]
	for _, s := range a.all {
		if s.node != a.house.nodeAt(c.from) || len(c.text) < 2 || c.text[1] != s.request.Bytes[1] {
			continue
		}
		meant = s
		reply, err := s.request.Verify(c.text)
		if err == nil {
			s.over = true
			a.journal.answered(s.place, history.Answer{At: c.at, Verdict: verdict(reply), Message: reply.Message})
			return
		}
		wrong = err.Error()
	}
	a.journal.answered(meant.place, history.Answer{At: c.at, Wrong: wrong})
}

// any reports that an answer came.
func (a *attempt) any() bool {
	for _, s := range a.all {
		if s.over {
			return true
		}
	}
	return false
}

// done reports that no further answer must come.
func (a *attempt) done() bool {
	for _, s := range a.all {
		if !s.over && !a.journal.wasDown(s.node, s.began) && time.Since(s.began) < a.journal.h.Within+history.Grace {
			return false
		}
	}
	return true
}
