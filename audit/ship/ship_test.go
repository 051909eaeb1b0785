package ship

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"ivalt-radius/audit"
	"ivalt-radius/audit/query"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

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
	if _, faults := New(t.Context(), s.plan(), s.deps()); len(faults) != 1 || faults[0].Key != "audit.ship[0].mask" {
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
	s.Must(s.shipping.Reload(t.Context(), s.plan()).Err())
	if s.shipping.running["siem"] != before {
		t.Error("a receiver whose settings are the same is replaced")
	}
	s.settings.To = "file:" + filepath.Join(dir, "b")
	s.Must(s.shipping.Reload(t.Context(), s.plan()).Err())
	s.Write(2)
	s.taken()
	once(t, lines(t, filepath.Join(dir, "a")), 1, 2)
	once(t, lines(t, filepath.Join(dir, "b")), 3, 4)
	s.settings.Mask = true
	if faults := s.shipping.Reload(t.Context(), s.plan()); len(faults) != 1 || len(s.shipping.Stats()) != 1 {
		t.Errorf("%v", faults)
	}
	s.Must(s.shipping.Reload(t.Context(), Plan{}).Err())
	if len(s.shipping.Stats()) != 0 {
		t.Error("a receiver that is gone runs")
	}
	s.shipping.Close(t.Context())
	s.settings.Mask = false
	if s.Must(s.shipping.Reload(t.Context(), s.plan()).Err()); len(s.shipping.Stats()) != 0 {
		t.Error("a receiver runs behind Close")
	}
}

// TestTriesComeLessAndLessOften: a receiver that fails at once does not make us spin.
func TestTriesComeLessAndLessOften(t *testing.T) {
	o := outage{pace: usual()}
	now := time.Now()
	for i := range 100 {
		most := min(time.Minute, time.Second<<min(i, 20))
		o.next(now)
		if wait := o.retryAt.Sub(now); wait < most/2 || wait > most {
			t.Errorf("try %d comes after %v, want %v at most and half of it at least", i+2, wait, most)
		}
	}
}
