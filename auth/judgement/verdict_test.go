package judgement

import (
	"testing"

	"ivalt-radius/auth/reason"
	"ivalt-radius/policy"
)

// TestReasonOf: each kind of denial has its reason, and one that nobody foresaw is policy's.
func TestReasonOf(t *testing.T) {
	for d, want := range map[policy.Denial]reason.Reason{
		policy.ByNetwork: reason.NetworkDenied, policy.ByHours: reason.OutsideHours, policy.ByRule: reason.PolicyDenied, policy.Denial(99): reason.PolicyDenied,
	} {
		if got := ReasonOf(d); got != want {
			t.Errorf("%v: %v, want %v", d, got, want)
		}
	}
}

// TestAttributes: the operator's word stands where both name an attribute, whatever its case, and neither list is changed.
func TestAttributes(t *testing.T) {
	ours := append(make([]policy.Attribute, 0, 4), policy.Attribute{Name: "Class", Value: "ours"})
	got := Attributes(ours, []policy.Attribute{{Name: "CLASS", Value: "theirs"}, {Name: "Filter-Id", Value: "theirs"}})
	if len(got) != 2 || got[0].Value != "ours" || got[1].Name != "Filter-Id" {
		t.Errorf("%v", got)
	}
	if beyond := ours[:2]; beyond[1].Name != "" {
		t.Error("the rule's own list was written to")
	}
}
