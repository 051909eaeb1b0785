package ivalttest

import (
	"net/http"

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
func (c *Cloud) lookUp(k *call) reply {
	c.counts.lookUps.Add(1)
	known := false
	c.onPhone(k, func(ph *phone) { known = ph.enrolled(k.options.Default) })
	if !known {
		return notFound(k)
	}
	return foundReply(k)
}

func foundReply(k *call) reply {
	return data(http.StatusOK, k.now, "User found.", found(k.person, k.mobile))
}

// notFound is a look-up that finds nobody, as documented; nobody has captured one.
func notFound(k *call) reply {
	b := append([]byte(`{"data":null,"error":{"code":"USER_NOT_FOUND","detail":`), appendText(nil, "User with email "+k.email+" not found")...)
	b = append(b, `},`...)
	return reply{status: k.options.NotFoundStatus, body: appendDebug(b, k.now)}
}

// push sends one to the phone.
func (c *Cloud) push(k *call) reply {
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
		sent = true
	})
	if !sent {
		return unknownMobile(k, "send/global/notification")
	}
	c.counts.pushes.Add(1)
	return sentReply(k)
}

func sentReply(k *call) reply {
	return data(k.options.PushStatus, k.now, textSent, []byte("null"))
}

// poll tells what the phone said.
func (c *Cloud) poll(k *call) reply {
	c.counts.polls.Add(1)
	known, said := false, none
	c.onPhone(k, func(ph *phone) {
		known = ph.enrolled(k.options.Default)
		ph.settle(k.now, k.options.PushLifetime)
		said = ph.read(k)
	})
	if !known {
		return unknownMobile(k, k.instance())
	}
	switch said {
	case approved:
		c.counts.approvals.Add(1)
		return approvedReply(k)
	case denied:
		return problem(http.StatusUnauthorized, k.now, "Unauthorized", textDenied, k.instance())
	case outsideGeofence:
		return problem(http.StatusForbidden, k.now, titleInvalid, textGeofence, k.instance())
	case outsideHours:
		return problem(http.StatusForbidden, k.now, titleInvalid, textHours, k.instance())
	case none:
		return pendingReply(k)
	}
	return pendingReply(k)
}

func approvedReply(k *call) reply {
	return data(http.StatusOK, k.now, textApproved, details(k.person, k.mobile))
}

func pendingReply(k *call) reply {
	switch {
	case k.options.Pending == Pending404, k.options.Pending == PendingCaptured && k.geofenced:
		return unknownMobile(k, k.instance())
	case k.options.Pending == Pending400:
		return problem(http.StatusBadRequest, k.now, "Bad Request", textPending, k.instance())
	}
	return problem(http.StatusUnprocessableEntity, k.now, "Unprocessable Entity", textPending, k.instance())
}

// unknownMobile is the captured 404; a result endpoint says it of people who have not answered, too.
func unknownMobile(k *call, instance string) reply {
	return problem(http.StatusNotFound, k.now, "Not Found", "The mobile number provided ("+k.mobile+") was not found.", instance)
}

// instance is the application's own path, as error.instance shows it. The plain endpoint's was never captured.
func (k *call) instance() string {
	if k.geofenced {
		return "validate-geo-fence-auth"
	}
	return "validate/global/auth"
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
		ph = &phone{person: k.person, auto: true}
		s.phones[k.mobile] = ph
		if k.endpoint == ResultEndpoint {
			ph.polls++
		}
	}
	do(ph)
}
