package judgement

import (
	"testing"
	"time"

	"ivalt-radius/policy"
)

type rules map[string]policy.Decision

func (r rules) Decide(f policy.Facts) policy.Decision { return r[f.User] }

// TestOf: the stricter word of both names counts, and what is no word denies.
func TestOf(t *testing.T) {
	r := rules{
		"free": {Action: policy.Exempt, Rule: "free"}, "asked": {Action: policy.RequirePush, Rule: "asked"},
		"out": {Action: policy.Deny, Rule: "out"}, "odd": {Action: 77, Rule: "odd"},
	}
	for _, c := range []struct {
		written, listed string
		action          policy.Action
		rule            string
	}{
		{"free", "", policy.Exempt, "free"},
		{"free", "free", policy.Exempt, "free"},
		{"free", "asked", policy.RequirePush, "asked"},
		{"asked", "free", policy.RequirePush, "asked"},
		{"free", "out", policy.Deny, "out"},
		{"out", "free", policy.Deny, "out"},
		{"odd", "", policy.Deny, "odd"},
		{"nobody", "", policy.Deny, ""},
		{"free", "nobody", policy.Deny, ""},
	} {
		if d := Of(r, policy.Facts{User: c.written}, c.listed); d.Action != c.action || d.Rule != c.rule {
			t.Errorf("%s, listed as %q: %+v", c.written, c.listed, d)
		}
	}
}

// TestHours: where both names say the same, the hours of both bound the session.
func TestHours(t *testing.T) {
	early, late := time.Unix(100, 0), time.Unix(200, 0)
	for _, c := range []struct{ written, listed, want time.Time }{
		{time.Time{}, time.Time{}, time.Time{}}, {early, time.Time{}, early}, {time.Time{}, late, late}, {early, late, early}, {late, early, early},
	} {
		r := rules{"a": {Action: policy.RequirePush, Until: c.written}, "b": {Action: policy.RequirePush, Until: c.listed, Rule: "listed"}}
		if d := Of(r, policy.Facts{User: "a"}, "b"); d.Rule != "listed" || !d.Until.Equal(c.want) {
			t.Errorf("%v and %v: %+v", c.written, c.listed, d)
		}
	}
}

// TestRepliesAreNotWrittenInto: a Decision's Reply is shared by all logins of its rule.
func TestRepliesAreNotWrittenInto(t *testing.T) {
	room := make([]policy.Attribute, 4)
	Attributes(room[:1], []policy.Attribute{{Name: "Class", Value: "of one login"}})
	if room[1].Name != "" {
		t.Error("one login's attribute stands in the rule's")
	}
}
