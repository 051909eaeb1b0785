package ship

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sirupsen/logrus"

	"ivalt-radius/audit"
	"ivalt-radius/audit/audittest"
	"ivalt-radius/audit/query"
	"ivalt-radius/audit/ship/link"
)

// stage is a trail, a receiver's settings, and what shipping says of it.
type stage struct {
	*audittest.Book

	t        *testing.T
	dir      string // of the cursors
	settings Settings
	waits    link.Waits
	mask     func(*query.Record) *query.Record
	shipping *Shipping

	mu    sync.Mutex
	notes []string
	log   audittest.Log
}

func newStage(t *testing.T, to string) *stage {
	t.Helper()
	dir := t.TempDir()
	s := &stage{
		Book: audittest.NewBook(t, filepath.Join(dir, "audit.jsonl")), t: t, dir: filepath.Join(dir, "ship"),
		settings: Settings{Name: "siem", To: to, Format: "json", Spool: 1 << 30},
		waits:    link.Waits{Open: 20 * time.Second, Move: 20 * time.Second, Finish: 20 * time.Second, Youth: 20 * time.Millisecond},
	}
	t.Cleanup(s.stop)
	return s
}

func (s *stage) deps() Deps {
	log := logrus.New()
	log.SetOutput(&s.log)
	log.SetLevel(logrus.DebugLevel)
	return Deps{
		Trail: s.Book, Live: s.Live, Directory: s.dir, Version: "1", Log: log, Mask: s.mask,
		Note: func(e audit.Event) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.notes = append(s.notes, string(e.AppendFields(nil)))
		},
	}
}

// brisk is a target that is less patient than a server's, so that a test sees what comes after.
type brisk struct {
	link.Target

	settle time.Duration
}

func (b brisk) Manner() link.Manner {
	m := b.Target.Manner()
	m.Settle = b.settle
	return m
}

func (s *stage) plan() Plan {
	s.t.Helper()
	p, faults := Understand([]Settings{s.settings}, s.Live, "")
	s.Must(faults.Err())
	for i := range p.receivers {
		if stream, ok := p.receivers[i].target.(link.Stream); ok {
			stream.Waits = s.waits
			p.receivers[i].target = stream
		}
		p.receivers[i].target = brisk{p.receivers[i].target, 60 * time.Millisecond}
	}
	return p
}

func quick() pace {
	return pace{
		poll: 2 * time.Millisecond, check: 10 * time.Millisecond, tell: 20 * time.Millisecond, receipt: 100 * time.Millisecond,
		retry: 5 * time.Millisecond, most: 50 * time.Millisecond,
	}
}

func (s *stage) start() {
	s.t.Helper()
	shipping, faults := start(s.t.Context(), s.plan(), s.deps(), quick())
	s.Must(faults.Err())
	s.shipping = shipping
}

func (s *stage) stop() {
	if s.shipping != nil {
		s.shipping.Close(s.t.Context())
		s.shipping = nil
	}
}

// said is all notes so far.
func (s *stage) said() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.notes, "\n")
}

// stats are those of the one receiver.
func (s *stage) stats() Stats { return s.shipping.Stats()[0] }

// until waits until something holds.
func (s *stage) until(what string, holds func() bool) {
	s.t.Helper()
	end := time.After(30 * time.Second)
	for !holds() {
		select {
		case <-time.After(2 * time.Millisecond):
		case <-end:
			s.t.Fatalf("waited in vain for %s\n%s\n%+v", what, s.said(), s.stats())
		}
	}
}

// taken waits until all that is durable counts as taken.
func (s *stage) taken() {
	s.t.Helper()
	s.until("the cursor", func() bool {
		c, _, _ := loadCursor(filepath.Join(s.dir, "siem.json"))
		return c.Seq == s.Durable() && s.stats().Records == 0
	})
}

// inOrder fails where records do not come one after the other, each at least once; one that came before may come again.
func inOrder(t *testing.T, seqs []uint64, from, to uint64) {
	t.Helper()
	next := from
	for _, seq := range seqs {
		if seq > next || seq < from {
			t.Fatalf("record %d came where %d belongs", seq, next)
		}
		next = max(next, seq+1)
	}
	if next != to+1 {
		t.Fatalf("records %d to %d are missing", next, to)
	}
}

// once fails where a record came twice.
func once(t *testing.T, seqs []uint64, from, to uint64) {
	t.Helper()
	inOrder(t, seqs, from, to)
	if n := uint64(len(seqs)); n != to-from+1 {
		t.Errorf("%d records for %d", n, to-from+1)
	}
}

// lines reads the records of a file.
func lines(t *testing.T, path string) (seqs []uint64) {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(content)) {
		r, err := query.Parse([]byte(strings.TrimSuffix(line, "\n")))
		if err != nil || !strings.HasSuffix(line, "\n") {
			t.Fatalf("%v: %q", err, line)
		}
		seqs = append(seqs, r.Seq)
	}
	return seqs
}
