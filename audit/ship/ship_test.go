package ship

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sirupsen/logrus"
	"go.uber.org/goleak"

	"ivalt-radius/audit"
	"ivalt-radius/audit/audittest"
	"ivalt-radius/audit/query"
	"ivalt-radius/audit/ship/link"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

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
	log   logs
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

// logs is what was logged.
type logs struct {
	mu   sync.Mutex
	text strings.Builder
}

// Write implements io.Writer.
func (l *logs) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

// String is all of it.
func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
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
	shipping, faults := start(s.plan(), s.deps(), quick())
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

func TestFile(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out.jsonl")
	s := newStage(t, "file:"+out)
	s.Write(3)
	s.start()
	s.taken()
	once(t, lines(t, out), 1, 3)
	if info, err := os.Stat(out); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	trail, err := os.ReadFile(s.Live)
	s.Must(err)
	if shipped, err := os.ReadFile(out); err != nil || string(shipped) != string(trail) {
		t.Error("the lines are not the trail's own")
	}
	// logrotate
	s.Must(os.Rename(out, out+".1"))
	s.Compress(s.Rotate())
	s.Write(2)
	s.taken()
	once(t, lines(t, out), 4, 5)
	once(t, lines(t, out+".1"), 1, 3)
	if got := s.stats(); got.Shipped != 5 || got.Skipped != 0 || got.Failing != "" {
		t.Errorf("%+v", got)
	}
	// a restart goes on from the cursor
	s.stop()
	s.Write(2)
	s.start()
	s.taken()
	once(t, lines(t, out), 4, 7)
	if notes := s.said(); notes != "" {
		t.Error(notes)
	}
}

// TestFileMendsHalfALine: a crash in the middle of a line leaves one that no reader can read, and no more than that.
func TestFileMendsHalfALine(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out.jsonl")
	if err := os.WriteFile(out, []byte(`{"time":"2026`), 0o600); err != nil {
		t.Fatal(err)
	}
	s := newStage(t, "file:"+out)
	s.Write(1)
	s.start()
	s.taken()
	content, err := os.ReadFile(out)
	if half, rest, _ := strings.Cut(string(content), "\n"); err != nil || half != `{"time":"2026` || strings.Count(rest, "\n") != 1 {
		t.Errorf("%v: %q", err, content)
	}
}

func TestFilesThatFail(t *testing.T) {
	dir := t.TempDir()
	for name, to := range map[string]string{"no directory": filepath.Join(dir, "none", "out"), "a directory": dir, "a device": "/dev/null", "full": "/dev/full"} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, "file:"+to)
			s.Write(1)
			s.start()
			s.until("a failure", func() bool { return s.stats().Failing != "" })
			if n := strings.Count(s.said(), "shipping_failing"); n != 1 {
				t.Errorf("%d notes: %s", n, s.said())
			}
		})
	}
}

func TestTypes(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	s := newStage(t, "file:"+out)
	s.settings.Types = []string{"security_event"}
	s.start()
	s.Write(2)
	s.Event(audit.Security{Event: "collision"})
	s.Write(2)
	s.taken()
	once(t, lines(t, out), 3, 3)
	if got := s.stats(); got.Shipped != 1 || got.Skipped != 0 {
		t.Errorf("%+v", got)
	}
}

func TestMask(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	s := newStage(t, "file:"+out)
	s.settings.Mask = true
	if _, faults := New(s.plan(), s.deps()); len(faults) != 1 || faults[0].Key != "audit.ship[0].mask" {
		t.Errorf("mask without anything that masks: %v", faults)
	}
	s.mask = func(r *query.Record) *query.Record {
		masked := *r // the line too, which must not leave
		masked.User, masked.CallingStation = "user-0123456789abcdef", "address-0123456789abcdef"
		if r.Seq == 2 {
			return nil
		}
		return &masked
	}
	s.start()
	s.Write(3)
	s.taken()
	content, err := os.ReadFile(out)
	if err != nil || strings.Contains(string(content), "user@corp") || strings.Contains(string(content), "198.51.100.7") {
		t.Errorf("%v: %s", err, content)
	}
	if n := strings.Count(string(content), "user-0123456789abcdef"); n != 2 {
		t.Errorf("%d pseudonyms: %s", n, content)
	}
}

// TestBoundedSpool: what a receiver misses is the oldest, counted, and said in the trail.
func TestBoundedSpool(t *testing.T) {
	dir := t.TempDir()
	out := filepath.Join(dir, "later", "out")
	s := newStage(t, "file:"+out)
	s.start()
	s.Write(40)
	s.until("a failure", func() bool { return s.stats().Failing != "" && s.stats().Octets > 0 })
	s.stop()
	s.settings.Spool = 10 * int64(len(s.Line(audit.System{Event: "x"}))) // which is never written: a gap of one
	s.Compress(s.Rotate())
	s.Write(40)
	s.start()
	s.until("a skip", func() bool { return s.stats().Skipped > 0 && strings.Contains(s.said(), "shipping_skipped") })
	skipped := s.stats().Skipped
	s.Must(os.Mkdir(filepath.Dir(out), 0o700))
	s.taken()
	inOrder(t, lines(t, out), skipped+1, 81)
	if want := fmt.Sprintf("receiver siem: %d records, from 1 to %d, were not shipped", skipped, skipped); !strings.Contains(s.said(), want) {
		t.Errorf("%q is not said:\n%s", want, s.said())
	}
	if got := s.stats(); got.Shipped+got.Skipped != 81 || got.Octets != 0 || got.Behind != 0 || got.Failing != "" {
		t.Errorf("%+v", got)
	}
	if !strings.Contains(s.said(), "shipping_recovered") {
		t.Error(s.said())
	}
}

// TestNewReceiver begins with what its spool has room for, and misses nothing before that.
func TestNewReceiver(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	s := newStage(t, "file:"+out)
	line := len(s.Lines(1))
	s.Append(s.Lines(20))
	s.Must(os.Remove(s.Rotate())) // before its time
	s.Write(20)
	s.settings.Spool = int64(5 * line)
	s.start()
	s.taken()
	if got := lines(t, out); len(got) > 5 || len(got) < 4 {
		t.Errorf("%v", got)
	}
	if got := s.stats(); got.Skipped != 0 || s.said() != "" {
		t.Errorf("%+v\n%s", got, s.said())
	}
}

// TestTrailThatBeginsAnew: a cursor of a trail that is gone does not keep the new one's records back.
func TestTrailThatBeginsAnew(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	s := newStage(t, "file:"+out)
	s.Must((cursor{Seq: 1000}).save(filepath.Join(s.dir, "siem.json")))
	s.Write(3)
	s.start()
	s.taken()
	once(t, lines(t, out), 1, 3)
}

func TestCursorThatIsNone(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	s := newStage(t, "file:"+out)
	s.Must(os.Mkdir(s.dir, 0o700))
	s.Must(os.WriteFile(filepath.Join(s.dir, "siem.json"), nil, 0o600))
	s.Write(3)
	s.start()
	s.taken()
	once(t, lines(t, out), 1, 3)
	s.stop()
	if !strings.Contains(s.log.String(), "shipped again") {
		t.Error(s.log.String())
	}
}

func TestReload(t *testing.T) {
	dir := t.TempDir()
	s := newStage(t, "file:"+filepath.Join(dir, "a"))
	s.start()
	s.Write(2)
	s.taken()
	before := s.shipping.running["siem"]
	s.Must(s.shipping.Reload(s.plan()).Err())
	if s.shipping.running["siem"] != before {
		t.Error("a receiver whose settings are the same is replaced")
	}
	s.settings.To = "file:" + filepath.Join(dir, "b")
	s.Must(s.shipping.Reload(s.plan()).Err())
	s.Write(2)
	s.taken()
	once(t, lines(t, filepath.Join(dir, "a")), 1, 2)
	once(t, lines(t, filepath.Join(dir, "b")), 3, 4)
	s.settings.Mask = true
	if faults := s.shipping.Reload(s.plan()); len(faults) != 1 || len(s.shipping.Stats()) != 1 {
		t.Errorf("%v", faults)
	}
	s.Must(s.shipping.Reload(Plan{}).Err())
	if len(s.shipping.Stats()) != 0 {
		t.Error("a receiver that is gone runs")
	}
	s.shipping.Close(t.Context())
	s.settings.Mask = false
	if s.Must(s.shipping.Reload(s.plan()).Err()); len(s.shipping.Stats()) != 0 {
		t.Error("a receiver runs behind Close")
	}
}
