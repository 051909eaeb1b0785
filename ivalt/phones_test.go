package ivalt

import "testing"

func TestPhonesForget(t *testing.T) {
	p := phones{}
	p.of(mobile(t, testMobile)).holder = &login{}
	p.of(mobile(t, otherPhone))
	p.drop(mobile(t, testMobile))
	p.drop(mobile(t, otherPhone))
	if len(p) != 1 || p[mobile(t, testMobile)] == nil {
		t.Errorf("%d entries, want the one that says something", len(p))
	}
}
