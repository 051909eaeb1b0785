package client_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"ivalt-radius/fault"
	"ivalt-radius/radius/client"
	"ivalt-radius/secret"
)

// settings are one sound client, changed.
func settings(change ...func(*client.Settings)) client.Settings {
	s := client.Settings{
		Name: "vpn", Networks: []string{"192.0.2.0/24", "2001:db8::/32"},
		Secrets: []secret.Secret{secret.New("correct horse battery staple"), secret.New("the secret of the next quarter")},
	}
	for _, c := range change {
		c(&s)
	}
	return s
}

// judge makes a table for what is wrong alone.
func judge(all ...client.Settings) fault.List {
	_, l := client.NewTable(all, nil)
	return l
}

func tells(l fault.List, key string, warning bool) bool { //nolint:revive // what a fault says, not a mode
	for _, f := range l {
		if f.Key == key && f.Warning == warning {
			return true
		}
	}
	return false
}

func TestFaults(t *testing.T) {
	cases := []struct {
		name    string
		change  func(*client.Settings)
		key     string
		warning bool
	}{
		{"name", func(c *client.Settings) { c.Name = " " }, "clients[0].name", false},
		{"no_network", func(c *client.Settings) { c.Networks = nil }, "clients[0].networks", false},
		{"network", func(c *client.Settings) { c.Networks = []string{"vpn.example.com"} }, "clients[0].networks[0]", false},
		{"network_bits", func(c *client.Settings) { c.Networks = []string{"10.0.0.1/24"} }, "clients[0].networks[0]", false},
		{"network_twice", func(c *client.Settings) { c.Networks = []string{"10.0.0.1", "10.0.0.1/32"} }, "clients[0].networks[1]", true},
		{"no_secret", func(c *client.Settings) { c.Secrets = nil }, "clients[0].secrets", false},
		{"ADM7_empty_secret", func(c *client.Settings) { c.Secrets = []secret.Secret{{}} }, "clients[0].secrets[0]", false},
		{"ADM7_short_secret", func(c *client.Settings) { c.Secrets[1] = secret.New("fifteen letters") }, "clients[0].secrets[1]", false},
		{"message_authenticator", func(c *client.Settings) { c.MessageAuthenticator = "yes" }, "clients[0].message_authenticator", false},
		{"MA7_optional", func(c *client.Settings) { c.MessageAuthenticator = "optional" }, "clients[0].message_authenticator", true},
		{"MA8_omit", func(c *client.Settings) { c.OmitMessageAuthenticator = true }, "clients[0].insecure_omit_message_authenticator", true},
		{"profile", func(c *client.Settings) { c.Profile = "acme" }, "clients[0].profile", false},
		{"patience_short", func(c *client.Settings) { c.AnswerWithin = time.Second }, "clients[0].answer_within", false},
		{"patience_long", func(c *client.Settings) { c.AnswerWithin = time.Hour }, "clients[0].answer_within", false},
		{"patience_for_nobody", func(c *client.Settings) { c.AnswerWithin = 18*time.Second - 1 }, "clients[0].answer_within", true},
		{"patience_of_softether", func(c *client.Settings) { c.Profile = "softether" }, "clients[0].profile", true},
		{"EAP_alone", func(c *client.Settings) { c.Profile, c.AnswerWithin = "strongswan", time.Minute }, "clients[0].profile", true},
		{"station_of_the_NAS", func(c *client.Settings) { c.CallingStationFrom = []string{"NAS-IP-Address"} }, "clients[0].calling_station_from[0]", false},
		{"station_unknown", func(c *client.Settings) { c.CallingStationFrom = []string{"Calling-Station-Id", "Class"} }, "clients[0].calling_station_from[1]", false},
		{"on_push_timeout", func(c *client.Settings) { c.OnPushTimeout = "accept" }, "clients[0].on_push_timeout", false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if l := judge(settings(c.change)); !tells(l, c.key, c.warning) {
				t.Errorf("%s is not told: %v", c.key, l)
			}
		})
	}
}

func TestFaultsBetweenClients(t *testing.T) {
	l := judge(settings(), settings())
	for _, key := range []string{"clients[1].name", "clients[1].networks[0]", "clients[1].networks[1]"} {
		if !tells(l, key, false) {
			t.Errorf("%s is not told: %v", key, l)
		}
	}
	if l := judge(); !tells(l, "clients", true) {
		t.Errorf("nobody may ask, and nobody is told: %v", l)
	}
	if l := judge(settings()); len(l) != 0 {
		t.Errorf("a sound client has faults: %v", l)
	}
}

// TestWarningsSayWhatToDo: the least that is enough warns nobody, whatever the profile says.
func TestWarningsSayWhatToDo(t *testing.T) {
	if l := judge(settings(func(c *client.Settings) { c.Profile, c.AnswerWithin = "softether", 18*time.Second })); len(l) != 0 {
		t.Errorf("18 s are enough: %v", l)
	}
	for _, want := range []struct{ profile, text string }{
		{"softether", "10s from the first packet leave a person 7s to answer the phone: raise the time-out of the NAS and answer_within to 18s or more"},
		{"strongswan", "speaks EAP alone, which is refused, so that no login succeeds: have strongSwan ask through PAM"},
	} {
		l := judge(settings(func(c *client.Settings) { c.Profile = want.profile }))
		if text := fmt.Sprint(l); !strings.Contains(text, want.text) {
			t.Errorf("%s: %s", want.profile, text)
		}
	}
}

func TestFaultsShowNoSecret(t *testing.T) {
	s := settings(func(c *client.Settings) { c.Secrets[0] = secret.New("canary") })
	table, l := client.NewTable([]client.Settings{s}, nil)
	if text := fmt.Sprintf("%v %+v", l, table); len(l) == 0 || strings.Contains(text, "canary") {
		t.Errorf("a secret is shown: %s", text)
	}
}

func TestProfiles(t *testing.T) {
	seen := map[string]client.Profile{}
	for _, p := range client.Profiles() {
		if seen[p.Name].Name != "" || p.Basis == "" || p.Title == "" || p.AnswerWithin < 3*time.Second || p.Tries < 1 || p.RetryInterval <= 0 {
			t.Errorf("profile is not whole: %+v", p)
		}
		seen[p.Name] = p
		faults := judge(settings(func(c *client.Settings) { c.Profile = p.Name }))
		warns := map[string]int{"softether": 1, "strongswan": 2}[p.Name] // too short; EAP besides
		if len(faults.Fatal()) != 0 || len(faults) != warns {
			t.Errorf("%s: %v", p.Name, faults)
		}
	}
	for _, name := range []string{"openvpn-as", "openvpn"} {
		if seen[name].AnswerWithin != 55*time.Second {
			t.Errorf("%s answers within %s, its clients give up after 60 s", name, seen[name].AnswerWithin)
		}
	}
	for _, name := range []string{"fortigate", "asa", "globalprotect", "ocserv", "pam"} {
		if seen[name].Name == "" {
			t.Errorf("no profile %s", name)
		}
	}
}

// TestSessionEnd: sessions are ended by the operator's word alone, and where there is somebody to tell.
func TestSessionEnd(t *testing.T) {
	for _, c := range []struct {
		word  string
		port  uint16
		fault bool
		ends  bool
	}{{"", 0, false, false}, {"watch", 3799, false, false}, {"disconnect", 3799, false, true}, {"disconnect", 0, true, false}, {"end", 3799, true, false}} {
		change := func(s *client.Settings) { s.SessionEnd, s.DisconnectPort = c.word, c.port }
		l := judge(settings(change))
		if tells(l, "clients[0].session_end", false) != c.fault {
			t.Errorf("%q with port %d: %v", c.word, c.port, l)
		}
		if c.fault {
			continue
		}
		table, _ := client.NewTable([]client.Settings{settings(change)}, nil)
		if got := table.Find(netip.MustParseAddr("192.0.2.1")).EndsOverruns; got != c.ends {
			t.Errorf("%q ends sessions: %v", c.word, got)
		}
	}
}
