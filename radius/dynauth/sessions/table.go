package sessions

import (
	"container/list"
	"net/netip"
	"sync"
	"time"
)

// How much is remembered, and for how long.
const (
	most         = 65536
	life         = 24 * time.Hour // without a word from the NAS
	expireAtOnce = 64
	mostStops    = 16384
	stopLife     = time.Minute // longer than an Accounting-Request waits for its record
)

// The words of audit.Accounting's Status.
const (
	start   = "start"
	stop    = "stop"
	interim = "interim_update"
	on      = "accounting_on"
	off     = "accounting_off"
)

// Table is who is in. It is safe for concurrent use. New makes one.
type Table struct {
	Tell func([]byte) // tells the tables of the other nodes, which Apply it; nil: there are none. Set before the table is used. It must not wait.

	now func() time.Time

	mu      sync.Mutex
	known   map[key]*list.Element // of *entry
	order   list.List             // heard of longest ago first
	told    map[key]int           // by person and calling station: sessions that have an Acct-Session-Id
	stopped map[key]time.Time     // when the stop came
	stops   []key                 // oldest first
}

// entry is a session in the table.
type entry struct {
	Session

	key  key
	pair key
	byID bool
	box  string // as the NAS names itself
}

// New makes an empty table that tells the time by now.
func New(now func() time.Time) *Table {
	return &Table{now: now, known: map[key]*list.Element{}, told: map[key]int{}, stopped: map[key]time.Time{}}
}

// Admitted takes a session whose Access-Accept leaves. Where accounting has told of sessions of that person from that calling station on
// that NAS, they are what is known: the new one's start will follow.
func (t *Table) Admitted(s Session) {
	t.admitted(s)
	t.tell(admitted, &s)
}

func (t *Table) admitted(s Session) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.expire()
	k, ok := s.byID()
	if !ok {
		k = s.byPair()
	}
	if e := t.known[k]; e != nil && entryOf(e).accounted || !ok && t.told[k] > 0 {
		return
	}
	t.put(k, s)
}

// Told takes what an Accounting-Request told that is believed and recorded; status is audit.Accounting's. A retransmission changes
// nothing, and neither does what came before something that is known.
func (t *Table) Told(status string, s Session) {
	t.accounted(status, s)
	t.tell(status, &s)
}

func (t *Table) accounted(status string, s Session) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.expire()
	switch status {
	case start, interim:
		t.goesOn(s)
	case stop:
		t.stop(s)
	case on, off:
		t.restart(s)
	}
}

// goesOn enters a session, or hears of it again.
func (t *Table) goesOn(s Session) {
	pair := s.byPair()
	k, ok := s.byID()
	if !ok {
		k = pair
	}
	if at, ended := t.stopped[k]; ended && !s.Heard.After(at) {
		return
	}
	s.accounted = true
	if e := t.known[pair]; e != nil && ok { // what the Accept made
		s.inherit(&entryOf(e).Session)
		t.drop(e)
	}
	t.put(k, s)
}

// stop removes a session, and what its Accept had made where no start was heard.
func (t *Table) stop(s Session) {
	pair := s.byPair()
	k, ok := s.byID()
	if !ok {
		k = pair
	}
	for _, gone := range []key{k, pair} {
		if e := t.known[gone]; e != nil && !entryOf(e).Heard.After(s.Heard) {
			t.drop(e)
		}
	}
	if _, again := t.stopped[k]; !again {
		t.stops = append(t.stops, k)
	}
	t.stopped[k] = s.Heard
}

// restart removes the sessions that a NAS had before it was switched on or off.
func (t *Table) restart(s Session) {
	box := s.nas()
	for e := t.order.Front(); e != nil; {
		next, o := e.Next(), entryOf(e)
		if o.Client == s.Client && o.Source == s.Source && o.box == box && !o.Heard.After(s.Heard) {
			t.drop(e)
		}
		e = next
	}
}

// put enters a session as the one that was heard of last. What was heard later stays as it is.
func (t *Table) put(k key, s Session) {
	if e := t.known[k]; e != nil {
		old := entryOf(e)
		if old.Heard.After(s.Heard) {
			return
		}
		s.inherit(&old.Session)
		t.drop(e)
	}
	for t.order.Len() >= most {
		t.drop(t.order.Front())
	}
	_, byID := s.byID()
	n := &entry{Session: s, key: k, pair: s.byPair(), byID: byID, box: s.nas()}
	t.known[k] = t.order.PushBack(n)
	if n.byID {
		t.told[n.pair]++
	}
}

func (t *Table) drop(e *list.Element) {
	o := entryOf(e)
	t.order.Remove(e)
	delete(t.known, o.key)
	if o.byID {
		if t.told[o.pair]--; t.told[o.pair] == 0 {
			delete(t.told, o.pair)
		}
	}
}

// expire forgets what is old, a few at a time.
func (t *Table) expire() {
	now := t.now()
	for range expireAtOnce {
		e := t.order.Front()
		if e == nil || now.Sub(entryOf(e).Heard) < life {
			break
		}
		t.drop(e)
	}
	for len(t.stops) > 0 && (len(t.stops) > mostStops || now.Sub(t.stopped[t.stops[0]]) > stopLife) {
		delete(t.stopped, t.stops[0])
		t.stops = t.stops[1:]
	}
}

// Find lists the sessions of a person, by canonical name, and of a calling station; where both are given, both must fit, and where none
// is given nothing does. Those that were heard of last come first, limit of them at most; left is how many more there are.
func (t *Table) Find(user string, station netip.Addr, limit int) (found []Session, left int) {
	station = station.Unmap().WithZone("")
	if user == "" && !station.IsValid() {
		return nil, 0
	}
	return t.List(user, "", station, limit)
}

// List is Find, of one client too, and of all sessions where none is given.
func (t *Table) List(user, client string, station netip.Addr, limit int) (found []Session, left int) {
	station = station.Unmap().WithZone("")
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	for e := t.order.Back(); e != nil; e = e.Prev() {
		s := &entryOf(e).Session
		switch {
		case user != "" && s.User != user, client != "" && s.Client != client, station.IsValid() && s.Station != station, now.Sub(s.Heard) >= life:
		case len(found) < limit:
			found = append(found, *s)
		default:
			left++
		}
	}
	return found, left
}

// Gone forgets a session that Find gave, unless its NAS has told of it since.
func (t *Table) Gone(s Session) {
	t.gone(s)
	t.tell(gone, &s)
}

func (t *Table) gone(s Session) {
	t.mu.Lock()
	defer t.mu.Unlock()
	k, ok := s.byID()
	if !ok {
		k = s.byPair()
	}
	if e := t.known[k]; e != nil && !entryOf(e).Heard.After(s.Heard) {
		t.drop(e)
	}
}

// Len is how many sessions are known.
func (t *Table) Len() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.order.Len()
}

func entryOf(e *list.Element) *entry {
	o, _ := e.Value.(*entry)
	return o
}
