package model

import (
	"fmt"
	"slices"
	"time"

	"pgregory.net/rapid"

	"ivalt-radius/ivalt/ivalttest"
	"ivalt-radius/ivalt/ivalttest/answers"
)

// act is what happens.
type act uint8

const (
	logsIn   act = iota
	retries      // an earlier exchange, with a new identifier
	reuses       // the identifier of an exchange that may wait
	approves     // by hand, the newest push of a phone
	approvesOld
	refuses
	breaks // a fault begins
	mends  // all faults end
	reloads
	restarts
	waits
	replies // to a question of the NAS
	moves   // somebody's phones in the directory become others
	renames // somebody's password becomes another
	forgets // an operator takes back what is remembered of somebody
	sickens // the first factor becomes slow, busy, down, or sound again
)

func (a act) String() string {
	return [...]string{
		"logs in", "retries", "reuses", "approves", "approves an old push", "refuses", "breaks", "mends", "reloads", "restarts", "waits",
		"replies", "moves", "changes the password", "forgets", "the first factor",
	}[a]
}

// twist is what is wrong with a reply.
type twist uint8

const (
	straight twist = iota
	elsewhere
	otherName
	otherSpelling
	otherClient
	otherNAS
	mangled
	stateless // no reply at all: the first packet once more
)

// deed is one thing that happens, some time after the one before.
type deed struct {
	after    time.Duration
	does     act
	who      caller
	pick     int // of the exchanges, questions, people, phones or pushes
	fault    ivalttest.Fault
	settings settings
	text     string // typed, or a password
	twist    twist
	phones   []int
	factor   factor
	delay    time.Duration
}

func (d deed) String() string {
	s := fmt.Sprintf("+%v %s", d.after, d.does)
	switch d.does { //nolint:exhaustive // the others have nothing of their own
	case logsIn, reuses:
		s += fmt.Sprintf(" %+v pick %d", d.who, d.pick)
	case breaks:
		s += fmt.Sprintf(" %+v", d.fault)
	case reloads:
		s += fmt.Sprintf(" %+v", d.settings)
	case replies:
		s += fmt.Sprintf(" to %d with %q, twist %d", d.pick, d.text, d.twist)
	case moves, renames, forgets:
		s += fmt.Sprintf(" of %d: %v %s", d.who.person, d.phones, d.text)
	case sickens:
		s += fmt.Sprintf(" is %d %v", d.factor, d.delay)
	default:
		s += fmt.Sprintf(" %d", d.pick)
	}
	return s
}

// acts are what may happen in a world, more often what stands there more often.
func (w *world) acts() []act {
	all := []act{
		logsIn, logsIn, logsIn, logsIn, logsIn, logsIn, retries, retries, retries, retries, reuses, approves, approves, approvesOld,
		refuses, breaks, breaks, mends, reloads, restarts, waits,
	}
	switch w.kind {
	case wild:
		return append(all, moves, renames, sickens, sickens)
	case questioning:
		return append(all, replies, replies, replies, replies, replies, replies, replies, replies, approves, moves, renames, sickens)
	case remembering:
		return []act{
			logsIn, logsIn, logsIn, logsIn, logsIn, logsIn, logsIn, logsIn, retries, retries, reuses, approves, refuses, breaks, breaks, mends, reloads, restarts, waits,
			moves, renames, forgets, sickens, sickens,
		}
	case hurried:
	}
	return all
}

func (w *world) drawDeed(t *rapid.T) deed {
	d := deed{
		after: oneOf(t, "after", seconds(0, 0, 0.05, 0.3, 1, 2, 5, 9, 12, 20, 35, 70, 200, 400)...),
		does:  oneOf(t, "does", w.acts()...), pick: rapid.IntRange(0, 5).Draw(t, "pick"),
	}
	switch w.kind {
	case hurried:
		d.after = oneOf(t, "hurries", seconds(0, 0.02, 0.5, 3, 6, 12, 18)...)
	case questioning, remembering:
		d.after = oneOf(t, "goes on", seconds(0, 0, 0.05, 0.5, 1, 1.5, 3, 5, 8, 11, 12, 20, 35, 70)...)
	case wild:
	}
	switch d.does {
	case logsIn, reuses:
		d.who = w.drawCaller(t)
	case breaks:
		d.fault = w.drawFault(t)
	case reloads:
		d.settings = w.drawSettings(t)
		d.settings.limits = w.settings.limits
	case replies:
		d.text = oneOf(t, "text", "1", "2", "1", "2", "", "3", "x")
		d.twist = oneOf(t, "twist", straight, straight, straight, oneOf(t, "any twist", elsewhere, otherName, otherSpelling, otherClient, otherNAS, mangled, stateless))
		d.who.person = rapid.IntRange(0, len(w.people)-1).Draw(t, "whoever")
	case moves, renames, forgets:
		d.who.person = oneOf(t, "of", 0, 0, rapid.IntRange(0, len(w.people)-2).Draw(t, "of another"))
		d.text = oneOf(t, "becomes", "other", "right")
		d.phones = oneOf(t, "phones", w.lists()...)
	case sickens:
		d.factor, d.delay = oneOf(t, "is", sound, sound, slow, slow, busy, down), oneOf(t, "slow", seconds(0.4, 3, 8, 30)...)
	case retries, approves, approvesOld, refuses, mends, restarts, waits:
	}
	return d
}

// everyPhone is the pick of somebody who approves whatever rings.
const everyPhone = 100

// drawDeeds draws one deed, or some that belong together, with others between them now and then.
func (w *world) drawDeeds(t *rapid.T) []deed {
	if w.kind != questioning && w.kind != remembering || mostly(t, "anything") && mostly(t, "at all") {
		return []deed{w.drawDeed(t)}
	}
	outage := ivalttest.Fault{Kind: answers.Closed, Endpoint: oneOf(t, "outage of", ivalttest.ResultEndpoint, ivalttest.AnyEndpoint)}
	reply := deed{after: 2 * time.Second, does: replies, text: oneOf(t, "reply", "1", "2", "")}
	story := []deed{{after: 90 * time.Second, does: logsIn, who: home()}, reply, reply, {after: 5 * time.Second, does: approves, pick: everyPhone}, {after: 2 * time.Second, does: replies}}
	if w.kind == remembering {
		again := deed{after: oneOf(t, "comes back after", seconds(12, 30, 70)...), does: logsIn, who: home()}
		story = []deed{
			{after: 90 * time.Second, does: mends},
			{does: sickens},
			{after: 12 * time.Second, does: logsIn, who: home()},
			{after: 5 * time.Second, does: approves, pick: everyPhone},
			{after: 7 * time.Second, does: breaks, fault: outage},
			again, again,
		}
	}
	var all []deed
	for _, d := range story {
		all = append(all, d)
		if !mostly(t, "undisturbed") {
			all = append(all, w.drawDeed(t))
		}
	}
	return all
}

// lists are the phones that a directory may come to show for somebody.
func (w *world) lists() [][]int {
	var all [][]int
	for i := range w.phones {
		all = append(all, []int{i})
		if w.kind == questioning && i > 0 {
			all = append(all, []int{0, i}, []int{i, 0})
		}
	}
	return all
}

func (w *world) drawCaller(t *rapid.T) caller {
	if w.kind == hurried {
		return caller{person: 0, client: "vpn", station: oneOf(t, "hurried station", "203.0.113.9", "203.0.113.9", "198.51.100.66"), password: "right"}
	}
	if w.kind != wild && mostly(t, "the usual one") {
		return home()
	}
	return caller{
		person: oneOf(t, "person", 0, 0, 0, rapid.IntRange(0, len(w.people)-1).Draw(t, "other person")),
		old:    !mostly(t, "the listed spelling"),
		client: oneOf(t, "client", "vpn", "vpn", "vpn", "wifi"), station: oneOf(t, "station", "203.0.113.9", "203.0.113.9", "203.0.113.9", "198.51.100.66", ""),
		password: oneOf(t, "password", "right", "right", "right", "right", "other", "wrong"),
	}
}

// reply answers one of the latest questions, or an older one.
func (h *house) reply(d deed) {
	h.mu.Lock()
	var put []*exchange
	for _, x := range slices.Backward(h.exchanges) {
		if x.verdict.State != "" {
			put = append(put, x)
		}
	}
	h.mu.Unlock()
	if len(put) == 0 {
		return
	}
	asked := put[max(0, d.pick-3)%len(put)] // mostly the newest
	h.answer(asked, d.text, d.twist, d.who.person)
}

// answer has the NAS answer a question, or somebody who means to.
func (h *house) answer(asked *exchange, text string, how twist, whoever int) {
	p := packet{who: asked.who, nas: asked.nas, state: asked.verdict.State, to: asked}
	p.who.password = text
	switch how {
	case elsewhere:
		p.who.station = "192.0.2.1"
	case otherName:
		p.who.person = whoever
	case otherSpelling:
		p.who.old = !p.who.old
	case otherClient:
		p.who.client = "lan"
	case otherNAS:
		p.nas = "nas-2"
	case mangled:
		p.state, p.to = p.state[1:]+"A", nil
	case stateless:
		p.state, p.to = "", nil
	case straight:
	}
	h.send(p, nil)
}
