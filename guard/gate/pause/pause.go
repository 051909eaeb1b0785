package pause

import (
	"strings"
	"time"

	"ivalt-radius/guard/gate/limit"
	"ivalt-radius/guard/gate/lockout"
	"ivalt-radius/state"
)

// Bounds of what is remembered.
const (
	forgetAfter = 24 * time.Hour // behind the last unanswered push, and the pause that it began, the row is forgotten
	mostPauses  = 1 << 16        // people and places; the one that rang longest ago gives way
	Bucket      = "pauses"       // of the store
)

// Settings are guard.unanswered, and guard.denied.for as Denied.
type Settings struct {
	After  int // 0: never
	For    time.Duration
	Most   time.Duration
	Denied time.Duration // 0: none
}

// Place is a person's familiar place, or, with an empty station, all other places of the person.
type Place = lockout.Pair

// Pause is what is known of the pushes of one place.
type Pause struct {
	Row    int       `json:"row"`    // pushes in a row that nobody answered
	Until  time.Time `json:"until"`  // the end of the pause that they began, or of the last push
	Denied time.Time `json:"denied"` // the end of the cool-down
	Login  string    `json:"login"`  // the login name of the last one
}

// Book has the pauses. It is not safe for concurrent use.
type Book struct {
	pauses *limit.Table[Place, Pause]
	kept   *state.Kept[Pause]
}

// Open reads what the disk has; a nil disk keeps nothing. failing is state.OpenKept's. No pause is longer than the settings say from now: the clock may
// have been ahead.
func Open(disk state.Disk, s Settings, now time.Time, failing func(error)) (*Book, error) {
	b := &Book{}
	b.pauses = limit.NewTable[Place, Pause](mostPauses, func(p Place) { b.kept.Delete(key(p)) })
	if disk == nil {
		return b, nil
	}
	kept, err := state.OpenKept(disk, Bucket, func(text string, p Pause) bool {
		user, station, found := strings.Cut(text, "\x00")
		p.Until, p.Denied = earlier(p.Until, now.Add(s.Most)), earlier(p.Denied, now.Add(s.Denied))
		if !found || user == "" || p.forgotten(now) || b.pauses.Len() >= mostPauses {
			return false
		}
		*b.pauses.Put(Place{User: user, Station: station}) = p
		return true
	}, failing)
	b.kept = kept
	return b, err
}

func key(p Place) string { return p.User + "\x00" + p.Station }

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

func (p Pause) forgotten(now time.Time) bool {
	return now.Sub(p.Until) >= forgetAfter && !now.Before(p.Denied)
}

// Asleep says until when no phone rings since nobody answers, and behind how many pushes; the zero time: it may ring.
func (b *Book) Asleep(at Place, s Settings, now time.Time) (until time.Time, row int) {
	if p := b.pauses.Peek(at); p != nil && p.asleep(s, now) {
		return p.Until, p.Row
	}
	return time.Time{}, 0
}

func (p *Pause) asleep(s Settings, now time.Time) bool {
	return s.After > 0 && p.Row >= s.After && now.Before(p.Until)
}

// Denied says until when no phone rings since the person refused; the zero time: it may ring.
func (b *Book) Denied(at Place, now time.Time) time.Time {
	if p := b.pauses.Peek(at); p != nil && now.Before(p.Denied) {
		return p.Denied
	}
	return time.Time{}
}

// apart is how much the clocks of two nodes, as one of them knows the other's, may say other times of one moment.
const apart = 5 * time.Second

// Knows reports that what is known of a place is no older than a moment.
func (b *Book) Knows(at Place, moment time.Time) bool {
	p := b.pauses.Peek(at)
	return p != nil && !moment.After(p.Until.Add(apart))
}

// Unanswered counts a push that nobody answered. login is the name that it was for. now may be a while ago, at another node; no pause gets shorter by it.
func (b *Book) Unanswered(at Place, login string, s Settings, now time.Time) {
	p := b.pauses.Put(at)
	if p.forgotten(now) {
		*p = Pause{}
	}
	p.Row, p.Login, p.Until = p.Row+1, login, later(p.Until, now)
	if s.After > 0 && p.Row >= s.After {
		p.Until = later(p.Until, now.Add(lockout.Doubled(s.For, s.Most, p.Row-s.After)))
	}
	b.kept.Set(key(at), *p)
}

// Refused begins the cool-down. Whoever refuses is awake: the row ends.
func (b *Book) Refused(at Place, login string, s Settings, now time.Time) {
	p := b.pauses.Put(at)
	*p = Pause{Until: now, Denied: later(p.Denied, now.Add(s.Denied)), Login: login}
	b.kept.Set(key(at), *p)
}

// Clear forgets row, pause and cool-down of one place.
func (b *Book) Clear(at Place) {
	if b.pauses.Peek(at) != nil {
		b.pauses.Delete(at)
		b.kept.Delete(key(at))
	}
}

// Answered ends the row of a place: a late approval says that somebody is awake. The name may be the login's or the person's. A cool-down
// stays.
func (b *Book) Answered(at Place, now time.Time) {
	b.pauses.Each(func(other Place, p *Pause) {
		if (other.User == at.User || p.Login == at.User) && other.Station == at.Station {
			p.Row, p.Until = 0, now
			b.kept.Set(key(other), *p)
		}
	})
}

// Release is Clear, for the name of a login or of a person; an empty station stands for all places. One that has no pause of its own is among the
// unfamiliar ones.
func (b *Book) Release(user, station string) {
	b.pauses.Each(func(at Place, p *Pause) {
		if (at.User == user || p.Login == user) && (station == "" || at.Station == station || at.Station == "") {
			b.Clear(at)
		}
	})
}

// InForce calls do for each place whose phone does not ring now, and says until when, the one that was asked about last first.
func (b *Book) InForce(s Settings, now time.Time, do func(at Place, until time.Time)) {
	b.pauses.Each(func(at Place, p *Pause) {
		switch asleep, denied := p.asleep(s, now), now.Before(p.Denied); {
		case asleep && denied:
			do(at, later(p.Until, p.Denied))
		case asleep:
			do(at, p.Until)
		case denied:
			do(at, p.Denied)
		}
	})
}

// Len is how many places have pauses.
func (b *Book) Len() int { return b.pauses.Len() }

// Close writes what is not on disk yet.
func (b *Book) Close() error { return b.kept.Close() }
