package watch

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"ivalt-radius/audit"
	"ivalt-radius/guard"
)

// open opens a trail that the stage hears of.
func (s *stage) open(t *testing.T, path string) *audit.Trail {
	t.Helper()
	trail, err := audit.Open(path, audit.Options{Noticed: s.See})
	if err != nil {
		t.Fatal(err)
	}
	return trail
}

func write(t *testing.T, trail *audit.Trail) {
	t.Helper()
	if err := trail.Commit(t.Context(), audit.Attempt{User: "anna"}); err != nil {
		t.Fatal(err)
	}
}

// TestATamperedTrailIsSeen by the running server and at the start: what the trail itself records passes no recorder.
func TestATamperedTrailIsSeen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.log")
	want := []string{"critical 1 the service"}
	t.Run("a sound one", func(t *testing.T) {
		s := newStage(defaults())
		trail := s.open(t, path)
		write(t, trail)
		_ = trail.Close()
		if s.work(); len(s.alerts) > 0 {
			t.Errorf("%q", s.said())
		}
	})
	t.Run("removed under the server", func(t *testing.T) {
		s := newStage(defaults())
		trail := s.open(t, path)
		write(t, trail)
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		_ = trail.Commit(t.Context(), audit.Attempt{User: "anna"}) // finds it gone
		write(t, trail)
		_ = trail.Close()
		s.work()
		if got := s.of(guard.TrailTampered); !slices.Equal(got, want) || !strings.Contains(string(s.alerts[0].Evidence[0].Record), `"event":"trail_replaced"`) {
			t.Errorf("%q, %+v", got, s.alerts)
		}
	})
	t.Run("changed before the start", func(t *testing.T) {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		file, err := os.OpenFile(path, os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := file.WriteAt([]byte("hans"), int64(strings.LastIndex(string(content), "anna"))); err != nil {
			t.Fatal(err)
		}
		_ = file.Close()
		s := newStage(defaults())
		trail := s.open(t, path)
		write(t, trail)
		_ = trail.Close()
		s.pass(2 * time.Second)
		if got := s.of(guard.TrailTampered); !slices.Equal(got, want) || !strings.Contains(string(s.alerts[0].Evidence[0].Record), `"event":"trail_broken"`) {
			t.Errorf("%q, %+v", got, s.alerts)
		}
	})
}
