package incident

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sirupsen/logrus"

	"ivalt-radius/audit"
	"ivalt-radius/audit/durable"
	"ivalt-radius/guard"
)

// How many incidents there are: so many that are not closed, but each rule may have some whatever the others have.
const (
	mostOpen   = 1000
	ofOneRule  = 50
	mostClosed = 10_000 // of more, the oldest go before their time
)

// Recorder keeps events; the server is one.
type Recorder interface {
	// Commit returns once the event is durable.
	Commit(ctx context.Context, e audit.Event) error
	// Note keeps an event without waiting.
	Note(e audit.Event)
}

// Holder keeps records in the trail beyond its retention. Both may wait, and are called again where they failed.
type Holder interface {
	// Hold keeps what came between two times, both included, in the place of what it kept under the identifier before.
	Hold(id string, from, to time.Time, reason string) error
	// Release lets go. What is not held is no error.
	Release(id string) error
}

// Pen writes into one incident, at any time and from any goroutine.
type Pen interface {
	// Did writes a step down.
	Did(a Action)
	// Saw adds evidence. It is false once the incident is closed: then nothing more is to be looked for.
	Saw(line guard.Line) bool
}

// Responder takes the steps that follow from incidents. Neither method may wait for a network.
type Responder interface {
	// Respond answers an incident that is new, or worse than it was.
	Respond(i Incident, p Pen)
	// Resume goes on with what an incident asks for that was answered before the server started.
	Resume(i Incident, p Pen)
}

// Settings are those of guard.incidents.
type Settings struct {
	Retention time.Duration // of a closed incident; zero or less: for ever
}

// Deps is what a Book works with.
type Deps struct {
	Recorder  Recorder
	Responder Responder          // nil: no steps follow
	Holder    Holder             // nil: nothing is held
	Log       logrus.FieldLogger // nil: no log
	Now       func() time.Time   // nil: time.Now
}

// Book are the incidents of a node. All methods are safe for concurrent use.
type Book struct {
	deps      Deps
	files     files
	retention atomic.Int64

	hand  sync.Mutex // one thing by hand at a time
	mu    sync.Mutex
	all   map[string]*entry
	open  map[key]*entry // those that alerts grow
	count map[guard.Rule]int
	sick  bool // the last write failed

	answer chan struct{} // an incident waits for its steps
	keep   chan struct{} // a hold is to be placed or released
}

// key is what one incident that is not closed is about.
type key struct {
	rule    guard.Rule
	subject guard.Subject
	folded  bool
}

// entry is an incident in memory. A closed one's evidence is on disk alone.
type entry struct {
	Incident
	window int       // the count of the last alert
	dirty  bool      // it is not on disk as it is
	saved  time.Time // when it was written last
}

// Open reads the incidents below a state directory, and makes the place for them where there is none. What cannot be read is set aside
// and logged. An error says that the place itself cannot be used.
func Open(dir string, s Settings, d Deps) (*Book, error) {
	if d.Log == nil {
		quiet := logrus.New()
		quiet.SetOutput(io.Discard)
		d.Log = quiet
	}
	if d.Now == nil {
		d.Now = time.Now
	}
	b := &Book{
		deps: d, files: files{filepath.Join(dir, directory)}, all: map[string]*entry{}, open: map[key]*entry{}, count: map[guard.Rule]int{},
		answer: make(chan struct{}, 1), keep: make(chan struct{}, 1),
	}
	b.Adopt(s)
	if err := durable.Directory(b.files.dir); err != nil {
		return nil, fmt.Errorf("opening the incidents: %w", err)
	}
	ids, err := b.files.list()
	if err != nil {
		return nil, fmt.Errorf("opening the incidents: %w", err)
	}
	if len(ids) > mostFiles {
		b.deps.Log.WithFields(logrus.Fields{"files": len(ids), "read": mostFiles}).Error("too many incidents: the oldest files are passed over")
		ids = ids[len(ids)-mostFiles:]
	}
	for _, id := range ids {
		b.load(id)
	}
	return b, nil
}

// load reads one incident.
func (b *Book) load(id string) {
	i, err := b.files.read(id)
	if err != nil {
		b.deps.Log.WithFields(logrus.Fields{"incident": clean(id, mostText), "aside": b.files.setAside(id) == nil}).WithError(err).
			Error("an incident cannot be read and is set aside: its hold, if it has one, stays until audit release")
		return
	}
	b.add(&entry{Incident: *i})
}

// add puts an incident into memory. mu is held, or nobody else knows of the book yet.
func (b *Book) add(e *entry) {
	b.all[e.ID] = e
	if e.State == Closed {
		e.Evidence = nil
		return
	}
	b.count[e.Rule]++
	if k := e.key(); b.open[k] == nil {
		b.open[k] = e
	}
}

func (e *entry) key() key { return key{e.Rule, e.Subject, e.Folded > 0} }

// Adopt takes new settings.
func (b *Book) Adopt(s Settings) { b.retention.Store(int64(s.Retention)) }

// Take makes an incident of an alert, or grows the one that there is. An incident that is new or worse is on disk when it returns, where
// the disk takes it; where not, that is tried again and logged.
func (b *Book) Take(a guard.Alert) {
	if a.Rule == "" {
		return
	}
	a.Subject.User, a.Subject.Client, a.Subject.Station = clean(a.Subject.User, mostText), clean(a.Subject.Client, mostText), clean(a.Subject.Station, mostText)
	a.Subject.Address = a.Subject.Address.Unmap().WithZone("")
	if e := b.grow(a); e != nil {
		b.deps.Recorder.Note(e)
		wake(b.answer)
		wake(b.keep)
	}
}

// grow is Take under the lock. It returns what is to be said.
func (b *Book) grow(a guard.Alert) audit.Event {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.now()
	e, fresh := b.entryFor(a, now)
	was := e.Severity
	e.window = e.grow(a, e.window)
	what, event := "", ""
	switch {
	case fresh:
		what, event = "opened", openedEvent
	case e.Severity > was:
		what, event = "escalated", escalatedEvent
	default:
		e.dirty = true
		e.Answered = e.Answered && !e.lapsed(now)
		return nil
	}
	e.change(Change{At: now, What: what, By: Automatic, Reason: e.Severity.String()})
	e.Answered = false
	b.save(e)
	return audit.Security{
		Event: event, Client: e.Subject.Client, User: e.Subject.User, CallingStation: station(e.Subject), Detail: e.about(),
	}
}

// The words of the trail.
const (
	openedEvent    = "incident_opened"
	escalatedEvent = "incident_escalated"
)

// folding is the detail of an incident that stands for many.
const folding = "more of this rule are open than are told apart: close what is dealt with; what this one counts is in the trail"

// entryFor is the incident that an alert grows: one that is there, a new one, or the one that stands for those without room. mu is held.
func (b *Book) entryFor(a guard.Alert, now time.Time) (e *entry, fresh bool) {
	if e := b.open[key{a.Rule, a.Subject, false}]; e != nil {
		return e, false
	}
	i := Incident{Rule: a.Rule, Subject: a.Subject, Opened: now}
	if b.crowded(a.Rule) {
		if e := b.open[key{a.Rule, guard.Subject{}, true}]; e != nil {
			e.Folded++
			return e, false
		}
		i.Subject, i.Folded, i.Detail = guard.Subject{}, 1, folding
	}
	i.ID = b.newID(now)
	e = &entry{Incident: i}
	b.add(e)
	return e, true
}

// crowded reports that a rule has no room for another subject.
func (b *Book) crowded(r guard.Rule) bool {
	total := 0
	for _, n := range b.count {
		total += n
	}
	return total >= mostOpen && b.count[r] >= ofOneRule
}

// newID is an identifier that nothing has.
func (b *Book) newID(now time.Time) string {
	const letters = "0123456789abcdefghjkmnpqrstvwxyz" // none that look alike
	for n := 0; ; n++ {
		octets := make([]byte, 4+min(n/8, 4))
		_, _ = rand.Read(octets) // never fails
		for i, o := range octets {
			octets[i] = letters[int(o)%len(letters)]
		}
		if id := now.Format("20060102-") + string(octets); b.all[id] == nil {
			return id
		}
	}
}

// save writes an incident, or marks it to be written again. mu is held.
func (b *Book) save(e *entry) {
	err := b.recall(e)
	if err == nil {
		err = b.files.write(&e.Incident)
	}
	e.dirty, e.saved = err != nil, b.now()
	if err != nil && !b.sick {
		b.deps.Log.WithError(err).Error("an incident cannot be written; it is kept in memory and tried again")
	}
	b.sick = err != nil
	if e.State == Closed && err == nil {
		e.Evidence = nil
	}
}

// recall reads the evidence of a closed incident, which is on disk alone. Where its file is there and cannot be read the error says so, and the
// file is not to be written over. mu is held.
func (b *Book) recall(e *entry) error {
	if e.State != Closed || e.Evidence != nil {
		return nil
	}
	whole, err := b.files.read(e.ID)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("the evidence of incident %s cannot be read: %w", e.ID, err)
	}
	e.Evidence = whole.Evidence
	return nil
}

func (b *Book) now() time.Time { return b.deps.Now().UTC().Round(0) }

// wake makes a goroutine look.
func wake(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
