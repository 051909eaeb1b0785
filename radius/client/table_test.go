package client_test

import (
	"net/netip"
	"testing"
	"time"

	"ivalt-radius/radius/client"
	"ivalt-radius/radius/wire"
)

// table makes the table of sound settings.
func table(t *testing.T, before *client.Table, all ...client.Settings) *client.Table {
	t.Helper()
	made, l := client.NewTable(all, before)
	if err := l.Err(); err != nil {
		t.Fatal(err)
	}
	return made
}

// named is a client with its networks.
func named(name string, networks ...string) client.Settings {
	return settings(func(c *client.Settings) { c.Name, c.Networks = name, networks })
}

func TestADM1_LongestPrefix(t *testing.T) {
	tab := table(t, nil,
		named("wide", "192.0.2.0/24", "2001:db8::/32"),
		named("narrow", "192.0.2.128/25", "2001:db8:1::/48"),
		named("one", "192.0.2.200", "::ffff:198.51.100.0/120"),
	)
	for addr, want := range map[string]string{
		"192.0.2.1": "wide", "192.0.2.129": "narrow", "192.0.2.200": "one", "192.0.2.201": "narrow",
		"::ffff:192.0.2.200": "one", "198.51.100.9": "one", "2001:db8:2::1": "wide", "2001:db8:1::1%eth0": "narrow",
		"192.0.3.1": "", "2001:db9::1": "", "::": "",
	} {
		got := ""
		if c := tab.Find(netip.MustParseAddr(addr)); c != nil {
			got = c.Auth.Name
		}
		if got != want {
			t.Errorf("%s is %q, want %q", addr, got, want)
		}
	}
	for _, name := range []string{"wide", "narrow", "one"} {
		if c := tab.Named(name); c == nil || c.Auth.Name != name {
			t.Errorf("by its name %s is %v", name, c)
		}
	}
	if tab.Named("") != nil || tab.Named("Wide") != nil {
		t.Error("a client that is not there has a name")
	}
	var nobody client.Table
	if nobody.Find(netip.MustParseAddr("192.0.2.1")) != nil || tab.Find(netip.Addr{}) != nil {
		t.Error("a stranger is found")
	}
}

func TestClientOfItsSettings(t *testing.T) {
	yes, no := true, false
	cases := []struct {
		name   string
		change func(*client.Settings)
		ok     func(c *client.Client) bool
	}{
		{"default", func(*client.Settings) {}, func(c *client.Client) bool {
			return c.Auth.AnswerWithin == time.Minute && !c.Auth.SilentTimeout && !c.JoinFreely && c.Policy == client.Auto &&
				c.Signature == wire.Signed && len(c.Keys) == 2
		}},
		{"profile", func(s *client.Settings) { s.Profile = "openvpn" }, func(c *client.Client) bool { return c.Auth.AnswerWithin == 55*time.Second }},
		{"profile_overridden", func(s *client.Settings) { s.Profile, s.AnswerWithin = "openvpn", 20*time.Second }, func(c *client.Client) bool {
			return c.Auth.AnswerWithin == 20*time.Second
		}},
		{"silence", func(s *client.Settings) { s.OnPushTimeout = "silence" }, func(c *client.Client) bool { return c.Auth.SilentTimeout }},
		{"joins", func(s *client.Settings) { s.JoinWithoutCallingStation = &yes }, func(c *client.Client) bool { return c.JoinFreely }},
		{"joins_not", func(s *client.Settings) { s.JoinWithoutCallingStation = &no }, func(c *client.Client) bool { return !c.JoinFreely }},
		{"required", func(s *client.Settings) { s.MessageAuthenticator = "required" }, func(c *client.Client) bool { return c.Policy == client.Required }},
		{"optional", func(s *client.Settings) { s.MessageAuthenticator = "optional" }, func(c *client.Client) bool { return c.Policy == client.Optional }},
		{"omit", func(s *client.Settings) { s.OmitMessageAuthenticator = true }, func(c *client.Client) bool { return c.Signature == wire.Unsigned }},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := table(t, nil, settings(c.change)).Find(netip.MustParseAddr("192.0.2.1")); !c.ok(got) {
				t.Errorf("the client is %+v", got)
			}
		})
	}
}

func TestStandingStaysOverAReload(t *testing.T) {
	find := func(tab *client.Table) *client.Client { return tab.Find(netip.MustParseAddr("192.0.2.1")) }
	before := table(t, nil, named("vpn", "192.0.2.0/24"))
	find(before).InFlight = 7
	after := table(t, before, settings(func(s *client.Settings) { s.AnswerWithin = 20 * time.Second }))
	if find(after).Standing != find(before).Standing || find(after).Auth == find(before).Auth {
		t.Error("the client's standing is lost, or its settings stay")
	}
	if find(table(t, before, named("other", "192.0.2.0/24"))).InFlight != 0 {
		t.Error("another client takes the standing over")
	}
}

// attr encodes one attribute.
func attr(typ byte, value string) []byte { return wire.Append(nil, typ, []byte(value)) }

// packet is a request with the attributes.
func packet(t *testing.T, attributes ...[]byte) wire.Packet {
	t.Helper()
	raw := make([]byte, wire.HeaderSize, wire.MaxPacket)
	for _, a := range attributes {
		raw = append(raw, a...)
	}
	raw[0], raw[2], raw[3] = byte(wire.AccessRequest), byte(len(raw)>>8), byte(len(raw)) //nolint:gosec // short
	p, err := wire.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestCallingStation(t *testing.T) {
	const paloAlto = "\x00\x00\x63\x75\x07\x0b192.0.2.9"
	profile := func(s *client.Settings) { s.Profile = "globalprotect" }
	named := func(names ...string) func(*client.Settings) {
		return func(s *client.Settings) { s.CallingStationFrom = names }
	}
	cases := []struct {
		name       string
		change     func(*client.Settings)
		attributes [][]byte
		text       string
		isAddress  bool
	}{
		{"none", named(), nil, "", false},
		{"default", func(*client.Settings) {}, [][]byte{attr(66, "\x01192.0.2.8")}, "192.0.2.8", true},
		{"an_address_before_a_text", func(*client.Settings) {}, [][]byte{attr(31, "00-11"), attr(66, "192.0.2.8")}, "192.0.2.8", true},
		{"the_first_text", func(*client.Settings) {}, [][]byte{attr(66, "there"), attr(31, "00-11")}, "00-11", false},
		{"the_first_that_is_not_empty", func(*client.Settings) {}, [][]byte{attr(31, ""), attr(31, "192.0.2.7[500]")}, "192.0.2.7", true},
		{"not_asked_for", named("Connect-Info"), [][]byte{attr(31, "192.0.2.7"), attr(77, "[2001:DB8::7]:1")}, "2001:db8::7", true},
		{"vendor", profile, [][]byte{attr(26, paloAlto)}, "192.0.2.9", true},
		{"vendor_by_name", named("paloalto-client-source-ip"), [][]byte{attr(31, "192.0.2.7"), attr(26, "\x00\x00\x01\x37\x07\x0b192.0.2.7"), attr(26, paloAlto)}, "192.0.2.9", true},
		{"vendor_not_asked_for", func(*client.Settings) {}, [][]byte{attr(26, paloAlto)}, "", false},
		{"brackets", func(*client.Settings) {}, [][]byte{attr(31, "[2001:db8::7]")}, "2001:db8::7", true},
		{"a_bracket_that_is_not_closed", func(*client.Settings) {}, [][]byte{attr(31, "[2001:db8::7")}, "[2001:db8::7", false},
		{"unclean", func(*client.Settings) {}, [][]byte{attr(31, "\x1b[2J")}, "", false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			found := table(t, nil, settings(c.change)).Find(netip.MustParseAddr("192.0.2.1"))
			text, addr := found.CallingStation(packet(t, c.attributes...))
			if text != c.text || addr.IsValid() != c.isAddress || (addr.IsValid() && addr.String() != text) {
				t.Errorf("got %q and %s, want %q", text, addr, c.text)
			}
		})
	}
}
