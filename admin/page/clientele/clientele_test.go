package clientele

import (
	"net/netip"
	"slices"
	"testing"
	"time"

	"ivalt-radius/admin/view"
)

func TestStanding(t *testing.T) {
	for want, known := range map[string]view.ClientAddress{
		"192.0.2.1: no request was seen":                       {},
		"192.0.2.1: 1,200 with Message-Authenticator in a row": {Signed: view.Tally{Count: 1300}, InRow: 1200},
		"192.0.2.1: 0 with Message-Authenticator in a row; 3 came without it, the last at 2026-03-04 05:06:07 UTC": {
			Unsigned: view.Tally{Count: 3, Last: time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)},
		},
	} {
		a := Address{known}
		a.Address = netip.MustParseAddr("192.0.2.1")
		if got := a.Standing(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// TestLadder: what is known says what may be done; what is not known forgets nothing.
func TestLadder(t *testing.T) {
	for _, c := range []struct {
		state                    view.Signing
		by                       []view.Rung
		because                  []string
		enforceable, forgettable bool
	}{
		{"observe", nil, nil, true, false},
		{"ready", nil, nil, true, false},
		{"enforced", []view.Rung{"required"}, []string{"by the setting"}, false, false},
		{"enforced", []view.Rung{"learned", "new"}, []string{"learned"}, false, true},
		{"enforced", []view.Rung{"hand", "hand_for_the_client"}, []string{"by hand", "by hand, for the whole client"}, false, true},
		{"", nil, nil, true, false},
	} {
		a := Address{view.ClientAddress{State: c.state, By: c.by}}
		if !slices.Equal(a.Because(), c.because) || a.Enforceable() != c.enforceable || a.Forgettable() != c.forgettable || a.Means() == "" {
			t.Errorf("%+v: %v %t %t", a, a.Because(), a.Enforceable(), a.Forgettable())
		}
	}
}

// TestReadiness: force is offered where something that asks now would be refused, or nothing is known.
func TestReadiness(t *testing.T) {
	at := func(address string, state view.Signing) Address {
		return Address{view.ClientAddress{Address: netip.MustParseAddr(address), State: state}}
	}
	o := Overview{Clients: []Client{
		{view.Client{Name: "a"}, []Address{at("192.0.2.1", view.Ready), at("192.0.2.2", view.Observe), at("192.0.2.3", view.Enforced)}},
		{view.Client{Name: "b"}, []Address{at("192.0.2.1", view.Ready), at("192.0.2.4", view.Enforced)}},
		{Client: view.Client{Name: "c"}},
	}}
	for _, c := range []struct {
		client, address string
		facts           int
		offer           bool
	}{
		{"a", "", 3, true},
		{"a", "192.0.2.1", 1, false},
		{"a", "192.0.2.2", 1, true},
		{"a", "192.0.2.3", 1, false},
		{"a", "192.0.2.9", 1, true},
		{"b", "", 2, false},
		{"c", "", 1, true},
		{"d", "", 0, false},
	} {
		if facts, offer := o.Readiness(c.client, c.address); len(facts) != c.facts || offer != c.offer {
			t.Errorf("%s %s: %q, %t", c.client, c.address, facts, offer)
		}
	}
}
