package auth

import "testing"

func TestKinds(t *testing.T) {
	for k, want := range map[Kind]string{Reject: "reject", Accept: "accept", Challenge: "challenge", 99: "reject"} {
		if k.String() != want {
			t.Errorf("%d: got %s", k, k)
		}
	}
	if v := (Verdict{}); v.Kind != Reject || v.Reason != Unavailable {
		t.Errorf("the zero verdict: %+v", v)
	}
}
