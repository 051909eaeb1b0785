package ivalttest

import (
	"slices"
	"strings"
	"time"
)

// Push is one push as it stands at a moment.
type Push struct {
	ID                  uint64
	RequestFrom         string // hostile text: what the login put on the phone
	Mobile, Email, Name string
	Sent, Expires       time.Time
	State               string    // waiting, approved, denied, outside geofence, outside hours, dismissed, expired
	Answered            time.Time // zero: not answered
	Open                bool      // a hand may still answer it
	Does                Behaviour // of the person's own accord,
	Due                 time.Time // and when; zero where nothing will come
}

// PushLog are the last pushes of everybody, newest first, n at most and never more than 1,024.
func (c *Cloud) PushLog(n int) []Push {
	o := c.options.Load()
	now := o.Now()
	out := []Push{}
	for _, p := range c.pushes.last(n) {
		out = append(out, c.view(p, now, o.PushLifetime))
	}
	return out
}

func (c *Cloud) view(p *push, now time.Time, lifetime time.Duration) Push {
	v := Push{
		ID: p.id, RequestFrom: p.from, Mobile: p.mobile, Email: p.email, Name: p.name,
		Sent: p.sent, Expires: p.sent.Add(lifetime), Does: p.step.Behaviour,
	}
	c.book.with(p.mobile, func(ph *phone) {
		if ph != nil {
			ph.settle(now, lifetime)
			v.Open = slices.Contains(ph.open, p)
		}
		v.State, v.Answered = v.state(p), p.saidAt
	})
	if said, at := p.due(lifetime); v.Open && said != none {
		v.Due = at
	}
	return v
}

// state is the word for how the push stands.
func (v Push) state(p *push) string {
	switch {
	case p.said != none:
		return p.said.String()
	case !v.Open:
		return "expired"
	case p.silent:
		return "dismissed"
	}
	return "waiting"
}

// People are those who were Set, sorted by e-mail and mobile.
func (c *Cloud) People() []Person {
	out := []Person{}
	c.book.each(func(_ *shard, _ string, ph *phone) {
		if !ph.auto {
			out = append(out, ph.person)
		}
	})
	slices.SortFunc(out, func(a, b Person) int {
		return strings.Compare(a.Email+" "+a.Mobile, b.Email+" "+b.Mobile)
	})
	return out
}
