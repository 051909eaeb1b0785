package gate

import (
	"net/netip"
	"strings"
	"time"

	"ivalt-radius/auth"
	"ivalt-radius/guard/gate/limit"
)

// Bounds of the tables. What a flood of names or addresses pushes out of them are counts of others that were used longest ago. Each kind
// has tables of its own: only wrong passwords push out wrong passwords, and only pushes pushes, and both are limited in all.
const (
	mostCounts  = 1 << 15
	mostClients = 1 << 12
)

// share tells whose count it is: that of familiar places, or that of all others.
type share uint8

const (
	strangers share = iota
	familiars
	shares
)

// counts are all that is limited by a rate.
type counts struct {
	keys   limit.Keys
	tables [kinds][shares][scopes]*limit.Table[limit.Key, limit.Count]
}

func newCounts(keys limit.Keys) *counts {
	c := &counts{keys: keys}
	for k := range kinds {
		for sh := range shares {
			c.tables[k][sh] = [scopes]*limit.Table[limit.Key, limit.Count]{
				perUser:    limit.NewTable[limit.Key, limit.Count](mostCounts, nil),
				perStation: limit.NewTable[limit.Key, limit.Count](mostCounts, nil),
				perClient:  limit.NewTable[limit.Key, limit.Count](mostClients, nil),
				inAll:      limit.NewTable[limit.Key, limit.Count](1, nil),
			}
		}
	}
	return c
}

// origin is where a login comes from, as the counts see it.
type origin struct {
	share   share
	name    string // the person's
	station string // placeOf
	client  string
}

func (g *Gate) origin(v auth.Visit, name string, now time.Time) origin {
	o := origin{name: name, station: placeOf(v.Station), client: v.Client}
	if g.places.Has(name, o.station, now) {
		o.share = familiars
	}
	return o
}

// network is how many bits of an IPv6 address are those of the network: a host has the others to choose from (RFC 4291 section 2.5.4), and chooses anew each
// day (RFC 8981).
const network = 64

// placeOf is a calling station as places are told apart: of an IPv6 address its /64, which is what one household or one attacker has; any other
// one as it is.
func placeOf(station string) string {
	if !strings.Contains(station, ":") {
		return station
	}
	a, err := netip.ParseAddr(station)
	if err != nil || a.Is4In6() {
		return station
	}
	p, err := a.WithZone("").Prefix(network)
	if err != nil {
		return station
	}
	return p.String()
}

// place is where the person is: the familiar place, or, empty, any other.
func (o origin) place() string {
	if o.share == familiars {
		return o.station
	}
	return ""
}

// key is the count's key in a scope. An unknown calling station has no count of its own: ok is false.
func (c *counts) key(o origin, s scope) (key limit.Key, ok bool) {
	switch s {
	case perUser:
		return c.keys.Of(o.name, o.place()), true
	case perStation:
		return c.keys.Of("", o.station), o.station != ""
	case perClient:
		return c.keys.Of(o.client, ""), true
	case inAll, scopes:
	}
	return limit.Key{}, true
}

// room is the scope in which there is none for one more, and for how long; 0: there is room everywhere. pending are those of the person that
// may count yet.
func (c *counts) room(k kind, o origin, r *Rates, pending int, now time.Time) (full scope, wait time.Duration) {
	for s := range scopes {
		if key, ok := c.key(o, s); ok {
			if wait := c.tables[k][o.share][s].Get(key).Wait(r.rate(s), pending, now); wait > 0 {
				return s, wait
			}
		}
		pending = 0
	}
	return 0, 0
}

// take counts one in every scope.
func (c *counts) take(k kind, o origin, r *Rates, now time.Time) {
	for s := range scopes {
		if key, ok := c.key(o, s); ok && r.rate(s).Most > 0 {
			c.tables[k][o.share][s].Put(key).Take(r.rate(s), now)
		}
	}
}

// give takes back what was counted of one person.
func (c *counts) give(k kind, o origin, r *Rates, now time.Time) {
	if key, ok := c.key(o, perUser); ok {
		c.tables[k][o.share][perUser].Get(key).Give(r.rate(perUser), now)
	}
}

// wrong counts a wrong password of a login that goes by these names. What many people share counts for strangers alone, whoever
// was wrong: a familiar place is limited by its own alone. Strangers owe what was beyond the limit, since all that were let in at once are
// checked before the first of them counts; a familiar place, which no such limit holds back, owes nothing.
func (c *counts) wrong(v auth.Visit, of []origin, r *Rates, now time.Time) {
	count := (*limit.Count).Take
	for _, o := range of {
		if o.share == strangers {
			count = (*limit.Count).Owe
		}
		if key, ok := c.key(o, perUser); ok && r.PerUser > 0 {
			c.tables[wrongPasswords][o.share][perUser].Put(key).Take(r.rate(perUser), now)
		}
	}
	shared := origin{station: placeOf(v.Station), client: v.Client}
	for s := perStation; s < scopes; s++ {
		if key, ok := c.key(shared, s); ok && r.rate(s).Most > 0 {
			count(c.tables[wrongPasswords][strangers][s].Put(key), r.rate(s), now)
		}
	}
}

// release forgets what was counted of a person at a familiar place, or anywhere where the station is empty; of strangers too.
func (c *counts) release(name, station string) {
	person, at := c.keys.Of(name, "").Name, c.keys.Of("", station).Place
	for k := range kinds {
		for sh := range shares {
			table := c.tables[k][sh][perUser]
			table.Each(func(key limit.Key, _ *limit.Count) {
				if key.Name == person && (station == "" || key.Place == at || key.Place == 0) {
					table.Delete(key)
				}
			})
		}
	}
}
