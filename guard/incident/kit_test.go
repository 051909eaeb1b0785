package incident

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sirupsen/logrus"
	"github.com/sirupsen/logrus/hooks/test"

	"ivalt-radius/audit"
	"ivalt-radius/guard"
)

// start is when the tests begin.
func start() time.Time { return time.Date(2026, 11, 26, 10, 0, 0, 0, time.UTC) }

// kit is a book and all that it works with.
type kit struct {
	*Book
	dir     string
	at      time.Time
	said    recorder
	holds   holder
	answers responder
	log     *test.Hook
}

func newKit(t *testing.T) *kit {
	t.Helper()
	k := &kit{dir: t.TempDir(), at: start(), holds: holder{held: map[string]string{}}}
	k.open(t)
	return k
}

func (k *kit) open(t *testing.T) {
	t.Helper()
	var err error
	var log *logrus.Logger
	log, k.log = test.NewNullLogger()
	k.Book, err = Open(k.dir, Settings{Retention: 24 * time.Hour}, Deps{
		Recorder: &k.said, Responder: &k.answers, Holder: &k.holds, Log: log, Now: func() time.Time { return k.at },
	})
	must(t, err)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// only is the one incident that there is.
func (k *kit) only(t *testing.T) Incident {
	t.Helper()
	all := k.List()
	if len(all) != 1 {
		t.Fatalf("there are %d incidents", len(all))
	}
	i, err := k.Find(all[0].ID)
	must(t, err)
	return i
}

// onDisk is an incident as another process would read it.
func (k *kit) onDisk(t *testing.T, id string) Incident {
	t.Helper()
	i, err := files{filepath.Join(k.dir, directory)}.read(id)
	must(t, err)
	return *i
}

// alert is one about a subject, of a severity, with a count.
func (k *kit) alert(rule guard.Rule, subject guard.Subject, s guard.Severity, count int) guard.Alert {
	return guard.Alert{
		Rule: rule, Severity: s, Subject: subject, Count: count, First: k.at.Add(-time.Minute), Last: k.at, Detail: "wrong passwords",
		Evidence: []guard.Line{line(k.at, "alice", count)},
	}
}

func line(at time.Time, user string, n int) guard.Line {
	return guard.Line{Time: at, Record: json.RawMessage(fmt.Sprintf(`{"type":"authentication_attempt","user":%q,"calling_station":"192.0.2.7","detail":"n %d"}`, user, n))}
}

func user(name string) guard.Subject { return guard.Subject{User: name} }

func address(text string) guard.Subject { return guard.Subject{Address: netip.MustParseAddr(text)} }

// recorder keeps what was said.
type recorder struct {
	mu     sync.Mutex
	events []string
	err    error
}

func (r *recorder) Note(e audit.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, string(e.AppendFields(nil)))
}

func (r *recorder) Commit(_ context.Context, e audit.Event) error {
	if r.err == nil {
		r.Note(e)
	}
	return r.err
}

// about are the events that have all of some texts.
func (r *recorder) about(texts ...string) (found []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range r.events {
		if !slices.ContainsFunc(texts, func(text string) bool { return !strings.Contains(e, text) }) {
			found = append(found, e)
		}
	}
	return found
}

// holder keeps what is held.
type holder struct {
	held map[string]string
	err  error
}

func (h *holder) Hold(id string, from, to time.Time, _ string) error {
	if h.err == nil {
		h.held[id] = from.Format(time.RFC3339) + " " + to.Format(time.RFC3339)
	}
	return h.err
}

func (h *holder) Release(id string) error {
	if h.err == nil {
		delete(h.held, id)
	}
	return h.err
}

// responder keeps what it was asked.
type responder struct {
	asked   []string
	resumed []string
	pens    []Pen
}

func (r *responder) Respond(i Incident, p Pen) {
	r.asked = append(r.asked, i.History[len(i.History)-1].What+" "+i.Severity.String())
	r.pens = append(r.pens, p)
	p.Did(Action{Step: "notify", Outcome: Done})
}

func (r *responder) Resume(i Incident, _ Pen) { r.resumed = append(r.resumed, i.ID) }

var errDisk = errors.New("the disk is full")

// noPlace takes the place of the incidents away, so that nothing can be written, until it is called.
func (k *kit) noPlace(t *testing.T) (again func()) {
	t.Helper()
	dir := filepath.Join(k.dir, directory)
	must(t, os.Rename(dir, dir+".away"))
	return func() { must(t, os.Rename(dir+".away", dir)) }
}
