package client_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"ivalt-radius/auth"
	"ivalt-radius/radius/client"
)

// compiled is the client of one element of settings.
func compiled(t *testing.T, change func(*client.Settings)) auth.Client {
	t.Helper()
	table, l := client.NewTable([]client.Settings{settings(change)}, nil)
	if err := l.Err(); err != nil {
		t.Fatal(err)
	}
	return table.Find(netip.MustParseAddr("192.0.2.1")).Auth
}

// TestInsecureMethods: PAP alone unless the operator says so, each method for itself, and with a warning that says why.
func TestInsecureMethods(t *testing.T) {
	for _, c := range []struct {
		words          []string
		chap, mschapv2 bool
	}{
		{nil, false, false},
		{[]string{}, false, false},
		{[]string{"chap"}, true, false},
		{[]string{"mschapv2"}, false, true},
		{[]string{"mschapv2", "chap"}, true, true},
	} {
		change := func(s *client.Settings) { s.InsecureMethods = c.words }
		if got := compiled(t, change); got.CHAP != c.chap || got.MSCHAPv2 != c.mschapv2 {
			t.Errorf("%q: CHAP %v, MSCHAPv2 %v", c.words, got.CHAP, got.MSCHAPv2)
		}
		l := judge(settings(change))
		if len(l) != len(c.words) {
			t.Errorf("%q: %v", c.words, l)
		}
		for i, word := range c.words {
			if !tells(l, fmt.Sprintf("clients[0].insecure_methods[%d]", i), true) || !strings.Contains(fmt.Sprint(l), "crack "+word) {
				t.Errorf("%q: no warning in %v", c.words, l)
			}
		}
	}
	for _, word := range []string{"", "CHAP", "mschap", "mschapv1", "pap", "eap", "chap "} {
		l := judge(settings(func(s *client.Settings) { s.InsecureMethods = []string{"chap", word} }))
		if !tells(l, "clients[0].insecure_methods[1]", false) {
			t.Errorf("%q is taken: %v", word, l)
		}
	}
}

// TestChallenge is the table of words and profiles.
func TestChallenge(t *testing.T) {
	const fault, warning, silence = "fault", "warning", ""
	cases := []struct {
		word, profile, told string
		prompts             auth.Prompting
	}{
		{"", "", silence, auth.NeverAsk},
		{"off", "", silence, auth.NeverAsk},
		{"", "openvpn-as", silence, auth.NeverAsk},
		{"off", "openvpn", silence, auth.NeverAsk},
		{"choose", "pam", silence, auth.ChoosePhone},
		{"approve", "ocserv", silence, auth.ConfirmPhone},
		{"approve", "fortigate", silence, auth.ConfirmPhone},
		{"approve", "asa", silence, auth.ConfirmPhone},
		{"choose", "globalprotect", silence, auth.ChoosePhone},
		{"choose", "", warning, auth.ChoosePhone},
		{"approve", "pfsense", warning, auth.ConfirmPhone},
		{"approve", "opnsense", warning, auth.ConfirmPhone},
		{"approve", "mikrotik", warning, auth.ConfirmPhone},
		{"choose", "openvpn-as", fault, auth.NeverAsk},
		{"approve", "openvpn", fault, auth.NeverAsk},
		{"approve", "strongswan", fault, auth.NeverAsk},
		{"approve", "softether", fault, auth.NeverAsk},
		{"Approve", "pam", fault, auth.NeverAsk},
		{"yes", "", fault, auth.NeverAsk},
	}
	for _, c := range cases {
		t.Run(c.word+"_"+c.profile, func(t *testing.T) {
			change := func(s *client.Settings) { s.Challenge, s.Profile = c.word, c.profile }
			l := judge(settings(change))
			if tells(l, "clients[0].challenge", false) != (c.told == fault) || tells(l, "clients[0].challenge", true) != (c.told == warning) {
				t.Errorf("told is %v, want a %s", l, c.told)
			}
			if c.told == fault {
				return
			}
			if got := compiled(t, change).Prompts; got != c.prompts {
				t.Errorf("prompts are %d, want %d", got, c.prompts)
			}
		})
	}
	l := judge(settings(func(s *client.Settings) { s.Challenge, s.Profile = "approve", "openvpn-as" }))
	want := "OpenVPN Access Server takes an Access-Challenge for a Reject (no documented way leads from RADIUS to the person)"
	if !strings.Contains(fmt.Sprint(l), want) {
		t.Errorf("the fault does not say why: %v", l)
	}
}

// TestChallengedIsWhole: each profile says how it is known, and a kind that nobody knows is unknown.
func TestChallengedIsWhole(t *testing.T) {
	for _, p := range client.Profiles() {
		if p.ChallengeBasis == "" {
			t.Errorf("%s: no basis", p.Name)
		}
	}
	for want, kind := range map[string]client.Challenged{
		"unknown": client.ChallengeUnknown, "shows it": client.ChallengeShown, "takes it for a Reject": client.ChallengeRejects,
	} {
		if kind.String() != want {
			t.Errorf("%d is %q", kind, kind)
		}
	}
	if client.Challenged(99).String() != "unknown" {
		t.Error("a kind that nobody knows is known")
	}
}
