package ivalt

import (
	"os"
	"strings"
	"testing"
	"time"

	"ivalt-radius/auth"
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

func TestLabel(t *testing.T) {
	for _, tc := range []struct {
		name, template, client, station, want string
	}{
		{"the default", "VPN {client} {calling_station}", "gate", "203.0.113.7", "VPN gate 203.0.113.7"},
		{"no calling station", "VPN {client} {calling_station}", "gate", "", "VPN gate"},
		{"user", "{user}@{client}", "gate", "", "ada@gate"},
		{"empty", "", "gate", "", "VPN"},
		{"nothing left", "{calling_station}", "gate", "", "VPN"},
		{"blanks", "  VPN   {client}  ", " gate ", "", "VPN gate"},
		{"control characters", "VPN {client}", "a\x00b\nc\x7f\t", "", "VPN a?b?c??"},
		{"other scripts", "VPN {client}", "Zürich\u202e", "", "VPN Z?rich?"},
		{"bad UTF-8", "VPN {client}", "a\xffb", "", "VPN a?b"},
		{"too long", "VPN {client}", strings.Repeat("x", 100), "", "VPN " + strings.Repeat("x", 56)},
		{"cut at a blank", "VPN {client}", strings.Repeat("x", 55) + " y", "", "VPN " + strings.Repeat("x", 55)},
		{"a value is no template", "VPN {client}", "{user}", "", "VPN {user}"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			l, err := parseLabel(tc.template)
			if err != nil {
				t.Fatal(err)
			}
			p := pushTo(t, "a", testMobile)
			p.Client, p.CallingStation = tc.client, tc.station
			if got := l.render(p); got != tc.want {
				t.Errorf("%q, want %q", got, tc.want)
			}
		})
	}
}

// TestLabelBoundsTheName: a login name is a stranger's to choose, and pushes nothing else off.
func TestLabelBoundsTheName(t *testing.T) {
	l, err := parseLabel("{user} at {client} {calling_station}")
	if err != nil {
		t.Fatal(err)
	}
	p := pushTo(t, "a", testMobile)
	if p.User, err = auth.ParseUsername("bob-from-198.51.100.1-office" + strings.Repeat("_", 80)); err != nil {
		t.Fatal(err)
	}
	if got := l.render(p); got != "bob-from-198.51.100.1-of at gate 203.0.113.7" {
		t.Errorf("%q", got)
	}
}

func TestLabelShowsTheNumber(t *testing.T) {
	for _, tc := range []struct{ name, template, client, want string }{
		{"the default", "VPN {client}", "gate", "VPN gate #47"},
		{"empty", "", "gate", "VPN #47"},
		{"never cut off", "VPN {client}", strings.Repeat("x", 100), "VPN " + strings.Repeat("x", 52) + " #47"},
		{"placed by the template", "No. {number}: {client}", "gate", "No. 47: gate"},
		{"placed too far behind", "VPN {client} No. {number}", strings.Repeat("x", 100), "VPN " + strings.Repeat("x", 52) + " #47"},
		{"as text of a client", "VPN {client}", "{number}", "VPN {number} #47"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			l, err := parseLabel(tc.template)
			if err != nil {
				t.Fatal(err)
			}
			p := pushTo(t, "a", testMobile)
			p.Client, p.CallingStation, p.Number = tc.client, "", "47"
			if got := l.render(p); got != tc.want || len(got) > mostLabel {
				t.Errorf("%q, want %q", got, tc.want)
			}
		})
	}
}

func FuzzLabel(f *testing.F) {
	f.Add("VPN {client} {calling_station}", "gate", "203.0.113.7")
	f.Add("{user}", "{client}", "\x00ü")
	f.Fuzz(func(t *testing.T, template, client, station string) {
		l, err := parseLabel(template)
		if err != nil {
			return
		}
		got := l.render(&auth.Push{Client: client, CallingStation: station, Number: "47"})
		if !strings.Contains(template, "{number}") && !strings.HasSuffix(got, " #47") {
			t.Errorf("%q without its number", got)
		}
		if got == "" || len(got) > mostLabel || strings.ContainsFunc(got, func(r rune) bool { return r < ' ' || r > '~' }) {
			t.Errorf("%q", got)
		}
	})
}

func TestCorpusIsKept(t *testing.T) {
	if seeds, err := os.ReadDir("testdata/fuzz/FuzzLabel"); err != nil || len(seeds) == 0 {
		t.Errorf("no committed seeds: %v", err)
	}
}
