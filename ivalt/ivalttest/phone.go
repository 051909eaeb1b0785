package ivalttest

import (
	"hash/maphash"
	"sync"
	"time"

	"ivalt-radius/ivalt/ivalttest/habit"
)

// maxOpen bounds the pushes of one mobile that may still be answered; the oldest makes room.
const maxOpen = 16

// push is one notification on a phone. Its first five fields never change; the rest belongs to the shard's lock.
type push struct {
	id     uint64
	mobile string
	from   string
	sent   time.Time
	step   Step

	email, name string    // of the person, as they were
	said        outcome   // how it was answered
	saidAt      time.Time // when
	silent      bool      // closed without an answer
}

// due is what the person says of their own accord, and when; none where nothing comes within the lifetime.
func (p *push) due(lifetime time.Duration) (outcome, time.Time) {
	said, after := p.step.reaction()
	if after >= lifetime {
		return none, time.Time{}
	}
	return said, p.sent.Add(after)
}

// phone is what is known about one mobile: its person, its open pushes, and the one result that the API keeps for it.
// The shard's lock guards it.
type phone struct {
	person Person
	next   int // steps of person.Next that are used up
	auto   bool

	open   []*push // not answered yet, oldest first
	result outcome // the answer that a poll reads, whichever push it was for
	of     uint64  // that push; 0: of none
	until  time.Time
	lapsed bool // since the last push one has run out, or its answer

	answers *ring[Answer] // everybody's

	pushes, polls int
}

// settle lets everything happen that should have happened by now: answers in the order of their times, then expiry.
func (ph *phone) settle(now time.Time, lifetime time.Duration) {
	for {
		first, said, at := -1, none, time.Time{}
		for i, p := range ph.open {
			if what, when := p.due(lifetime); what != none && !when.After(now) && (first < 0 || when.Before(at)) {
				first, said, at = i, what, when
			}
		}
		if first < 0 {
			break
		}
		ph.answer(first, reply{said, at, OwnAccord}, lifetime)
	}
	ph.expire(now, lifetime)
}

// expire forgets the pushes and the answer that are too old.
func (ph *phone) expire(now time.Time, lifetime time.Duration) {
	kept := ph.open[:0]
	for _, p := range ph.open {
		if now.Sub(p.sent) < lifetime {
			kept = append(kept, p)
		}
	}
	ph.lapsed = ph.lapsed || len(kept) < len(ph.open)
	clear(ph.open[len(kept):])
	ph.open = kept
	if ph.result != none && !now.Before(ph.until) {
		ph.result, ph.lapsed = none, true
	}
}

// reply is what was said, when, and by whom.
type reply struct {
	said outcome
	at   time.Time
	by   Hand
}

// answer makes what was said to the i-th open push the mobile's result.
func (ph *phone) answer(i int, r reply, lifetime time.Duration) {
	p := ph.open[i]
	p.said, p.saidAt = r.said, r.at
	ph.result, ph.of, ph.until = r.said, p.id, p.sent.Add(lifetime)
	ph.open = append(ph.open[:i], ph.open[i+1:]...)
	ph.answers.add(Answer{Mobile: p.mobile, Push: p.id, Said: r.said.String(), At: r.at, By: r.by})
}

// submit is an answer that did not come from the phone's person: to the newest open push, or to none. Policy applies.
func (ph *phone) submit(said outcome, k *call) {
	step, newest := ph.usually(k.options.Default), len(ph.open)-1
	if newest >= 0 {
		step = ph.open[newest].step
	}
	if said == approved {
		said = step.byApproving()
	}
	if newest >= 0 {
		ph.answer(newest, reply{said, k.now, Submitted}, k.options.PushLifetime)
		return
	}
	ph.result, ph.of, ph.until = said, 0, k.now.Add(k.options.PushLifetime)
	ph.answers.add(Answer{Mobile: k.mobile, Said: said.String(), At: k.now, By: Submitted})
}

// enrolled reports whether the API knows the mobile. A person whose next reaction alone is Unknown is still enrolled.
func (ph *phone) enrolled(usual Step) bool {
	return ph.usually(usual).Behaviour != Unknown || ph.next < len(ph.person.Next)
}

// usually is the person's lasting reaction; usual is what people do whom nobody has set.
func (ph *phone) usually(usual Step) Step {
	if ph.auto {
		return usual
	}
	return Step{Behaviour: ph.person.Behaviour, After: ph.person.After}
}

// step is the reaction to the next push, and uses it up.
func (ph *phone) step(usual Step) Step {
	if ph.next < len(ph.person.Next) {
		ph.next++
		return ph.person.Next[ph.next-1]
	}
	return ph.usually(usual)
}

// add puts a push on the phone, after settle.
func (ph *phone) add(p *push, o *Options) {
	ph.lapsed = false
	if !o.KeepResults {
		ph.result = none
	}
	if len(ph.open) >= maxOpen {
		ph.open = append(ph.open[:0], ph.open[1:]...)
	}
	ph.open = append(ph.open, p)
	ph.pushes++
}

// read is a poll, after settle: what the mobile's result says, and which push it is of. Policy speaks on the geofence
// endpoint alone.
func (ph *phone) read(k *call) (said outcome, of uint64) {
	said = ph.result
	if said == none {
		if ph.lapsed && len(ph.open) == 0 {
			return lapsed, 0
		}
		return none, 0
	}
	if !k.options.Sticky {
		ph.result = none
	}
	if k.policy == habit.NoPolicy && (said == outsideGeofence || said == outsideHours) {
		return approved, ph.of
	}
	return said, ph.of
}

const shards = 64

// book is all phones by mobile, in shards so that logins of different people never wait for each other.
type book struct {
	seed   maphash.Seed
	shards [shards]shard
}

type shard struct {
	mu     sync.Mutex
	phones map[string]*phone
}

func newBook() *book {
	b := &book{seed: maphash.MakeSeed()}
	for i := range b.shards {
		b.shards[i].phones = map[string]*phone{}
	}
	return b
}

func (b *book) shard(mobile string) *shard {
	return &b.shards[maphash.String(b.seed, mobile)%shards]
}

// with runs do on the mobile's phone, under its lock; do gets nil where nobody has the mobile.
func (b *book) with(mobile string, do func(*phone)) {
	s := b.shard(mobile)
	s.mu.Lock()
	defer s.mu.Unlock()
	do(s.phones[mobile])
}

// each runs do on every phone, a shard at a time.
func (b *book) each(do func(s *shard, mobile string, ph *phone)) {
	for i := range b.shards {
		s := &b.shards[i]
		s.mu.Lock()
		for mobile, ph := range s.phones {
			do(s, mobile, ph)
		}
		s.mu.Unlock()
	}
}
