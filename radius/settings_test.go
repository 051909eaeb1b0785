package radius_test

import (
	"strings"
	"testing"
	"time"

	"ivalt-radius/radius"
	"ivalt-radius/secret"
)

func TestCheck(t *testing.T) {
	cases := []struct {
		name    string
		change  func(*radius.Settings)
		key     string
		warning bool
	}{
		{"no_address", func(s *radius.Settings) { s.Authentication = nil }, "listen.authentication", false},
		{"address", func(s *radius.Settings) { s.Accounting = []string{"127.0.0.1:0", "localhost"} }, "listen.accounting[1]", false},
		{"address_twice", func(s *radius.Settings) { s.Authentication = []string{"127.0.0.1:1812", "127.0.0.1:1812"} }, "listen.authentication[1]", false},
		{"attempts", func(s *radius.Settings) { s.MaxAttempts = -1 }, "max_attempts", false},
		{"delay", func(s *radius.Settings) { s.RejectDelay = -1 }, "reject_delay", false},
		{"delay_long", func(s *radius.Settings) { s.RejectDelay = time.Minute }, "reject_delay", false},
		{"no_client", func(s *radius.Settings) { s.Clients = nil }, "clients", true},
		{"same_name", func(s *radius.Settings) { s.Clients = append(s.Clients, s.Clients[0]) }, "clients[1].name", false},
		{"same_network", func(s *radius.Settings) { s.Clients = append(s.Clients, s.Clients[0]) }, "clients[1].networks[0]", false},
		{"name", client(func(c *radius.ClientSettings) { c.Name = " " }), "clients[0].name", false},
		{"no_network", client(func(c *radius.ClientSettings) { c.Networks = nil }), "clients[0].networks", false},
		{"network", client(func(c *radius.ClientSettings) { c.Networks = []string{"vpn.example.com"} }), "clients[0].networks[0]", false},
		{"network_bits", client(func(c *radius.ClientSettings) { c.Networks = []string{"10.0.0.1/24"} }), "clients[0].networks[0]", false},
		{"network_twice", client(func(c *radius.ClientSettings) { c.Networks = []string{"10.0.0.1", "10.0.0.1/32"} }), "clients[0].networks[1]", true},
		{"no_secret", client(func(c *radius.ClientSettings) { c.Secrets = nil }), "clients[0].secrets", false},
		{"ADM7_empty_secret", client(func(c *radius.ClientSettings) { c.Secrets = []secret.Secret{{}} }), "clients[0].secrets[0]", false},
		{"ADM7_short_secret", client(func(c *radius.ClientSettings) { c.Secrets[1] = secret.New("fifteen letters") }), "clients[0].secrets[1]", false},
		{"ADM7_example_secret", client(func(c *radius.ClientSettings) { c.Secrets[0] = secret.New("Example-Secret-0123456789") }), "clients[0].secrets[0]", true},
		{"ADM7_one_letter", client(func(c *radius.ClientSettings) { c.Secrets[0] = secret.New(strings.Repeat("x", 40)) }), "clients[0].secrets[0]", true},
		{"message_authenticator", client(func(c *radius.ClientSettings) { c.MessageAuthenticator = "yes" }), "clients[0].message_authenticator", false},
		{"MA7_optional", client(func(c *radius.ClientSettings) { c.MessageAuthenticator = "optional" }), "clients[0].message_authenticator", true},
		{"MA8_omit", client(func(c *radius.ClientSettings) { c.OmitMessageAuthenticator = true }), "clients[0].insecure_omit_message_authenticator", true},
		{"profile", client(func(c *radius.ClientSettings) { c.Profile = "acme" }), "clients[0].profile", false},
		{"patience_short", client(func(c *radius.ClientSettings) { c.AnswerWithin = time.Second }), "clients[0].answer_within", false},
		{"patience_long", client(func(c *radius.ClientSettings) { c.AnswerWithin = time.Hour }), "clients[0].answer_within", false},
		{"station_of_the_NAS", client(func(c *radius.ClientSettings) { c.CallingStationFrom = []string{"NAS-IP-Address"} }), "clients[0].calling_station_from[0]", false},
		{"station_unknown", client(func(c *radius.ClientSettings) { c.CallingStationFrom = []string{"Calling-Station-Id", "Class"} }), "clients[0].calling_station_from[1]", false},
		{"on_push_timeout", client(func(c *radius.ClientSettings) { c.OnPushTimeout = "accept" }), "clients[0].on_push_timeout", false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			for _, f := range radius.Check(settings(c.change)) {
				if f.Key == c.key && f.Warning == c.warning {
					return
				}
			}
			t.Errorf("%s is not told: %v", c.key, radius.Check(settings(c.change)))
		})
	}
	if l := radius.Check(settings()); len(l) != 0 {
		t.Errorf("sound settings have faults: %v", l)
	}
	for _, f := range radius.Check(settings(client(func(c *radius.ClientSettings) { c.Secrets[0] = secret.New("canary") }))) {
		if strings.Contains(f.String(), "canary") {
			t.Errorf("a fault shows a secret: %s", f)
		}
	}
}

func TestProfiles(t *testing.T) {
	seen := map[string]radius.Profile{}
	for _, p := range radius.Profiles() {
		if seen[p.Name].Name != "" || p.Basis == "" || p.Title == "" || p.AnswerWithin < 3*time.Second || p.Tries < 1 || p.RetryInterval <= 0 {
			t.Errorf("profile is not whole: %+v", p)
		}
		seen[p.Name] = p
		faults := radius.Check(settings(client(func(c *radius.ClientSettings) { c.Profile = p.Name })))
		if len(faults) != 0 {
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

func TestClientReachesTheRequest(t *testing.T) {
	yes := true
	cases := []struct {
		name   string
		change func(*radius.ClientSettings)
		within time.Duration
		silent bool
		scoped bool
	}{
		{"default", func(*radius.ClientSettings) {}, time.Minute, false, true},
		{"profile", func(c *radius.ClientSettings) { c.Profile = "openvpn" }, 55 * time.Second, false, true},
		{"overridden", func(c *radius.ClientSettings) { c.Profile, c.AnswerWithin = "openvpn", 20*time.Second }, 20 * time.Second, false, true},
		{"silence", func(c *radius.ClientSettings) { c.OnPushTimeout = "silence" }, time.Minute, true, true},
		{"joins", func(c *radius.ClientSettings) { c.JoinWithoutCallingStation = &yes }, time.Minute, false, false},
		{"vendor_station", func(c *radius.ClientSettings) {
			c.Profile, c.CallingStationFrom = "globalprotect", []string{"paloalto-client-source-ip"}
		}, 25 * time.Second, false, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			st := start(t, always(accept()), settings(client(c.change)))
			vendor := attr(26, "\x00\x00\x63\x75\x07\x0b192.0.2.9")
			st.nas(st.auth).ask(login(1, "bob", "secret", vendor))
			r := <-st.asked
			if r.Client.Name != "vpn" || r.Client.AnswerWithin != c.within || r.Client.SilentTimeout != c.silent || (r.JoinScope != "") != c.scoped {
				t.Errorf("request is %+v", r)
			}
		})
	}
}
