package ivalt

import (
	"os"
	"strings"
	"testing"
	"time"
)

func TestSettings(t *testing.T) {
	for _, tc := range []struct {
		name   string
		change func(*Settings)
		key    string // of the one fault; empty: sound
	}{
		{"as they are", func(*Settings) {}, ""},
		{"the way to iVALT", func(s *Settings) { s.API.URL = "ftp://api.ivalt.com" }, "ivalt.url"},
		{"no approval timeout", func(s *Settings) { s.ApprovalTimeout = 0 }, "ivalt.approval_timeout"},
		{"long approval timeout", func(s *Settings) { s.ApprovalTimeout = time.Hour }, "ivalt.approval_timeout"},
		{"sentinel auto", func(s *Settings) { s.Sentinel = SentinelAuto }, ""},
		{"sentinel never", func(s *Settings) { s.Sentinel = "never" }, "ivalt.sentinel"},
		{"the words", func(s *Settings) { s.Sentinel, s.OnCollision = SentinelAlways, DenyBoth }, ""},
		{"keep first", func(s *Settings) { s.OnCollision = KeepFirst }, ""},
		{"keep last", func(s *Settings) { s.OnCollision = "keep_last" }, "ivalt.on_collision"},
		{"negative limit", func(s *Settings) { s.Limits.PerHour = -1 }, "ivalt.limits.per_hour"},
		{"tiny limit is a warning", func(s *Settings) { s.Limits.PerMinute = 5 }, ""},
		{"unknown placeholder", func(s *Settings) { s.RequestFrom = "VPN {password}" }, "ivalt.request_from"},
		{"open brace", func(s *Settings) { s.RequestFrom = "VPN {client" }, "ivalt.request_from"},
		{"closing brace", func(s *Settings) { s.RequestFrom = "VPN client}" }, "ivalt.request_from"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := settings()
			tc.change(&s)
			var keys []string
			var text strings.Builder
			for _, f := range s.Check().Fatal() {
				keys = append(keys, f.Key)
				text.WriteString(f.String())
			}
			if got := strings.Join(keys, " "); got != tc.key {
				t.Errorf("faults of %q, want %q: %s", got, tc.key, text.String())
			}
		})
	}
}

func TestFaultsTogether(t *testing.T) {
	t.Run("all of them", func(t *testing.T) {
		service, faults := New(Settings{Sentinel: "x", OnCollision: "x"}, Deps{})
		if service != nil || len(faults.Fatal()) != 5 {
			t.Errorf("%v", faults)
		}
	})
	t.Run("a tiny limit warns", func(t *testing.T) {
		s := settings()
		s.Limits.PerHour = 5
		if w := s.Check().Warnings(); len(w) != 1 || w[0].Key != "ivalt.limits.per_hour" {
			t.Errorf("%v", w)
		}
	})
}

func TestCorpusIsKept(t *testing.T) {
	if seeds, err := os.ReadDir("testdata/fuzz/FuzzLabel"); err != nil || len(seeds) == 0 {
		t.Errorf("no committed seeds: %v", err)
	}
}
