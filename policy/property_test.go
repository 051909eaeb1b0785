package policy

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// Few words, so that rules and facts meet often.

func drawSettings(t *rapid.T) Settings {
	action := rapid.SampledFrom([]string{"", "deny", "require_push", "exempt"})
	s := Settings{Timezone: drawZone(t), Default: action.Draw(t, "default")}
	for i := range rapid.IntRange(0, 5).Draw(t, "rules") {
		s.Rules = append(s.Rules, RuleSettings{
			Name: fmt.Sprintf("rule %d", i), Decision: action.Draw(t, "decision"),
			Match: MatchSettings{
				Users:    drawSome(t, "users", "alice", "A*", "svc-*", `corp\*`, "*@corp", "*", "*l*c*"),
				Groups:   drawSome(t, "groups", "admins", "VPN*", "Ärzte", "*"),
				Clients:  drawSome(t, "clients", "fw01", "FW*", "openvpn-as"),
				Networks: drawSome(t, "networks", "10.0.0.0/8", "0.0.0.0/0", "::/0", "fe80::/10", "::ffff:10.1.0.0/112"),
			},
			Only: OnlySettings{
				Networks: drawSome(t, "only networks", "10.1.0.0/16", "2001:db8::/32", "::/0"),
				Hours:    drawHours(t),
			},
			Reply: []Attribute{{Name: "Class", Value: fmt.Sprint(i)}}, Primary: rapid.SampledFrom([]string{"", "none", "file"}).Draw(t, "primary"),
			Remember: time.Duration(rapid.IntRange(0, 1).Draw(t, "remember")) * time.Hour,
			Fail:     rapid.SampledFrom([]FailSettings{{}, {Mode: "allow_remembered", For: time.Hour}}).Draw(t, "fail"),
		})
	}
	for _, name := range drawSome(t, "groups with a reply", "admins", "vpn users") {
		if !slices.ContainsFunc(s.Groups, func(g GroupSettings) bool { return g.Name == name }) {
			s.Groups = append(s.Groups, GroupSettings{Name: name, Reply: []Attribute{{Name: "Filter-Id", Value: name}, {Name: "Class", Value: name}}})
		}
	}
	return s
}

func drawSome(t *rapid.T, label string, from ...string) []string {
	some := rapid.SliceOfN(rapid.SampledFrom(from), 0, 2).Draw(t, label)
	if len(some) == 0 {
		return nil
	}
	return some
}

func drawZone(t *rapid.T) string {
	return rapid.SampledFrom([]string{
		"UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia", "America/St_Johns",
		"America/Nuuk", "Africa/Casablanca", "Antarctica/Troll",
	}).Draw(t, "zone")
}

func drawHours(t *rapid.T) []HoursSettings {
	clock := func(label string, last int) string {
		quarter := rapid.IntRange(0, last).Draw(t, label)
		return fmt.Sprintf("%02d:%02d", quarter/4, quarter%4*15)
	}
	var out []HoursSettings
	for range rapid.IntRange(0, 3).Draw(t, "windows") {
		w := HoursSettings{
			Days: drawSome(t, "days", "mon", "TUE", "wednesday", "thu", "Fri", "saturday", "sun"), From: clock("from", 95), To: clock("to", 96),
		}
		if w.From == w.To {
			w.To = "24:00"
		}
		if rapid.Bool().Draw(t, "own zone") {
			w.Timezone = drawZone(t)
		}
		if rapid.Bool().Draw(t, "exceptions") {
			w.Except = []string{drawInstant(t).Format(time.DateOnly)}
		}
		out = append(out, w)
	}
	return out
}

// drawInstant gives instants near clock changes as often as others.
func drawInstant(t *rapid.T) time.Time {
	base := rapid.SampledFrom([]string{
		"2026-03-29", "2026-10-25", "2026-03-08", "2026-11-01", "2026-04-05", "2026-10-04", "2011-12-30", "2010-11-07", "2024-03-30", "2026-07-01",
	}).Draw(t, "near")
	date, err := time.Parse(time.DateOnly, base)
	if err != nil {
		t.Fatal(err)
	}
	return date.Add(time.Duration(rapid.IntRange(-3*86400, 3*86400).Draw(t, "offset")) * time.Second)
}

func drawFacts(t *rapid.T) Facts {
	f := Facts{
		User:   rapid.SampledFrom([]string{"", "alice", "svc-x", `corp\alice`, "alice@corp", `corp\svc-x@corp`, "zoe"}).Draw(t, "user"),
		Groups: drawSome(t, "member of", "admins", "ADMINS", "VPN Users", "ärzte", "guests"),
		Reply:  rapid.SampledFrom([][]Attribute{nil, nil, {{Name: "CLASS", Value: "own"}}}).Draw(t, "reply"),
		Client: rapid.SampledFrom([]string{"", "fw01", "FW01", "openvpn-as", "other"}).Draw(t, "client"),
		At:     drawInstant(t),
	}
	if a := rapid.SampledFrom([]string{"", "10.1.0.9", "::ffff:10.1.0.9", "192.0.2.1", "2001:db8::1", "fe80::1%eth0"}).Draw(t, "from"); a != "" {
		f.CallingStation = netip.MustParseAddr(a)
	}
	return f
}

func drawPolicy(t *rapid.T) *Policy {
	return mustNewIn(t, drawSettings(t))
}

// TestExplainIsDecide holds that the dry run tells what the server does, and that its parts bear out the whole.
func TestExplainIsDecide(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, f := drawPolicy(t), drawFacts(t)
		d, trace := p.Decide(f), p.Explain(f)
		if diff := cmp.Diff(d, trace.Decision); diff != "" {
			t.Fatal(diff)
		}
		if diff := cmp.Diff(d, p.Decide(f)); diff != "" {
			t.Fatalf("the same facts, another decision: %s", diff)
		}
		if diff := cmp.Diff(d, rebuilt(t, trace), cmp.FilterPath(ends, cmp.Ignore())); diff != "" {
			t.Fatalf("the findings lead elsewhere: %s\n%s", diff, trace)
		}
		if d.Action != RequirePush && (d.Remember != 0 || d.Fail != (Fail{})) || d.Action == Deny && d.Factor != "" {
			t.Fatalf("a way past the phone that is not asked: %+v", d)
		}
		var told []Attribute
		for _, r := range trace.Reply {
			told = append(told, r.Attribute)
		}
		if diff := cmp.Diff(d.Reply, told); diff != "" {
			t.Fatalf("the trace tells another reply: %s", diff)
		}
		if d.Action == Deny && (d.Reply != nil || !d.Until.IsZero()) {
			t.Fatalf("a denial carries a reply or an end: %+v", d)
		}
		if trace.String() == "" {
			t.Fatal("nothing printed")
		}
	})
}

// ends leaves out what findings do not hold.
func ends(p cmp.Path) bool {
	return slices.Contains([]string{"Reply", "Until", "Factor", "Remember", "Fail"}, p.String())
}

// TestPossibleIsDecide holds that every decision stands among those that are possible through its client, and that a rule's own
// way in is the possible one's.
func TestPossibleIsDecide(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, f := drawPolicy(t), drawFacts(t)
		d := p.Decide(f)
		for _, possible := range p.Possible(f.Client) {
			if possible.Rule != d.Rule {
				continue
			}
			if d.Action != Deny {
				if diff := cmp.Diff(possible, d, cmp.FilterPath(func(p cmp.Path) bool { return p.String() == "Reply" || p.String() == "Until" }, cmp.Ignore())); diff != "" {
					t.Fatal(diff)
				}
			}
			return
		}
		t.Fatalf("not possible, and decided: %+v", d)
	})
}

// TestReplyIsTheStrongest holds replies against a slower tale of them: of each name the person's values, else those of the first group
// of the settings that is the person's and has it, else the rule's.
func TestReplyIsTheStrongest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(label string) []Attribute {
			var out []Attribute
			for i, name := range rapid.SliceOfN(rapid.SampledFrom([]string{"Class", "class", "Filter-Id", "Framed-MTU"}), 0, 4).Draw(t, label) {
				out = append(out, attr(name, fmt.Sprint(label, i)))
			}
			return out
		}
		rule, admins, users, person := draw("rule"), draw("admins"), draw("users"), draw("person")
		facts := Facts{Groups: drawSome(t, "member of", "admins", "VPN Users", "guests"), Reply: person}
		s := Settings{Rules: []RuleSettings{{Name: "r", Reply: rule}}}
		sources := [][]Attribute{person}
		for _, g := range []GroupSettings{{Name: "VPN Users", Reply: users}, {Name: "admins", Reply: admins}} {
			if len(g.Reply) > 0 {
				s.Groups = append(s.Groups, g)
			}
			if slices.Contains(facts.Groups, g.Name) {
				sources = append(sources, g.Reply)
			}
		}
		checkStrongest(t, mustNewIn(t, s).Decide(facts).Reply, append(sources, rule))
	})
}

// checkStrongest compares a reply, name by name, with the first source that has the name.
func checkStrongest(t *rapid.T, reply []Attribute, sources [][]Attribute) {
	valuesOf := func(reply []Attribute, name string) (values []string) {
		for _, a := range reply {
			if strings.EqualFold(a.Name, name) {
				values = append(values, a.Value)
			}
		}
		return values
	}
	total := 0
	for _, name := range []string{"Class", "Filter-Id", "Framed-MTU"} {
		var want []string
		for _, source := range sources {
			if want = valuesOf(source, name); want != nil {
				break
			}
		}
		if diff := cmp.Diff(want, valuesOf(reply, name)); diff != "" {
			t.Fatalf("%s: %s", name, diff)
		}
		total += len(want)
	}
	if total != len(reply) {
		t.Fatalf("%d attributes, want %d", len(reply), total)
	}
}

func mustNewIn(t *rapid.T, s Settings) *Policy {
	p, faults := New(s, known())
	if err := faults.Err(); err != nil {
		t.Fatal(err)
	}
	return p
}

// rebuilt decides again, from a trace's findings alone.
func rebuilt(t *rapid.T, trace Trace) Decision {
	fails := func(fs []Finding, key string) bool {
		return slices.ContainsFunc(fs, func(f Finding) bool { return f.Key == key && !f.Holds })
	}
	for i, r := range trace.Rules {
		matches := !slices.ContainsFunc(r.Match, func(f Finding) bool { return !f.Holds })
		if matches != r.Matches {
			t.Fatalf("rule %d: matches = %v, by its findings %v", i, r.Matches, matches)
		}
		if r.Decides != matches || r.Unheeded {
			t.Fatalf("rule %d: decides = %v, unheeded = %v, but it is reached and matches = %v", i, r.Decides, r.Unheeded, matches)
		}
		if !matches {
			continue
		}
		switch {
		case fails(r.Only, "only.networks"):
			return Decision{Denial: ByNetwork, Rule: r.Name}
		case fails(r.Only, "only.hours"):
			return Decision{Denial: ByHours, Rule: r.Name}
		}
		return Decision{Action: r.Action, Rule: r.Name}
	}
	return Decision{Action: trace.Default, Rule: DefaultRule}
}

// TestUntil holds that hours are open up to Until and closed at it, and that "no end" is none.
func TestUntil(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, faults := New(Settings{Timezone: drawZone(t), Rules: []RuleSettings{
			{Name: "r", Only: OnlySettings{Hours: drawHours(t)}},
		}}, known())
		if err := faults.Err(); err != nil {
			t.Fatal(err)
		}
		checkUntil(t, p, drawInstant(t))
	})
}

type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

// checkUntil asks a rule of hours alone at an instant, and then on the way to the end that it names.
func checkUntil(t failer, p *Policy, at time.Time) {
	t.Helper()
	const exact = 15 * 24 * time.Hour // an end nearer than that is the true end
	open := func(at time.Time) bool {
		d := p.Decide(Facts{At: at})
		if d.Action == Deny && d.Denial != ByHours {
			t.Fatalf("%s: denied by something else: %+v", at, d)
		}
		return d.Action != Deny
	}
	if !open(at) {
		return
	}
	until := p.Decide(Facts{At: at}).Until
	end := until
	if until.IsZero() {
		end = at.Add(40 * 24 * time.Hour)
	}
	if !end.After(at) {
		t.Fatalf("open at %s until %s", at, until)
	}
	for step, now := max(end.Sub(at)/200, time.Second), at; now.Before(end); now = now.Add(step) {
		if !open(now) {
			t.Fatalf("open at %s until %s, but closed at %s", at, until, now)
		}
	}
	switch {
	case !open(end.Add(-time.Nanosecond)):
		t.Fatalf("open at %s until %s, but closed a moment before", at, until)
	case !until.IsZero() && end.Sub(at) < exact && open(end):
		t.Fatalf("open at %s until %s, but open then as well", at, until)
	}
}

// TestWindowIsItsClock compares one window with what its zone's clocks show: whoever reads a time inside it is let in, and
// outside the days of clock changes nobody else is.
func TestWindowIsItsClock(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		from, to := rapid.IntRange(0, 1439).Draw(t, "from"), rapid.IntRange(0, 1440).Draw(t, "to")
		if from == to {
			to++
		}
		day := time.Weekday(rapid.IntRange(0, 6).Draw(t, "day"))
		zone := drawZone(t)
		p, faults := New(Settings{Timezone: zone, Rules: []RuleSettings{
			{Name: "r", Only: OnlySettings{Hours: []HoursSettings{{
				Days: []string{day.String()}, From: fmt.Sprintf("%d:%02d", from/60, from%60), To: fmt.Sprintf("%d:%02d", to/60, to%60),
			}}}},
		}}, known())
		if err := faults.Err(); err != nil {
			t.Fatal(err)
		}
		at := drawInstant(t)
		loc, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		clock := at.In(loc)
		minute := clock.Hour()*60 + clock.Minute()
		today, yesterday := clock.Weekday() == day, (clock.Weekday()+6)%7 == day
		reads := today && minute >= from && (minute < to || to < from) || yesterday && to < from && minute < to
		_, early := at.Add(-48 * time.Hour).In(loc).Zone()
		_, late := at.Add(48 * time.Hour).In(loc).Zone()
		changes := early != late
		lostDay := clock.Year() == 2011 // the night that would begin on Samoa's lost day
		open := p.Decide(Facts{At: at}).Action != Deny
		if reads && !open && !lostDay || open && !reads && !changes {
			t.Fatalf("%s (%s): open = %v, its clock reads inside = %v", at, clock, open, reads)
		}
	})
}
