package notify

import (
	"context"
	"fmt"
	"io"
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
	"ivalt-radius/guard"
	"ivalt-radius/guard/notify/way"
)

const childDir = "NOTIFY_TEST_CHILD"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		notifyForever(dir)
		return
	}
	goleak.VerifyTestMain(m)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// log keeps what the log and the trail are told.
type log struct {
	audittest.Log

	mu     sync.Mutex
	events []string
}

func (l *log) note(e audit.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if s, ok := e.(audit.System); ok {
		l.events = append(l.events, s.Event+" "+s.Detail)
	}
}

// told are the events since it was asked last.
func (l *log) told() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := l.events
	l.events = nil
	return out
}

func (l *log) deps() Deps {
	logger := logrus.New()
	logger.SetOutput(l)
	return Deps{Note: l.note, Log: logger}
}

// paper is a way that ends here: real receivers are those of package way and of the tests over HTTP, and have no virtual time.
type paper struct {
	mu    sync.Mutex
	start time.Time
	sent  []string     // "SECONDS: ID ID …"
	fails func() error // nil: it takes all
	block bool         // it waits for the end of ctx
}

func (p *paper) Send(ctx context.Context, notices []Notice) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	ids := make([]string, len(notices))
	for i, n := range notices {
		ids[i] = n.ID
	}
	entry := fmt.Sprintf("%.0f: %s", time.Since(p.start).Seconds(), strings.Join(ids, " "))
	if p.block {
		<-ctx.Done()
		return "", &way.Error{What: "it does not answer in time"}
	}
	if p.fails != nil {
		if err := p.fails(); err != nil {
			p.sent = append(p.sent, entry+" failed")
			return "", err
		}
	}
	p.sent = append(p.sent, entry)
	return "it took it", nil
}

func (p *paper) got() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := p.sent
	p.sent = nil
	return out
}

// desk is notices for one receiver made of paper.
type desk struct {
	*Notices
	*log

	t     *testing.T
	paper *paper
	dir   string
}

func newDesk(t *testing.T, change func(*Settings)) *desk {
	t.Helper()
	d := &desk{t: t, log: &log{}, paper: &paper{start: time.Now()}, dir: t.TempDir()}
	d.open(t, change)
	return d
}

func settings(change func(*Settings)) Settings {
	s := Settings{Name: "ops", Kind: way.Slack, Severity: guard.Medium, Digest: time.Minute, PerHour: 20}
	if change != nil {
		change(&s)
	}
	return s
}

func (d *desk) open(t *testing.T, change func(*Settings)) {
	t.Helper()
	var err error
	d.Notices, err = open(d.dir, []Settings{settings(change)}, d.log.deps(), func(Settings) (way.Way, error) { return d.paper, nil })
	must(t, err)
}

func (d *desk) notify(t *testing.T, id string, s guard.Severity) {
	t.Helper()
	must(t, d.Notify(Notice{ID: id, Incident: id, Rule: guard.BruteForce, Severity: s, Subject: "user alice", Time: time.Now()}))
}

// waiting are the files of a spool.
func (d *desk) waiting(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(d.dir, Directory, "ops", "*"))
	must(t, err)
	return files
}

// notifyForever is the server that is killed: it prints each ID whose notice is on disk.
func notifyForever(dir string) {
	quiet := logrus.New()
	quiet.SetOutput(io.Discard)
	s := settings(func(s *Settings) { s.Digest = time.Hour })
	n, err := open(dir, []Settings{s}, Deps{Note: func(audit.Event) {}, Log: quiet}, func(Settings) (way.Way, error) { return &paper{}, nil })
	for i := 0; err == nil; i++ {
		id := fmt.Sprintf("n%d", i)
		if err = n.Notify(Notice{ID: id, Severity: guard.High}); err == nil {
			_, err = fmt.Fprintln(os.Stdout, id)
		}
	}
	_, _ = fmt.Fprintln(os.Stderr, err)
}
