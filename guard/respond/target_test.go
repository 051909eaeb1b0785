package respond

import (
	"net/netip"
	"testing"

	"ivalt-radius/audit"
	"ivalt-radius/guard"
)

// TestPasswordKnown: each login of the evidence had it, and there is one.
func TestPasswordKnown(t *testing.T) {
	event, damaged := guard.Line{Record: []byte(`{"type":"security_event"}`)}, guard.Line{Record: []byte("{")}
	for name, c := range map[string]struct {
		evidence []guard.Line
		known    bool
	}{
		"no evidence":      {nil, false},
		"no login":         {[]guard.Line{event}, false},
		"one that had it":  {[]guard.Line{event, attempt(`"password","push"`)}, true},
		"one that had not": {[]guard.Line{attempt(`"password"`), attempt(`"push"`)}, false},
		"damaged":          {[]guard.Line{attempt(`"password"`), damaged}, false},
	} {
		if passwordKnown(c.evidence) != c.known {
			t.Error(name)
		}
	}
}

// TestAnIPv6NetworkIsShutOut: who has one address of a network has all, and is watched at all.
func TestAnIPv6NetworkIsShutOut(t *testing.T) {
	k, p := newKit(t), &pen{}
	k.Respond(of(guard.PasswordSpray, guard.Critical, from("2001:db8:0:2::")), p)
	for text, want := range map[string]bool{"2001:db8:0:2::1": true, "2001:db8:0:2:ffff::1": true, "2001:db8:0:3::1": false} {
		a := netip.MustParseAddr(text)
		if _, blocked := k.blocks.Blocked(nil, a); blocked != want || (len(k.watches.of("", guard.Network(a).Addr())) > 0) != want {
			t.Errorf("%s: blocked %v, watched %v", text, blocked, len(k.watches.of("", guard.Network(a).Addr())))
		}
	}
	k.See(audit.Attempt{User: "eve", CallingStation: "2001:db8:0:2::7", Verdict: "reject", Reason: "blocked"})
	if len(p.lines) != 1 {
		t.Errorf("seen: %d", len(p.lines))
	}
}
