package ivalttest

import (
	"fmt"
	"unicode/utf8"

	"ivalt-radius/ivalt/ivalttest/answers"
	"ivalt-radius/ivalt/ivalttest/habit"
	"ivalt-radius/secret"
)

// keyAccepted checks x-api-key; where no key is set any will do, but not none.
func keyAccepted(given string, o *Options) bool {
	if o.APIKey.Empty() {
		return given != ""
	}
	return o.APIKey.Equal(secret.New(given))
}

// lookUp answers who has an e-mail. Where Default enrols people on their own, everybody is found.
func (c *Cloud) lookUp(k *call) answers.Reply {
	c.counts.lookUps.Add(1)
	known := false
	c.onPhone(k, func(ph *phone) { known = ph.enrolled(k.options.Default) })
	if !known {
		return answers.NotFound(k.ask(), k.options.NotFoundStatus)
	}
	return answers.Found(k.ask())
}

// push sends one to the phone.
func (c *Cloud) push(k *call) answers.Reply {
	if most := k.options.MaxRequestFrom; most > 0 && utf8.RuneCountInString(k.sent.RequestFrom) > most {
		return answers.Invalid("requestFrom", fmt.Sprintf("The request from may not be greater than %d characters.", most))
	}
	sent := false
	c.onPhone(k, func(ph *phone) {
		lifetime := k.options.PushLifetime
		ph.settle(k.now, lifetime)
		step := ph.step(k.options.Default)
		if step.Behaviour == Unknown {
			return
		}
		p := &push{
			id: c.ids.Add(1), mobile: k.mobile, from: k.from, sent: k.now, step: step,
			email: ph.person.Email, name: ph.person.Name, silent: step.Behaviour == DenySilent,
		}
		ph.add(p, k.options)
		c.pushes.add(p)
		k.push = p.id
		sent = true
	})
	if !sent {
		return answers.UnknownMobile(k.ask())
	}
	c.counts.pushes.Add(1)
	return answers.Sent(k.ask())
}

// poll tells what the phone said.
func (c *Cloud) poll(k *call) answers.Reply {
	c.counts.polls.Add(1)
	known, said := false, none
	c.onPhone(k, func(ph *phone) {
		known = ph.enrolled(k.options.Default)
		ph.settle(k.now, k.options.PushLifetime)
		said, k.push = ph.read(k)
	})
	if !known {
		return answers.UnknownMobile(k.ask())
	}
	switch said {
	case approved:
		c.counts.approvals.Add(1)
		return answers.Approved(k.ask())
	case denied:
		if k.options.Denial == habit.Denial403 {
			return answers.Rejected(k.ask())
		}
		return answers.Denied(k.ask())
	case outsideGeofence:
		return answers.OutsideGeofence(k.ask())
	case outsideHours:
		return answers.OutsideHours(k.ask())
	case lapsed:
		if k.options.Expiry == habit.Expiry403 {
			return answers.Lapsed(k.ask())
		}
	case none:
	}
	return answers.Pending(k.ask(), k.pending())
}

// onPhone runs do on the call's phone under its lock, and not at all where nobody has the mobile. People whom
// Options.Default enrols appear here, at the first call that names them.
func (c *Cloud) onPhone(k *call, do func(*phone)) {
	s := c.book.shard(k.mobile)
	s.mu.Lock()
	defer s.mu.Unlock()
	ph := s.phones[k.mobile]
	if ph == nil {
		if k.options.Default.Behaviour == Unknown || c.autos.Add(1) > maxPhones {
			return
		}
		ph = &phone{person: k.person, auto: true, answers: c.answered}
		s.phones[k.mobile] = ph
		if k.endpoint == ResultEndpoint {
			ph.polls++
		}
	}
	do(ph)
}
