package audit

import (
	"errors"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// listener gathers what a trail says of itself.
type listener struct {
	mu    sync.Mutex
	words []string
}

func (l *listener) hear(e Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch e := e.(type) {
	case System:
		l.words = append(l.words, e.Event)
	case Security:
		l.words = append(l.words, e.Event)
	default:
		l.words = append(l.words, e.Message())
	}
}

func (l *listener) heard() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.words, " ")
}

func expectHeard(t *testing.T, l *listener, want string) {
	t.Helper()
	if got := l.heard(); got != want {
		t.Errorf("Noticed heard %q, want %q", got, want)
	}
}

// TestNoticedHearsWhatOpenFinds, without a word about a sound trail.
func TestNoticedHearsWhatOpenFinds(t *testing.T) {
	for _, c := range []struct {
		name  string
		touch func(r crashRig)
		want  string
	}{
		{"nothing", func(crashRig) {}, ""},
		{"a torn line", func(r crashRig) { write(t, r.path, read(t, r.path)+`{"time":"`) }, "trail_repaired"},
		{"a changed line", func(r crashRig) { write(t, r.path, strings.Replace(read(t, r.path), `"user":"c"`, `"user":"d"`, 1)) }, "trail_broken"},
		{"records cut off", func(r crashRig) { _, _ = os.Remove(r.path), os.Remove(r.second) }, "trail_replaced trail_truncated"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newCrashRig(t)
			c.touch(r)
			var l listener
			opt := r.options()
			opt.Noticed = l.hear
			trail := mustOpen(t, r.path, opt)
			mustCommit(t, trail, Attempt{User: "z"})
			mustClose(t, trail)
			expectHeard(t, &l, c.want)
		})
	}
}

// TestNoticedHearsOfALostFile while the server runs.
func TestNoticedHearsOfALostFile(t *testing.T) {
	path := trailPath(t)
	var l listener
	trail := mustOpen(t, path, Options{Noticed: l.hear})
	mustCommit(t, trail, Attempt{User: "a"})
	expectHeard(t, &l, "")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	_ = trail.Commit(t.Context(), Attempt{User: "b"}) // lost with the file
	mustCommit(t, trail, Attempt{User: "c"})
	mustClose(t, trail)
	expectHeard(t, &l, "trail_replaced recovered")
}

// TestNoticedHearsWhatIsOnDisk: a loss that could not be recorded yet is not told, and is told once.
func TestNoticedHearsWhatIsOnDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		file := &faultyFile{}
		var l listener
		trail := mustOpen(t, trailPath(t), Options{Noticed: l.hear, Wrap: file.wrap})
		broken := errors.New("broken")
		file.fail(broken, nil, nil)
		_ = trail.Commit(t.Context(), Attempt{User: "a"})
		file.fail(nil, broken, nil)
		_ = trail.Commit(t.Context(), Attempt{User: "b"})
		time.Sleep(10 * retryAfter) //nolint:forbidigo // in the bubble
		expectHeard(t, &l, "")
		file.fail(nil, nil, nil)
		mustCommit(t, trail, Attempt{User: "c"})
		time.Sleep(10 * retryAfter) //nolint:forbidigo // in the bubble
		expectHeard(t, &l, "recovered")
		mustClose(t, trail)
		expectHeard(t, &l, "recovered")
	})
}
