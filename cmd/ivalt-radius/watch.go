package main

import (
	"time"

	"ivalt-radius/audit"
)

// watchEvery is how often the server looks after what nobody asks for.
const watchEvery = time.Minute

// shoutEvery is how many of these lie between two shouts.
const shoutEvery = 60

// health is what the watch looks at; state.Learned has it.
type health interface {
	Failing() error
	Refused() uint64
}

// watch says when the addresses that sign can no longer be remembered, until stop is closed: `auto` would forget, after a
// restart, who must sign.
func (a *app) watch(learned health, tick <-chan time.Time, stop <-chan struct{}) {
	refused := uint64(0)
	for n := 1; ; n++ {
		select {
		case <-stop:
			return
		case <-tick:
		}
		if n%shoutEvery == 0 {
			a.shout(a.inForce())
		}
		detail := ""
		if err := learned.Failing(); err != nil {
			detail = "the state cannot be written: " + err.Error()
		} else if n := learned.Refused(); n > refused {
			refused, detail = n, "too many addresses: more cannot be remembered"
		}
		if detail != "" {
			a.Note(audit.Security{Event: "message_authenticator_not_learned", Detail: detail})
		}
	}
}
