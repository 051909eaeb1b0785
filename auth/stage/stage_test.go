package stage

import "testing"

// TestZero: what says nothing lets nobody on.
func TestZero(t *testing.T) {
	if a := (Admission{}); a.Open || a.Reason.String() != "unavailable" {
		t.Errorf("%+v", a)
	}
	if r := (RefusalError{Admission{Detail: "twice"}}); r.Error() != "twice" {
		t.Error(r)
	}
}
