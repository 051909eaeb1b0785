package report

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"ivalt-radius/audit/query"
)

// client is what is known of one client's NAS.
type client struct {
	attempts, repeated int
	heardUntil         time.Duration
	gaveUp             *histogram // estimates
	approvals          *histogram
}

// asked looks how long the NAS of an attempt went on asking.
func (c *client) asked(r *query.Record, took time.Duration) {
	c.attempts++
	packets, last := r.Packets, time.Duration(r.LastPacketMS)*time.Millisecond
	if packets < 2 || last < leastSpan {
		return
	}
	c.repeated++
	c.heardUntil = max(c.heardUntil, last)
	gap := last / time.Duration(packets-1)
	if took > last+time.Duration(silentGaps*float64(gap)) {
		c.gaveUp.add(last + gap)
	}
}

// client is where a client is counted; where there are too many the rest is one, "(others)".
func (a *Aggregator) client(name string) *client {
	if c := a.clients[name]; c != nil {
		return c
	}
	if len(a.clients) >= mostClients {
		name = "(others)"
		if c := a.clients[name]; c != nil {
			return c
		}
	}
	c := &client{gaveUp: newApprovalTimes(), approvals: newApprovalTimes()}
	a.clients[strings.Clone(name)] = c
	return c
}

// patiences are those of all clients, by name.
func (a *Aggregator) patiences() []Patience {
	all := make([]Patience, 0, len(a.clients))
	for name, c := range a.clients {
		p := Patience{
			Client: name, Attempts: c.attempts, Repeated: c.repeated, AtLeastMS: c.heardUntil.Milliseconds(),
			Approvals: c.approvals.total, ConfiguredMS: a.opt.AnswerWithin[name].Milliseconds(),
		}
		if p.RestsOn = c.gaveUp.total; p.RestsOn > 0 {
			median := c.gaveUp.percentile(0.5)
			p.PatienceMS = median.Milliseconds()
			p.Late = p.Approvals - c.approvals.within(median)
			p.LateShare = part(p.Late, p.Approvals)
		}
		p.Verdict = p.verdict()
		all = append(all, p)
	}
	slices.SortFunc(all, func(a, b Patience) int { return cmp.Compare(a.Client, b.Client) })
	return all
}

// seconds is a time as people say it: "10 s", "2.5 s".
func seconds(ms int64) string { return strconv.FormatFloat(float64(ms/100)/10, 'f', -1, 64) + " s" }

func percent(share float64) string { return fmt.Sprintf("%.0f %%", 100*share) }

func (p Patience) verdict() string {
	text := ""
	switch {
	case p.RestsOn > 0 && p.Approvals == 0:
		text = fmt.Sprintf("gives up at %s (seen in %d); there was no approval by phone", seconds(p.PatienceMS), p.RestsOn)
	case p.RestsOn > 0:
		text = fmt.Sprintf("gives up at %s (seen in %d), %s of approvals come later", seconds(p.PatienceMS), p.RestsOn, percent(p.LateShare))
	case p.Repeated > 0:
		text = fmt.Sprintf("waits at least %s: every login that it retransmitted was answered before it gave up", seconds(p.AtLeastMS))
	default:
		text = fmt.Sprintf("no retransmission seen: it waits silently, or %s too few to tell", logins(p.Attempts))
	}
	if p.ConfiguredMS > 0 {
		text += "; answer_within is " + seconds(p.ConfiguredMS)
	}
	return text
}

func logins(n int) string {
	if n == 1 {
		return "1 login is"
	}
	return strconv.Itoa(n) + " logins are"
}

// advice is what to do about a NAS that does not wait; empty where it does, or where that rests on too little.
func (p Patience) advice() string {
	if p.RestsOn < fewAttempts || p.LateShare < lateShare {
		return ""
	}
	text := fmt.Sprintf("The NAS gives up at %s and %s of approvals come later: raise its time-out and retries (docs/profiles.md says where)",
		seconds(p.PatienceMS), percent(p.LateShare))
	if p.ConfiguredMS > p.PatienceMS+time.Second.Milliseconds() {
		return text + fmt.Sprintf(", or set clients[].answer_within (now %s) to what it really waits.", seconds(p.ConfiguredMS))
	}
	return text + ", and let ivalt.late_credit count what comes moments too late."
}
