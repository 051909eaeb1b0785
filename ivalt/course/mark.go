package course

import (
	"bytes"
	"encoding/binary"
	"errors"
	"time"

	"ivalt-radius/auth"
)

// Bounds of what a mark may say.
const (
	markVersion = 1
	longestMark = 2048
	oldestMark  = time.Hour
	longestWord = 3 * 128 // octets
)

var errMark = errors.New("the mark of a push is none that this version knows")

// Mark is how far a login's push has come, as another node needs it to go on, or to renew the login. It holds no person and no key. Times
// are ages: how long ago something was when the mark was made.
type Mark struct {
	Version  uint8
	Made     time.Time // by iVALT's clock, which all nodes know
	Realm    string    // which iVALT, as which customer
	Request  string    // the push's id, should iVALT ever give one
	Delivery Delivery
	History  History
	Trusted  bool
	Suspect  bool
	Resent   bool
	Answered bool // the push was, and Zero and Seen say something

	Sent   time.Duration
	Rang   time.Duration
	Zero   time.Duration
	Seen   time.Duration
	Former time.Duration
	Credit time.Duration // what is left of it
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

// A mark is kept for each login whose phone rings, so its form is small: the version; what is true of it, a bit each; delivery and history;
// when it was made, and the ages, in nanoseconds as varints; realm and request, each behind its length; and so what a later version adds.
const (
	isTrusted = 1 << iota
	isSuspect
	isResent
	isAnswered
)

// Encode is the mark as it is kept.
func (m *Mark) Encode() []byte {
	var is byte
	for _, fact := range []struct {
		bit byte
		is  bool
	}{{isTrusted, m.Trusted}, {isSuspect, m.Suspect}, {isResent, m.Resent}, {isAnswered, m.Answered}} {
		if fact.is {
			is |= fact.bit
		}
	}
	var room [128]byte
	text := append(room[:0], m.Version, is, byte(m.Delivery), byte(m.History))
	text = binary.AppendVarint(text, m.Made.UnixNano())
	for _, age := range []time.Duration{m.Sent, m.Rang, m.Zero, m.Seen, m.Former, m.Credit} {
		text = binary.AppendVarint(text, int64(age))
	}
	for _, word := range []string{m.Realm, m.Request, ""} {
		text = append(binary.AppendVarint(text, int64(len(word))), word...)
	}
	return bytes.Clone(text)
}

// ParseMark reads what Encode made, and refuses what no course can have made. What a later version adds behind the request changes nothing.
func ParseMark(text []byte) (Mark, error) {
	m, ok := readMark(text)
	age := func(d, most time.Duration) bool { return d >= 0 && d <= most }
	switch {
	case !ok, m.Version != markVersion, m.Delivery != Doubtful && m.Delivery != Pushed, m.History > Clean:
	case len(m.Realm) > longestWord, len(m.Request) > longestWord:
	case !age(m.Sent, oldestMark), !age(m.Rang, m.Sent), !age(m.Zero, m.Sent), !age(m.Seen, m.Zero):
	case !age(m.Credit, oldestMark), !age(m.Former, 2*oldestMark):
	default:
		return m, nil
	}
	return Mark{}, errMark
}

// readMark reads the form of a mark: false where it is cut short, or too long.
func readMark(text []byte) (m Mark, ok bool) {
	if len(text) < 4 || len(text) > longestMark {
		return m, false
	}
	is := text[1]
	m = Mark{
		Version: text[0], Delivery: Delivery(text[2]), History: History(text[3]),
		Trusted: is&isTrusted != 0, Suspect: is&isSuspect != 0, Resent: is&isResent != 0, Answered: is&isAnswered != 0,
	}
	rest := text[4:]
	var made time.Duration
	for _, to := range []*time.Duration{&made, &m.Sent, &m.Rang, &m.Zero, &m.Seen, &m.Former, &m.Credit} {
		n, used := binary.Varint(rest)
		if used <= 0 {
			return m, false
		}
		*to, rest = time.Duration(n), rest[used:]
	}
	m.Made = time.Unix(0, int64(made)).UTC()
	var later string
	for _, to := range []*string{&m.Realm, &m.Request, &later} {
		n, used := binary.Varint(rest)
		if used <= 0 || n < 0 || n > int64(len(rest)-used) {
			return m, false
		}
		*to, rest = string(rest[used:used+int(n)]), rest[used+int(n):]
	}
	return m, len(rest) == 0
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
	if !c.Trusted && !c.suspect && m.Answered {
		return c, Order{Do: Ask, Call: Sentinel, At: now} // the sooner it is asked, the less it can meet this push's own approval
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
