package policy

import (
	"fmt"
	"net/netip"
	"testing"
)

// busy is a policy of thirty rules and a login that the last of them decides, in hours, from a good network.
func busy(tb testing.TB) (*Policy, Facts) {
	tb.Helper()
	s := contract()
	for i := range 26 {
		s.Rules = append(s.Rules, RuleSettings{
			Name: fmt.Sprintf("team %d", i), Match: MatchSettings{Users: []string{fmt.Sprintf("team%d-*", i)}, Groups: []string{"admins"}},
		})
	}
	s.Rules = append(s.Rules, RuleSettings{
		Name: "staff", Match: MatchSettings{Groups: []string{"vpn*"}, Clients: []string{"FW*"}},
		Only: OnlySettings{
			Networks: []string{"10.0.0.0/8", "203.0.113.0/24"},
			Hours:    []HoursSettings{{Days: []string{"mon", "tue", "wed", "thu", "fri"}, From: "08:00", To: "18:00", Except: []string{"2026-12-25"}}},
		},
		Reply: []Attribute{{Name: "Class", Value: "staff"}},
	})
	s.Groups = []GroupSettings{{Name: "admins", Reply: []Attribute{{Name: "Class", Value: "admins"}}}}
	return mustNew(tb, s), Facts{
		User: `corp\anna.schmidt@corp.example`, Groups: []string{"guests", "VPN Users"}, Client: "FW01",
		CallingStation: netip.MustParseAddr("::ffff:203.0.113.7"), At: instant(tb, "2026-11-23T11:00:00Z"),
	}
}

// TestDecideDoesNotAllocate holds the promise of Decide's comment.
func TestDecideDoesNotAllocate(t *testing.T) {
	p, f := busy(t)
	d := p.Decide(f)
	if d.Rule != "staff" || d.Action != RequirePush || d.Until.IsZero() {
		t.Fatalf("the login is decided elsewhere: %+v", d)
	}
	// Groups with a reply are there, and none of them is the person's.
	if len(p.groups) == 0 || len(d.Reply) != 1 {
		t.Fatalf("a reply of %d attributes beside %d groups", len(d.Reply), len(p.groups))
	}
	if n := testing.AllocsPerRun(100, func() { p.Decide(f) }); n != 0 {
		t.Errorf("%v allocations a decision", n)
	}
}

func BenchmarkDecide(b *testing.B) {
	p, f := busy(b)
	clockChange := f
	clockChange.At = instant(b, "2026-10-26T11:00:00Z")
	first := f
	first.User = "svc-x"
	reply := f
	reply.Groups, reply.Reply = append([]string{"admins"}, f.Groups...), []Attribute{{Name: "Filter-Id", Value: "own"}}
	reply.User = "nobody" // of no team, which admins could meet
	for name, facts := range map[string]Facts{"LastOf30Rules": f, "NearClockChange": clockChange, "FirstRule": first, "ReplyOfThree": reply} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				p.Decide(facts)
			}
		})
	}
}
