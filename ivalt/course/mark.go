package course

import (
	"encoding/json"
	"errors"
	"time"

	"ivalt-radius/auth"
)

// Bounds of what a mark may say.
const (
	markVersion = 1
	longestMark = 2048
	oldestMark  = time.Hour
	longestWord = 3 * 128 // octets; a hostile one may have grown in JSON
)

var errMark = errors.New("the mark of a push is none that this version knows")

// Mark is how far a login's push has come, as another node needs it to go on, or to renew the login. It holds no person and no key. Times
// are ages: how long ago something was when the mark was made.
type Mark struct {
	Version  int       `json:"version"`
	Made     time.Time `json:"made"`              // by iVALT's clock, which all nodes know
	Realm    string    `json:"realm"`             // which iVALT, as which customer
	Request  string    `json:"request,omitempty"` // the push's id, should iVALT ever give one
	Delivery Delivery  `json:"delivery"`
	History  History   `json:"history"`
	Trusted  bool      `json:"trusted,omitempty"`
	Suspect  bool      `json:"suspect,omitempty"`
	Resent   bool      `json:"resent,omitempty"`
	Answered bool      `json:"answered,omitempty"` // the push was, and Zero and Seen say something

	Sent   time.Duration `json:"sent"`
	Rang   time.Duration `json:"rang"`
	Zero   time.Duration `json:"zero,omitempty"`
	Seen   time.Duration `json:"seen,omitempty"`
	Former time.Duration `json:"former,omitempty"`
	Credit time.Duration `json:"credit,omitempty"` // what is left of it
}

// Mark is the course as another node needs it. The caller adds who made it.
func (c *Course) Mark(now Instant) Mark {
	m := Mark{
		Version: markVersion, Delivery: c.Delivery, History: c.History, Trusted: c.Trusted, Suspect: c.suspect, Resent: c.resent,
		Answered: c.Out != Push || c.resent, Sent: now - c.Sent, Rang: now - c.rang,
	}
	if m.Answered {
		m.Zero, m.Seen = now-c.Zero, now-c.Seen
	}
	if now < c.Credit {
		m.Credit, m.Former = c.Credit-now, now-c.former
	}
	return m
}

// Encode is the mark as it is kept.
func (m *Mark) Encode() []byte {
	text, err := json.Marshal(m)
	if err != nil {
		return nil // never: ParseMark refuses it
	}
	return text
}

// ParseMark reads what Encode made, and refuses what no course can have made. Fields that it does not know are of a later version, and change
// nothing.
func ParseMark(text []byte) (Mark, error) {
	var m Mark
	if len(text) > longestMark || json.Unmarshal(text, &m) != nil {
		return Mark{}, errMark
	}
	age := func(d, most time.Duration) bool { return d >= 0 && d <= most }
	switch {
	case m.Version != markVersion, m.Delivery != Doubtful && m.Delivery != Pushed, m.History > Clean:
	case len(m.Realm) > longestWord, len(m.Request) > longestWord:
	case !age(m.Sent, oldestMark), !age(m.Rang, m.Sent), !age(m.Zero, m.Sent), !age(m.Seen, m.Zero):
	case !age(m.Credit, oldestMark), !age(m.Former, 2*oldestMark):
	default:
		return m, nil
	}
	return Mark{}, errMark
}

// since is how long ago the mark was made. A clock that runs behind makes nothing come before it happened.
func (m *Mark) since(theirs time.Time) (time.Duration, bool) {
	d := max(0, theirs.Sub(m.Made))
	return d, d <= oldestMark
}

// TakenOver goes on with a push that another node sent for this very login; theirs is iVALT's time. No push leaves any more. The history is
// the worse one of what the memory says and of what the other node knew. Its final poll leaves when the deadline wants it, but never later
// than the push lives for its person.
func (c Course) TakenOver(m *Mark, h History, theirs time.Time, now Instant) (Course, Order) {
	since, ok := m.since(theirs)
	made := now - since
	c.Delivery, c.Trusted, c.suspect, c.resent, c.mayPush = m.Delivery, m.Trusted, m.Suspect, m.Resent, false
	c.History, c.Failures = min(h, m.History), 0
	c.Sent, c.rang = made-m.Sent, made-m.Rang
	c.Zero, c.Seen = c.rang, c.rang
	if m.Answered {
		c.Zero, c.Seen = made-m.Zero, made-m.Seen
	}
	c.Left = c.Seen
	if m.Credit > since {
		c.Credit, c.former = made+m.Credit, made-m.Former
	}
	c.Last = min(c.Last, c.Sent+c.approval)
	c.End = c.Last + LastPollWaits
	if !ok || now >= c.Last {
		return c, Ended(auth.TimedOut, "nobody answered before another node took the login over")
	}
	return c.PollOn(now)
}

// Renew gives the login what a former one, whose answer had to leave, may still find until its credit ends; theirs is iVALT's time.
func (c *Course) Renew(m *Mark, until Instant, theirs time.Time, now Instant) {
	since, ok := m.since(theirs)
	if !ok {
		return
	}
	c.Credit, c.former = until, now-since-m.Sent
	if m.Credit > since {
		c.former = now - since - m.Former
	}
}

// Unsent takes a push back that was not sent after all.
func (c Course) Unsent() Course {
	c.Out = NoCall
	if !c.resent {
		c.Delivery = Unpushed
	}
	return c
}
