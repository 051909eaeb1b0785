package rule

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"ivalt-radius/audit"
	"ivalt-radius/auth"
	"ivalt-radius/auth/reason"
	"ivalt-radius/guard"
)

// TestOf: values and pointers alike, and one form of each address.
func TestOf(t *testing.T) {
	attempt := audit.Attempt{
		Client: "c", User: "anna", CallingStation: "::ffff:192.0.2.1", Decision: "require_push", Factors: []string{"password", "push"}, Verdict: "accept", Reason: "approved",
	}
	login := Sight{
		Kind: Login, Word: "approved", Verdict: "accept", Asks: true, Pushed: true, User: "anna", Client: "c", Station: "::ffff:192.0.2.1", Address: netip.MustParseAddr("192.0.2.1"),
	}
	call := audit.APICall{Class: "failed", Duration: time.Second}
	security := audit.Security{Event: "collision", Client: "c", User: "anna", CallingStation: "fe80::1%eth0"}
	notice := Sight{Kind: Notice, Word: "collision", User: "anna", Client: "c", Station: "fe80::1%eth0", Address: netip.MustParseAddr("fe80::1")}
	system := audit.System{Event: "clock_jump"}
	for _, c := range []struct {
		event audit.Event
		want  Sight
	}{
		{attempt, login},
		{&attempt, login},
		{call, Sight{Kind: Call, Word: "failed", Took: time.Second}},
		{&call, Sight{Kind: Call, Word: "failed", Took: time.Second}},
		{security, notice},
		{&security, notice},
		{system, Sight{Kind: Notice, Word: "clock_jump"}},
		{&system, Sight{Kind: Notice, Word: "clock_jump"}},
		{audit.Action{Action: "forget"}, Sight{}},
		{audit.Configuration{}, Sight{}},
	} {
		if got := Of(c.event); got != c.want {
			t.Errorf("%T: %+v, want %+v", c.event, got, c.want)
		}
		if got := Concerns(c.event); got != (c.want.Kind != Nothing) {
			t.Errorf("%T concerns: %v", c.event, got)
		}
	}
	from := netip.MustParseAddr("::ffff:192.0.2.1")
	if got := OfDrop(Forged, "c", from); got != (Sight{Kind: Drop, Word: Forged, Client: "c", Address: from.Unmap()}) {
		t.Errorf("a drop is %+v", got)
	}
}

// marksOf are the marks in words.
func marksOf(s Sight) []string {
	acts := []string{"counts", "gathers", "judges", "forgives", "takes back", "passes", "measures"}
	var out []string
	for _, m := range Marks(&s, nil) {
		out = append(out, fmt.Sprintf("%s %s %s of %q", m.Rule, acts[m.Act], m.Subject, m.Of))
	}
	return out
}

// TestMarks: against whom, and of whom. That each word counts for its rule is the recorded streams' to show.
func TestMarks(t *testing.T) {
	station, address := "192.0.2.1", netip.MustParseAddr("192.0.2.1")
	for name, c := range map[string]struct {
		sight Sight
		want  []string
	}{
		"a wrong password": {
			Sight{Kind: Login, Word: "bad_password", Verdict: "reject", User: "anna", Station: station, Address: address},
			[]string{
				`brute_force counts user anna of "192.0.2.1"`, `brute_force counts address 192.0.2.1 of "anna"`, `password_spray counts address 192.0.2.1 of "anna"`,
				`failed_logins counts the service of ""`,
			},
		},
		"from nowhere": {
			Sight{Kind: Login, Word: "bad_password", Verdict: "reject", User: "anna"},
			[]string{`brute_force counts user anna of ""`, `failed_logins counts the service of ""`},
		},
		"of nobody": {
			Sight{Kind: Login, Word: "bad_password", Verdict: "reject", Station: "aa-bb"},
			[]string{`brute_force counts calling station aa-bb of ""`, `password_spray counts calling station aa-bb of ""`, `failed_logins counts the service of ""`},
		},
		"an approval": {
			Sight{Kind: Login, Word: "approved", Verdict: "accept", User: "anna", Station: station, Address: address},
			[]string{
				`bombed_approval judges user anna of "192.0.2.1"`, `brute_force forgives user anna of "192.0.2.1"`, `brute_force forgives address 192.0.2.1 of "anna"`,
				`password_spray forgives address 192.0.2.1 of "anna"`, `failed_logins passes the service of ""`,
			},
		},
		"one from nowhere forgives nothing": {
			Sight{Kind: Login, Word: "approved", Verdict: "accept", User: "anna"},
			[]string{`bombed_approval judges user anna of ""`, `failed_logins passes the service of ""`},
		},
		"a right password without a phone forgives nothing": {
			Sight{Kind: Login, Word: "exempt", Verdict: "accept", User: "anna", Station: station, Address: address},
			[]string{`failed_logins passes the service of ""`},
		},
		"nothing": {Sight{}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			if got := marksOf(c.sight); !slices.Equal(got, c.want) {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

// TestEveryWordIsKnown: a reason, class or cause that is renamed elsewhere would blind a rule. Every word of the list of reasons is tried, and
// none leaves more marks than the evidence has room for.
func TestEveryWordIsKnown(t *testing.T) {
	counts := map[string]int{}
	reason.All(func(word, _, _ string) {
		s := Sight{Kind: Login, Word: word, Verdict: "reject", Asks: true, User: "anna", Station: "192.0.2.1", Address: netip.MustParseAddr("192.0.2.1")}
		for _, m := range Marks(&s, nil) {
			if m.Act == Counts || m.Act == Gathers {
				counts[word]++
			}
		}
		if counts[word] > MostMarks {
			t.Errorf("%s has %d marks", word, counts[word])
		}
	})
	for _, word := range []auth.Reason{
		auth.BadPassword, auth.LockedOut, auth.RateLimited, auth.Blocked, auth.NetworkDenied, auth.PushDenied, auth.PushTimeout, auth.Geofence,
		auth.Timezone, auth.OutsideHours,
	} {
		if counts[word.String()] < 2 { // one is failed_logins
			t.Errorf("%s counts for no rule of its own", word)
		}
	}
	if got := marksOf(Sight{Kind: Login, Word: auth.ApprovedByPerson.String(), User: "anna"}); len(got) == 0 {
		t.Error("an approval is not known")
	}
	if got := marksOf(Sight{Kind: Login, Word: auth.ShuttingDown.String(), Verdict: auth.Reject.String()}); len(got) != 0 {
		t.Errorf("%s: %q", auth.ShuttingDown, got)
	}
	if IndexOf("no rule") != -1 {
		t.Error("a rule that there is not")
	}
	if got := (Description{}).SeverityOf(9); got != guard.Low {
		t.Errorf("without steps: %s", got)
	}
	for _, cause := range []string{UnknownClient, Unsigned, Forged} {
		if !ConcernsDrop(cause) || len(Marks(&Sight{Kind: Drop, Word: cause}, nil)) != 1 {
			t.Errorf("%s concerns nobody", cause)
		}
	}
	if ConcernsDrop("malformed") {
		t.Error("malformed concerns somebody")
	}
}

// TestWhatTheServiceDoes: calls and notices that are no login's.
func TestWhatTheServiceDoes(t *testing.T) {
	const measured = `api_slow measures the service of ""`
	for word, want := range map[string][]string{
		"pending": {measured}, "bad request": {measured},
		"failed": {measured, `api_errors counts the service of ""`}, "shape drift": {measured, `api_errors counts the service of ""`},
		"throttled": {measured, `api_abuse counts the service of ""`},
	} {
		if got := marksOf(Sight{Kind: Call, Word: word}); !slices.Equal(got, want) {
			t.Errorf("a call %q: %q, want %q", word, got, want)
		}
	}
	for word, want := range map[string][]string{
		"collision":           {`collisions counts user anna of ""`},
		"late_approval":       {`push_bombing takes back user anna of ""`, `bombed_approval takes back user anna of ""`},
		"clock_jump":          {`clock_jump counts the service of ""`},
		"trail_truncated":     {`trail_tampered counts the service of ""`},
		"records_lost":        nil,
		"events_missed":       nil,
		"fail_mode_used":      nil,
		"ivalt_misconfigured": nil,
	} {
		if got := marksOf(Sight{Kind: Notice, Word: word, User: "anna"}); !slices.Equal(got, want) {
			t.Errorf("a notice %q: %q, want %q", word, got, want)
		}
	}
}

// TestALimit that keeps a phone quiet is somebody who goes on trying to ring it; one before that, or behind an approval, is not.
func TestALimit(t *testing.T) {
	for _, c := range []struct {
		sight Sight
		bombs bool
	}{
		{Sight{Asks: true}, true}, {Sight{}, false}, {Sight{Asks: true, Pushed: true}, false},
	} {
		c.sight.Kind, c.sight.Word, c.sight.User = Login, "rate_limited", "anna"
		if got := slices.Contains(marksOf(c.sight), `push_bombing counts user anna of ""`); got != c.bombs {
			t.Errorf("%+v bombs: %v", c.sight, got)
		}
	}
	s := Sight{Kind: Login, Word: "network_denied", User: "anna"}
	if got := marksOf(s); !slices.Equal(got, []string{`suspicious_source counts user anna of ""`}) {
		t.Errorf("from nowhere: %q", got)
	}
	if s.Station = "aa-bb"; !slices.Contains(marksOf(s), `suspicious_source counts calling station aa-bb of "anna"`) {
		t.Errorf("from a station: %q", marksOf(s))
	}
}

// TestAnIPv6NetworkIsOnePlace: who takes another address of a network for each guess is one place.
func TestAnIPv6NetworkIsOnePlace(t *testing.T) {
	for text, want := range map[string]string{
		"2001:db8:0:1::a": "address 2001:db8:0:1::/64", "2001:db8:0:1:b::c": "address 2001:db8:0:1::/64", "192.0.2.1": "address 192.0.2.1", "::ffff:192.0.2.1": "address 192.0.2.1",
	} {
		s := Of(audit.Attempt{User: "anna", CallingStation: text, Verdict: "reject", Reason: "bad_password"})
		if got, ok := s.place(); !ok || got.String() != want {
			t.Errorf("%s is %q, want %q", text, got, want)
		}
	}
}
