package clienting

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"ivalt-radius/config"
	"ivalt-radius/config/inventory"
	"ivalt-radius/radius"
	"ivalt-radius/radius/client"
	"ivalt-radius/radius/sighting"
)

// mostStrangers is how many are told.
const mostStrangers = 10

// Overview is all that is known of the clients; its names are those of --json.
type Overview struct {
	Running   bool                `json:"running"` // a server said so; else it is as the last one left it
	Clients   []Client            `json:"clients"`
	Strangers []sighting.Stranger `json:"strangers"` // that sent most of late, ten at most; none while no server runs
}

// Client is one client of the settings.
type Client struct {
	Name                  string    `json:"name"`
	Networks              []string  `json:"networks"`
	MessageAuthenticator  string    `json:"message_authenticator"` // the setting
	Enforced              bool      `json:"enforced"`              // by hand, for every address
	Methods               []string  `json:"methods"`
	FirstFactor           string    `json:"first_factor"`
	Profile               string    `json:"profile"`
	AnswerWithinMS        int64     `json:"answer_within_ms"`
	ProfileAnswerWithinMS int64     `json:"profile_answer_within_ms"` // 0: it has no profile
	Secrets               []Secret  `json:"secrets"`                  // their ages; empty where whoever asks may not read them
	Addresses             []Address `json:"addresses"`
}

// Secret is the age of one secret.
type Secret struct {
	Key       string     `json:"key"`
	FirstSeen *time.Time `json:"first_seen"` // null: no server has seen it yet
	AgeDays   int        `json:"age_days"`
	Old       bool       `json:"old"`
}

// Address is one address of a client.
type Address struct {
	Address   netip.Addr `json:"address"`
	FirstSeen time.Time  `json:"first_seen,omitzero"`
	LastSeen  time.Time  `json:"last_seen,omitzero"` // left out: it is known to sign, and nothing else
	State     State      `json:"state"`
	By        []Rung     `json:"enforced_by"`

	Signed   sighting.Tally `json:"signed"`
	Unsigned sighting.Tally `json:"unsigned"`
	Refused  sighting.Tally `json:"unsigned_refused"`
	Forged   sighting.Tally `json:"bad_signature"`
	InRow    uint64         `json:"signed_in_a_row"`

	Accepted   uint64 `json:"accepted"`
	Rejected   uint64 `json:"rejected"`
	Challenged uint64 `json:"challenged"`
	Unanswered uint64 `json:"unanswered"`
	Waiting    int    `json:"waiting"`

	IntervalMS     int64   `json:"interval_ms"`
	IntervalLogins int     `json:"interval_logins"` // that it was learned from; 0: it is not known
	PatienceMS     int64   `json:"patience_ms"`
	PatienceLogins int     `json:"patience_logins"`
	Approvals      int     `json:"approvals"` // the newest
	Late           int     `json:"late"`      // of them
	LateShare      float64 `json:"late_share"`
	Advice         string  `json:"advice"` // empty: none
}

// view is what an overview is made of.
type view struct {
	settings *config.Settings
	memory   *Memory
	waiting  map[sighting.Peer]int
	secrets  []inventory.Entry // nil: not known
}

// overview makes it.
func (v view) overview() Overview {
	out := Overview{Clients: []Client{}, Strangers: v.memory.Sightings.Strangers(mostStrangers)}
	seen := v.addresses()
	for i := range v.settings.Clients {
		out.Clients = append(out.Clients, v.client(i, seen[v.settings.Clients[i].Name]))
	}
	return out
}

// addresses are all that something is known of, by client.
func (v view) addresses() map[string][]sighting.Sighting {
	seen := map[string][]sighting.Sighting{}
	there := map[sighting.Peer]bool{}
	add := func(s sighting.Sighting) {
		if !there[s.Peer] {
			there[s.Peer] = true
			seen[s.Client] = append(seen[s.Client], s)
		}
	}
	for _, s := range v.memory.Sightings.Sightings() {
		add(s)
	}
	for _, key := range slices.Concat(v.memory.Learned.Keys(), v.memory.Enforced.Keys()) {
		if name, addr, ok := radius.ParseLearnedKey(key); ok {
			add(sighting.Sighting{Peer: sighting.PeerOf(name, addr)})
		}
	}
	for _, list := range seen {
		slices.SortFunc(list, func(a, b sighting.Sighting) int { return a.Address.Compare(b.Address) })
	}
	return seen
}

// client is one element of the settings, with its addresses.
func (v view) client(i int, seen []sighting.Sighting) Client {
	s := &v.settings.Clients[i]
	preset, _ := client.FindProfile(s.Profile) // none: the zero Profile
	within := preset.Patience(s.AnswerWithin)
	c := Client{
		Name: s.Name, Networks: []string{}, MessageAuthenticator: s.MessageAuthenticator,
		Enforced: v.memory.Enforced.Has(radius.EnforcedKey(s.Name)),
		Methods:  append([]string{"pap"}, s.InsecureMethods...), FirstFactor: cmp.Or(s.Primary, v.settings.Primary.Method),
		Profile: s.Profile, AnswerWithinMS: within.Milliseconds(), ProfileAnswerWithinMS: preset.AnswerWithin.Milliseconds(),
		Secrets: v.secretsOf(i), Addresses: []Address{},
	}
	for _, network := range s.Networks {
		c.Networks = append(c.Networks, network.String())
	}
	for j := range seen {
		a := describe(&seen[j])
		a.By = v.memory.rungs(s.MessageAuthenticator, seen[j].Peer)
		a.State = stateOf(a.By, &seen[j])
		a.Waiting = v.waiting[seen[j].Peer]
		a.Advice = advice(&seen[j], within, preset)
		c.Addresses = append(c.Addresses, a)
	}
	return c
}

func (v view) secretsOf(i int) []Secret {
	out := []Secret{}
	prefix := fmt.Sprintf("clients[%d].", i)
	for _, e := range v.secrets {
		if strings.HasPrefix(e.Key, prefix) {
			out = append(out, Secret{Key: e.Key, FirstSeen: e.FirstSeen, AgeDays: e.AgeDays, Old: e.Old})
		}
	}
	return out
}

// describe is a sighting in the words of the overview.
func describe(s *sighting.Sighting) Address {
	return Address{
		Address: s.Address, FirstSeen: s.First, LastSeen: s.Last,
		Signed: s.Signed, Unsigned: s.Unsigned, Refused: s.Refused, Forged: s.Forged, InRow: s.InRow,
		Accepted: s.Accepted, Rejected: s.Rejected, Challenged: s.Challenged, Unanswered: s.Unanswered,
		IntervalMS: s.Interval.Time.Milliseconds(), IntervalLogins: s.Interval.Logins,
		PatienceMS: s.Patience.Time.Milliseconds(), PatienceLogins: s.Patience.Logins,
		Approvals: s.Approvals, Late: s.Late, LateShare: s.LateShare(),
	}
}
