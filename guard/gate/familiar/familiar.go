package familiar

import (
	"slices"
	"time"

	"ivalt-radius/guard/gate/limit"
	"ivalt-radius/state"
)

// Bounds of what is remembered.
const (
	keptFor    = 30 * 24 * time.Hour // since the last approval
	mostPlaces = 16                  // of one person; the one that was approved longest ago gives way
	mostPeople = 1 << 16             // names; the one that was asked about longest ago gives way
	Bucket     = "familiar_places"   // of the store

	writeAfter = 24 * time.Hour // an approval that is newer by less is not worth a write
)

// Place is a calling station that the person approved.
type Place struct {
	Station string    `json:"station"`
	At      time.Time `json:"at"`
	written time.Time
}

// Places are those of all people. They are not safe for concurrent use.
type Places struct {
	people *limit.Table[string, []Place]
	kept   *state.Kept[[]Place]
}

// Open reads what the disk has; a nil disk keeps nothing. failing is state.OpenKept's.
func Open(disk state.Disk, now time.Time, failing func(error)) (*Places, error) {
	p := &Places{}
	p.people = limit.NewTable[string, []Place](mostPeople, func(name string) { p.kept.Delete(name) })
	if disk == nil {
		return p, nil
	}
	kept, err := state.OpenKept(disk, Bucket, func(name string, places []Place) bool { return p.load(name, places, now) }, failing)
	p.kept = kept
	return p, err
}

// load takes what the disk has of one person, as far as it counts yet.
func (p *Places) load(name string, places []Place, now time.Time) bool {
	places = slices.DeleteFunc(places, func(at Place) bool {
		return at.Station == "" || now.Sub(at.At) >= keptFor || at.At.After(now)
	})
	if len(places) == 0 || p.people.Len() >= mostPeople {
		return false
	}
	for i := range places {
		places[i].written = places[i].At
	}
	*p.people.Put(name) = places[:min(len(places), mostPlaces)]
	return true
}

// Has reports that the person was let in from there by an approved push, less than 30 days ago. An unknown calling station is no place.
func (p *Places) Has(name, station string, now time.Time) bool {
	if station == "" {
		return false
	}
	known := p.people.Get(name)
	if known == nil {
		return false
	}
	for _, at := range *known {
		if at.Station == station {
			return now.Sub(at.At) < keptFor
		}
	}
	return false
}

// Add remembers an approved push, which may be a while ago, at another node.
func (p *Places) Add(name, station string, now time.Time) {
	if station == "" || name == "" {
		return
	}
	known := p.people.Put(name)
	place := Place{Station: station, At: now}
	for _, at := range *known {
		if at.Station == station {
			place.written = at.written
			if at.At.After(now) {
				place.At = at.At
			}
		}
	}
	rest := slices.DeleteFunc(*known, func(at Place) bool { return at.Station == station || now.Sub(at.At) >= keptFor })
	rest = rest[:min(len(rest), mostPlaces-1)]
	write := place.written.IsZero() || now.Sub(place.written) >= writeAfter
	if write {
		place.written = now
	}
	*known = slices.Insert(rest, 0, place)
	if write {
		p.kept.Set(name, slices.Clone(*known))
	}
}

// Len is how many names have places.
func (p *Places) Len() int { return p.people.Len() }

// Close writes what is not on disk yet.
func (p *Places) Close() error { return p.kept.Close() }
