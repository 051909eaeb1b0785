package control

import (
	"encoding/json"
	"net/http"
	"time"

	"ivalt-radius/ivalt/ivalttest"
)

// What GET /control/state shows at most.
const (
	shownPushes   = 50
	shownPeople   = 200
	shownRequests = 50
)

type stateJSON struct {
	Now      time.Time           `json:"now"`
	People   []personJSON        `json:"people"`
	Pushes   []pushJSON          `json:"pushes"`
	Faults   []faultJSON         `json:"faults"`
	Options  optionsJSON         `json:"options"`
	Counters ivalttest.Counters  `json:"counters"`
	Requests []ivalttest.Request `json:"requests"`
}

type pushJSON struct {
	ID          uint64              `json:"id"`
	RequestFrom string              `json:"request_from"`
	Mobile      string              `json:"mobile"`
	Email       string              `json:"email"`
	Name        string              `json:"name"`
	Sent        time.Time           `json:"sent"`
	Expires     time.Time           `json:"expires"`
	State       string              `json:"state"`
	Answered    time.Time           `json:"answered,omitzero"`
	Open        bool                `json:"open"`
	Does        ivalttest.Behaviour `json:"does"`
	Due         time.Time           `json:"due,omitzero"`
}

func (d *deck) getState(w http.ResponseWriter, _ *http.Request) {
	o := d.cloud.Options()
	requests := d.cloud.Requests()
	s := stateJSON{
		Now: o.Now(), People: []personJSON{}, Pushes: []pushJSON{}, Faults: []faultJSON{}, Options: asOptionsJSON(o),
		Counters: d.cloud.Counters(), Requests: requests[:min(shownRequests, len(requests))],
	}
	for _, p := range d.cloud.People() {
		if len(s.People) < shownPeople {
			s.People = append(s.People, asPersonJSON(p))
		}
	}
	for _, p := range d.cloud.PushLog(shownPushes) {
		s.Pushes = append(s.Pushes, pushJSON(p))
	}
	for _, f := range d.cloud.Faults() {
		s.Faults = append(s.Faults, faultJSON{
			Kind: f.Kind, Endpoint: f.Endpoint, Mobile: f.Mobile, Requests: f.Requests, Delay: span(f.Delay), Delivered: f.Delivered,
		})
	}
	b, err := json.Marshal(s)
	if err != nil {
		refuse(w, http.StatusInternalServerError, err)
		return
	}
	write(w, http.StatusOK, kindJSON, b)
}
