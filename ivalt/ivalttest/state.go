package ivalttest

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"
)

// What GET /control/state shows at most.
const (
	shownPushes   = 50
	shownPeople   = 200
	shownRequests = 50
)

type stateJSON struct {
	Now      time.Time    `json:"now"`
	People   []personJSON `json:"people"`
	Pushes   []pushJSON   `json:"pushes"`
	Faults   []faultJSON  `json:"faults"`
	Options  optionsJSON  `json:"options"`
	Counters Counters     `json:"counters"`
	Requests []Request    `json:"requests"`
}

type pushJSON struct {
	ID          uint64     `json:"id"`
	RequestFrom string     `json:"request_from"`
	Mobile      string     `json:"mobile"`
	Email       string     `json:"email"`
	Name        string     `json:"name"`
	Sent        time.Time  `json:"sent"`
	Expires     time.Time  `json:"expires"`
	State       string     `json:"state"` // waiting, approved, denied, outside geofence, outside hours, dismissed, expired
	Answered    *time.Time `json:"answered,omitempty"`
	Open        bool       `json:"open"` // a hand may still answer it
	Does        Behaviour  `json:"does"`
	Due         *time.Time `json:"due,omitempty"` // when the person will answer of their own accord
}

func (c *Cloud) getState(w http.ResponseWriter, _ *http.Request) {
	o := c.Options()
	now := o.Now()
	s := stateJSON{
		Now: now, People: c.people(), Pushes: []pushJSON{}, Faults: []faultJSON{}, Options: asOptionsJSON(o),
		Counters: c.Counters(), Requests: c.requests.last(shownRequests),
	}
	for _, p := range c.pushes.last(shownPushes) {
		s.Pushes = append(s.Pushes, c.view(p, now, o.PushLifetime))
	}
	for _, f := range c.Faults() {
		s.Faults = append(s.Faults, faultJSON{
			Kind: f.Kind, Endpoint: f.Endpoint, Mobile: f.Mobile, Requests: f.Requests, Delay: span(f.Delay), Delivered: f.Delivered,
		})
	}
	b, err := json.Marshal(s)
	if err != nil {
		refuse(w, http.StatusInternalServerError, err)
		return
	}
	reply{status: http.StatusOK, body: b}.write(w)
}

// people are those who were Set, by e-mail and mobile.
func (c *Cloud) people() []personJSON {
	out := []personJSON{}
	c.book.each(func(_ *shard, _ string, ph *phone) {
		if !ph.auto && len(out) < shownPeople {
			out = append(out, asPersonJSON(ph.person))
		}
	})
	slices.SortFunc(out, func(a, b personJSON) int {
		return strings.Compare(a.Email+" "+a.Mobile, b.Email+" "+b.Mobile)
	})
	return out
}

// view is a push as it stands now.
func (c *Cloud) view(p *push, now time.Time, lifetime time.Duration) pushJSON {
	v := pushJSON{
		ID: p.id, RequestFrom: p.from, Mobile: p.mobile, Email: p.email, Name: p.name, Sent: p.sent,
		Expires: p.sent.Add(lifetime), Does: p.step.Behaviour,
	}
	c.book.with(p.mobile, func(ph *phone) {
		if ph != nil {
			ph.settle(now, lifetime)
			v.Open = slices.Contains(ph.open, p)
		}
		v.State = p.state(v.Open)
		if p.said != none {
			at := p.saidAt
			v.Answered = &at
		}
	})
	if said, at := p.due(lifetime); v.Open && said != none {
		v.Due = &at
	}
	return v
}

func (p *push) state(open bool) string {
	switch p.said {
	case approved:
		return "approved"
	case denied:
		return "denied"
	case outsideGeofence:
		return "outside geofence"
	case outsideHours:
		return "outside hours"
	case none:
	}
	switch {
	case !open:
		return "expired"
	case p.silent:
		return "dismissed"
	}
	return "waiting"
}
