package main

import (
	"errors"
	"testing"

	"ivalt-radius/auth"
)

// open is a gate that lets everybody go on.
type open struct{}

func (open) Admit(auth.Visit, auth.Stage) auth.Admission { return auth.Admission{Open: true} }
func (open) Ended(auth.Visit, auth.End)                  {}

// TestNoPhoneRingsInVain: while the trail cannot be written no phone rings, and the other stages are the gate's as ever.
func TestNoPhoneRingsInVain(t *testing.T) {
	var failing error
	g := recorded{open{}, func() error { return failing }}
	for _, s := range []auth.Stage{auth.Arriving, auth.Recognised, auth.Ringing, auth.Entering} {
		failing = nil
		if a := g.Admit(auth.Visit{}, s); !a.Open {
			t.Errorf("%v: %+v", s, a)
		}
		failing = errors.New("disk full")
		if a := g.Admit(auth.Visit{}, s); a.Open != (s != auth.Ringing) || !a.Open && (a.Reason != auth.Unavailable || a.Detail == "") {
			t.Errorf("%v while it fails: %+v", s, a)
		}
	}
}
