package rule

import (
	"testing"

	"ivalt-radius/guard"
)

// TestEveryRuleIsBuilt: each word of the room's rules has a description, in the same order, with all its parts.
func TestEveryRuleIsBuilt(t *testing.T) {
	all := Rules()
	if len(all) != Count {
		t.Fatalf("%d rules, want %d", len(all), Count)
	}
	for i, d := range all {
		if IndexOf(d.Rule) != i {
			t.Errorf("%s is at %d, IndexOf says %d", d.Rule, i, IndexOf(d.Rule))
		}
		for what, text := range map[string]string{"counts": d.Counts, "against": d.Against, "means": d.Means, "look": d.Look, "do": d.Do} {
			if text == "" {
				t.Errorf("%s: no %q", d.Rule, what)
			}
		}
		if len(d.Steps) == 0 || d.Steps[0].From != 1 {
			t.Errorf("%s: the steps %v do not begin with 1", d.Rule, d.Steps)
		}
		for n := 1; n < len(d.Steps); n++ {
			if d.Steps[n].From <= d.Steps[n-1].From || d.Steps[n].Severity <= d.Steps[n-1].Severity {
				t.Errorf("%s: the steps %v do not grow", d.Rule, d.Steps)
			}
		}
	}
}

// TestSeverityByCount is the guide's table, and that of its gaps.
func TestSeverityByCount(t *testing.T) {
	const l, m, h, c = guard.Low, guard.Medium, guard.High, guard.Critical
	for _, want := range []struct {
		rule   guard.Rule
		counts map[int]guard.Severity
	}{
		{guard.BruteForce, map[int]guard.Severity{1: m, 5: m, 10: m, 11: h, 20: h, 21: c, 5000: c}},
		{guard.PasswordSpray, map[int]guard.Severity{5: h, 20: h, 21: c}},
		{guard.APIAbuse, map[int]guard.Severity{3: m, 10: m, 11: h, 1000: h}},
		{guard.SuspiciousSource, map[int]guard.Severity{1: l, 10: l, 11: m, 1000: m}},
		{guard.PushBombing, map[int]guard.Severity{3: m, 5: m, 6: h, 20: h, 21: c}},
		{guard.BombedApproval, map[int]guard.Severity{1: c, 2: c, 9: c}},
		{guard.PushRefused, map[int]guard.Severity{1: h, 5: h, 6: c}},
		{guard.Collisions, map[int]guard.Severity{1: l, 2: l, 3: m, 5: m, 6: h}},
		{guard.UnknownClient, map[int]guard.Severity{10: l, 1000: l, 1001: m}},
		{guard.SpoofedClient, map[int]guard.Severity{3: h, 3000: h}},
		{guard.MessageAuthenticator, map[int]guard.Severity{5: m, 100: m, 101: h}},
		{guard.GeofenceProbing, map[int]guard.Severity{3: m, 10: m, 11: h}},
		{guard.TimeProbing, map[int]guard.Severity{3: l, 10: l, 11: m}},
		{guard.ClockJump, map[int]guard.Severity{1: m, 3: m, 4: h}},
		{guard.TrailTampered, map[int]guard.Severity{1: c}},
		{guard.FailedLogins, map[int]guard.Severity{10: h, 1000: h}},
		{guard.APIErrors, map[int]guard.Severity{5: m, 1000: m}},
		{guard.APISlow, map[int]guard.Severity{10: m, 1000: m}},
	} {
		for count, severity := range want.counts {
			if got := Rules()[IndexOf(want.rule)].SeverityOf(count); got != severity {
				t.Errorf("%s with %d is %s, want %s", want.rule, count, got, severity)
			}
		}
	}
}
