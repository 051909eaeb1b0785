package main

import (
	"errors"
	"strings"
	"testing"
	"time"

	"ivalt-radius/audit"
	"ivalt-radius/cmd/ivalt-radius/logger"
)

type sick struct {
	err     error
	refused uint64
}

func (s sick) Failing() error  { return s.err }
func (s sick) Refused() uint64 { return s.refused }

func TestWatchTellsWhatCannotBeLearned(t *testing.T) {
	for name, c := range map[string]struct {
		health health
		words  string
		lines  int
	}{
		"sound":   {sick{}, "", 0},
		"failing": {sick{err: errors.New("disk full")}, "disk full", 2},
		"full":    {sick{refused: 3}, "too many addresses", 1},
	} {
		t.Run(name, func(t *testing.T) {
			out := &lines{more: make(chan struct{})}
			log, err := logger.New(out, "info", "json")
			if err != nil {
				t.Fatal(err)
			}
			trail, err := audit.Open(t.TempDir()+"/audit.jsonl", audit.Options{})
			if err != nil {
				t.Fatal(err)
			}
			a := &app{log: log, trail: trail}
			tick, stop, ended := make(chan time.Time), make(chan struct{}), make(chan struct{})
			go func() { defer close(ended); a.watch(c.health, tick, stop) }()
			tick <- time.Time{}
			tick <- time.Time{}
			close(stop)
			<-ended
			log.Close()
			if err := trail.Close(); err != nil {
				t.Fatal(err)
			}
			if got := strings.Count(out.String(), "message_authenticator_not_learned"); got != c.lines || !strings.Contains(out.String(), c.words) {
				t.Errorf("%d lines, want %d with %q:\n%s", got, c.lines, c.words, out)
			}
		})
	}
}
