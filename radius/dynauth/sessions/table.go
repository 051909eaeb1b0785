package sessions

import (
	"net/netip"
	"sync"
	"time"

	"ivalt-radius/state"
	"ivalt-radius/state/line"
)

// How much is remembered, and for how long.
const (
	most         = 65536
	life         = 24 * time.Hour // without a word from the NAS
	expireAtOnce = 64
	mostStops    = 16384
	stopLife     = life // so long nothing that is told again brings a session back
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
	known   map[key]*entry
	order   line.Line[entry] // heard of longest ago first
	told    map[key]int      // by person and calling station: sessions that have an Acct-Session-Id
	stopped map[name]end
	stops   []name // oldest first
	grants  grants
	totals  map[string]*total // by client
	late    []Overrun         // that nobody was told of yet

	opened time.Time
	kept   *state.Kept[kept] // nil: nothing is kept
}

// end is a stop that was told.
type end struct {
	heard   time.Time
	strange bool // of a session that accounting had not told of
}

// entry is a session in the table.
type entry struct {
	Session

	key  key
	pair key
	byID bool
	box  string // as the NAS names itself

	place line.Place[entry]
}

// New makes an empty table that tells the time by now.
func New(now func() time.Time) *Table {
	return &Table{
		now: now, opened: now(), known: map[key]*entry{}, told: map[key]int{}, stopped: map[name]end{},
		grants: grants{by: map[name]*granted{}}, totals: map[string]*total{},
	}
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
	if s.Grant.At.IsZero() {
		s.Grant.At = t.now()
	}
	t.grant(&s, time.Time{})
	k := s.name()
	if s.Grant.Limit > 0 {
		s.Until = s.Grant.At.Add(s.Grant.Limit)
	}
	if e := t.known[k]; e != nil && e.accounted || t.told[k] > 0 {
		return
	}
	t.put(k, s)
}

// grant remembers the login that let a session in; until is the end that it gave, where that is known.
func (t *Table) grant(s *Session, until time.Time) {
	if s.Grant.Attempt == "" {
		return
	}
	login := &granted{Grant: s.Grant, names: []name{s.byPair().digest()}}
	if k, ok := s.byID(); ok {
		login.names = append(login.names, k.digest())
	}
	if s.accounted {
		login.until = until
	}
	t.grants.add(login, t.now())
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
		t.goesOn(status, s)
	case stop:
		t.stop(s)
	case on, off:
		t.restart(s)
	}
}

// goesOn enters a session, or hears of it again.
func (t *Table) goesOn(status string, s Session) {
	k := s.name()
	if t.over(k, status, &s) {
		return
	}
	delete(t.stopped, k.digest()) // its name is another session's now
	s.accounted = true
	pair := s.byPair()
	if e := t.known[pair]; e != nil && k != pair { // what the Accept made
		s.inherit(&e.Session)
		t.drop(e)
	}
	t.enter(k, status, s)
}

// enter counts on what is known of a session.
func (t *Table) enter(k key, status string, s Session) {
	e := t.known[k]
	if e == nil || !e.accounted {
		s.begin(status)
		t.settle(&s)
		if s.Grant.Attempt != "" { // else it may have been counted before this server began
			t.count(&s, Use{})
		}
		t.put(k, s)
		return
	}
	old := &e.Session
	if old.Heard.After(s.Heard) {
		if old.Started.IsZero() {
			old.Started = s.began(status)
			t.settle(old)
		}
		return
	}
	if !s.advance(old, status) {
		s.begin(status)
		old.Use = Use{}
	}
	t.settle(&s)
	t.count(&s, old.Use)
	t.put(k, s)
}

// over reports what comes behind a session's stop and does not bring it back: what happened before, an update, and the start of a session whose stop
// was told first.
func (t *Table) over(k key, status string, s *Session) bool {
	stop, ended := t.stopped[k.digest()]
	if !ended {
		return false
	}
	_, named := s.byID()
	return !s.at().After(stop.heard) || named && (status == interim || stop.strange)
}

// stop removes a session, and what its Accept had made where no start was heard.
func (t *Table) stop(s Session) {
	if is := t.of(s.Client); is != nil {
		is.stops = true
	}
	k := s.name()
	strange := true
	for _, gone := range []key{k, s.byPair()} {
		e := t.known[gone]
		if e == nil || e.Heard.After(s.Heard) {
			continue
		}
		if gone == k && e.accounted {
			strange = false
			last, before := s, e.Use
			last.advance(&e.Session, stop)
			t.count(&last, before)
			t.stoppedLate(&last)
		}
		t.drop(e)
	}
	if former, again := t.stopped[k.digest()]; again {
		strange = former.strange
	} else {
		t.stops = append(t.stops, k.digest())
	}
	t.stopped[k.digest()] = end{s.Heard, strange}
}

// restart removes the sessions that a NAS had before it was switched on or off, but for those that were heard of since then.
func (t *Table) restart(s Session) {
	box := s.nas()
	for e := range t.order.All() {
		if e.Client == s.Client && e.Source == s.Source && e.box == box && !e.Heard.After(s.Heard) && !e.at().After(s.at()) {
			t.drop(e)
		}
	}
}

// put enters a session as the one that was heard of last. What was heard later stays as it is.
func (t *Table) put(k key, s Session) {
	if e := t.known[k]; e != nil {
		if e.Heard.After(s.Heard) {
			return
		}
		s.inherit(&e.Session)
		t.drop(e)
	}
	for t.order.Len() >= most {
		t.drop(t.order.First())
	}
	_, byID := s.byID()
	n := &entry{Session: s, key: k, pair: s.byPair(), byID: byID, box: s.nas()}
	t.known[k] = n
	t.order.Join(&n.place, n)
	t.weigh(&n.Session, 1)
	if n.byID {
		t.told[n.pair]++
	}
}

func (t *Table) drop(e *entry) {
	e.place.Leave()
	delete(t.known, e.key)
	t.weigh(&e.Session, -1)
	if e.byID {
		if t.told[e.pair]--; t.told[e.pair] == 0 {
			delete(t.told, e.pair)
		}
	}
}

// expire forgets what is old, a few at a time.
func (t *Table) expire() {
	now := t.now()
	for range expireAtOnce {
		e := t.order.First()
		if e == nil || now.Sub(e.Heard) < life {
			break
		}
		t.drop(e)
	}
	for len(t.stops) > 0 && (len(t.stops) > mostStops || now.Sub(t.stopped[t.stops[0]].heard) > stopLife) {
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
	l := t.Look(Filter{User: user, Client: client, Station: station}, limit)
	return l.Found, l.Left
}

// Filter says which sessions are wanted; what is empty wants all.
type Filter struct {
	User    string // in canonical form
	Client  string
	Station netip.Addr
}

// Listing are the sessions that a Filter wants.
type Listing struct {
	Found   []Session // the one that was heard of last first
	Left    int       // that do not fit
	In, Out uint64    // octets of all of them
}

// Look lists sessions, limit of them at most.
func (t *Table) Look(f Filter, limit int) (l Listing) {
	station := f.Station.Unmap().WithZone("")
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	for e := range t.order.Backward() {
		s := &e.Session
		if f.User != "" && s.User != f.User || f.Client != "" && s.Client != f.Client || station.IsValid() && s.Station != station || now.Sub(s.Heard) >= life {
			continue
		}
		l.In, l.Out = l.In+s.Use.In, l.Out+s.Use.Out
		if len(l.Found) < limit {
			l.Found = append(l.Found, *s)
		} else {
			l.Left++
		}
	}
	return l
}

// Gone forgets a session that Find gave, unless its NAS has told of it since.
func (t *Table) Gone(s Session) {
	t.gone(s)
	t.tell(gone, &s)
}

func (t *Table) gone(s Session) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if e := t.known[s.name()]; e != nil && !e.Heard.After(s.Heard) {
		t.drop(e)
	}
}

// Len is how many sessions are known.
func (t *Table) Len() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.order.Len()
}
