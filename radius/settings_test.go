package radius_test

import (
	"testing"
	"time"

	"ivalt-radius/radius"
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
		{"in_a_client", client(func(c *radius.ClientSettings) { c.Profile = "acme" }), "clients[0].profile", false},
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
