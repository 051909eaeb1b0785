package label

import (
	"strings"
	"testing"

	"ivalt-radius/auth"
)

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
			l, err := Parse(tc.template)
			if err != nil {
				t.Fatal(err)
			}
			p := pushOf(t)
			p.Client, p.CallingStation = tc.client, tc.station
			if got := l.Render(p); got != tc.want {
				t.Errorf("%q, want %q", got, tc.want)
			}
		})
	}
}

// TestLabelBoundsTheName: a login name is a stranger's to choose, and pushes nothing else off.
func TestLabelBoundsTheName(t *testing.T) {
	l, err := Parse("{user} at {client} {calling_station}")
	if err != nil {
		t.Fatal(err)
	}
	p := pushOf(t)
	if p.User, err = auth.ParseUsername("bob-from-198.51.100.1-office" + strings.Repeat("_", 80)); err != nil {
		t.Fatal(err)
	}
	if got := l.Render(p); got != "bob-from-198.51.100.1-of at gate 203.0.113.7" {
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
			l, err := Parse(tc.template)
			if err != nil {
				t.Fatal(err)
			}
			p := pushOf(t)
			p.Client, p.CallingStation, p.Number = tc.client, "", "47"
			if got := l.Render(p); got != tc.want || len(got) > Most {
				t.Errorf("%q, want %q", got, tc.want)
			}
		})
	}
}

func FuzzLabel(f *testing.F) {
	f.Add("VPN {client} {calling_station}", "gate", "203.0.113.7")
	f.Add("{user}", "{client}", "\x00ü")
	f.Fuzz(func(t *testing.T, template, client, station string) {
		l, err := Parse(template)
		if err != nil {
			return
		}
		got := l.Render(&auth.Push{Client: client, CallingStation: station, Number: "47"})
		if !strings.Contains(template, "{number}") && !strings.HasSuffix(got, " #47") {
			t.Errorf("%q without its number", got)
		}
		if got == "" || len(got) > Most || strings.ContainsFunc(got, func(r rune) bool { return r < ' ' || r > '~' }) {
			t.Errorf("%q", got)
		}
	})
}

// pushOf is ada's push at the client gate.
func pushOf(t *testing.T) *auth.Push {
	t.Helper()
	user, err := auth.ParseUsername("ada")
	if err != nil {
		t.Fatal(err)
	}
	return &auth.Push{Client: "gate", CallingStation: "203.0.113.7", User: user}
}
