package clienting

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"ivalt-radius/admin/view"
	"ivalt-radius/config"
	"ivalt-radius/config/inventory"
	"ivalt-radius/radius"
	"ivalt-radius/radius/client"
	"ivalt-radius/radius/sighting"
)

// mostStrangers is how many are told.
const mostStrangers = 10

// facts are what an overview is made of.
type facts struct {
	settings *config.Settings
	memory   *Memory
	waiting  map[sighting.Peer]int
	secrets  []inventory.Entry // nil: not known
}

// overview makes it.
func (f facts) overview() view.Clients {
	out := view.Clients{Clients: []view.Client{}, Strangers: []view.Stranger{}}
	for _, s := range f.memory.Sightings.Strangers(mostStrangers) {
		out.Strangers = append(out.Strangers, view.Stranger(s))
	}
	seen := f.addresses()
	for i := range f.settings.Clients {
		out.Clients = append(out.Clients, f.client(i, seen[f.settings.Clients[i].Name]))
	}
	return out
}

// addresses are all that something is known of, by client.
func (f facts) addresses() map[string][]sighting.Sighting {
	seen := map[string][]sighting.Sighting{}
	there := map[sighting.Peer]bool{}
	add := func(s sighting.Sighting) {
		if !there[s.Peer] {
			there[s.Peer] = true
			seen[s.Client] = append(seen[s.Client], s)
		}
	}
	for _, s := range f.memory.Sightings.Sightings() {
		add(s)
	}
	for _, key := range slices.Concat(f.memory.Learned.Keys(), f.memory.Enforced.Keys()) {
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
func (f facts) client(i int, seen []sighting.Sighting) view.Client {
	s := &f.settings.Clients[i]
	preset, _ := client.FindProfile(s.Profile) // none: the zero Profile
	within := preset.Patience(s.AnswerWithin)
	c := view.Client{
		Name: s.Name, Networks: []string{}, MessageAuthenticator: s.MessageAuthenticator,
		Enforced: f.memory.Enforced.Has(radius.EnforcedKey(s.Name)),
		Methods:  append([]string{"pap"}, s.InsecureMethods...), FirstFactor: cmp.Or(s.Primary, f.settings.Primary.Method),
		Profile: s.Profile, AnswerWithinMS: within.Milliseconds(), ProfileAnswerWithinMS: preset.AnswerWithin.Milliseconds(),
		Secrets: f.secretsOf(i), Addresses: []view.ClientAddress{},
	}
	for _, network := range s.Networks {
		c.Networks = append(c.Networks, network.String())
	}
	for j := range seen {
		a := describe(&seen[j])
		a.By = f.memory.rungs(s.MessageAuthenticator, seen[j].Peer)
		a.State = stateOf(a.By, &seen[j])
		a.Waiting = f.waiting[seen[j].Peer]
		a.Advice = advice(&seen[j], within, preset)
		c.Addresses = append(c.Addresses, a)
	}
	return c
}

func (f facts) secretsOf(i int) []view.SecretAge {
	out := []view.SecretAge{}
	prefix := fmt.Sprintf("clients[%d].", i)
	for _, e := range f.secrets {
		if strings.HasPrefix(e.Key, prefix) {
			out = append(out, view.SecretAge{Key: e.Key, FirstSeen: e.FirstSeen, AgeDays: e.AgeDays, Old: e.Old})
		}
	}
	return out
}

// describe is a sighting in the words of the overview.
func describe(s *sighting.Sighting) view.ClientAddress {
	return view.ClientAddress{
		Address: s.Address, FirstSeen: s.First, LastSeen: s.Last,
		Signed: view.Tally(s.Signed), Unsigned: view.Tally(s.Unsigned), Refused: view.Tally(s.Refused), Forged: view.Tally(s.Forged), InRow: s.InRow,
		Accepted: s.Accepted, Rejected: s.Rejected, Challenged: s.Challenged, Unanswered: s.Unanswered,
		IntervalMS: s.Interval.Time.Milliseconds(), IntervalLogins: s.Interval.Logins,
		PatienceMS: s.Patience.Time.Milliseconds(), PatienceLogins: s.Patience.Logins,
		Approvals: s.Approvals, Late: s.Late, LateShare: s.LateShare(),
	}
}
