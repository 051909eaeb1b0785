package needs

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ivalt-radius/config"
	"ivalt-radius/secret"
)

func settings() *config.Settings {
	prefixes := func(all ...string) (out []netip.Prefix) {
		for _, p := range all {
			out = append(out, netip.MustParsePrefix(p))
		}
		return out
	}
	s := &config.Settings{
		Listen: config.Listen{
			Authentication: []netip.AddrPort{netip.MustParseAddrPort("0.0.0.0:1812"), netip.MustParseAddrPort("[2001:db8::1]:1812")},
			Accounting:     []netip.AddrPort{netip.MustParseAddrPort("192.0.2.20:1813")}, Admin: netip.MustParseAddrPort("127.0.0.1:9812"),
		},
		Clients: []config.Client{
			{Name: "vpn", Networks: prefixes("192.0.2.10/32", "2001:db8:1::/48"), DisconnectPort: 3799}, {Name: "office", Networks: prefixes("10.0.0.0/8")},
		},
	}
	s.IVALT.URL = "https://api.ivalt.com"
	s.Primary.LDAP.URLs = []string{"ldaps://dc1.example.com", "ldap://dc2.example.com:3890", "ldap://[2001:db8::5]"}
	s.Primary.RADIUS.Servers = []config.UpstreamServer{{Address: "10.0.0.5:1812"}, {Address: "nps.example.com:1645"}}
	s.State.Redis = config.Redis{Addresses: []string{"sentinel-1.example.com:26379", "[2001:db8::7]:26379", "nonsense"}, Mode: "sentinel"}
	s.Audit.Ship = []config.Ship{{To: "udp://siem.example.com:514"}, {To: "tls://SIEM.example.com:6514"}, {To: "journald:"}, {To: "file:/x"}, {To: "://"}}
	s.Guard.Notify = []config.Notifying{
		{Kind: "webhook", URL: secret.New("https://hooks.example.com:8443/SECRET?t=SECRET")},
		{Kind: "slack", URL: secret.New("http://localhost/SECRET")},
		{Kind: "email", Server: "mail.example.com:587"},
		{Kind: "command", Command: "/bin/true"},
		{Kind: "webhook"},
		{Kind: "email", Server: "mail.example.com:0"},
	}
	return s
}

func TestOf(t *testing.T) {
	n := Of(settings())
	var got []string
	for _, in := range n.In {
		got = append(got, fmt.Sprint("in ", in.Key, " ", in.For, " ", in.Protocol, " ", in.At, " ", in.Sources))
	}
	for _, out := range n.Out {
		got = append(got, fmt.Sprintf("out %s %s %s %s:%d %v", out.Key, out.For, out.Protocol, out.Host, out.Port, out.Networks))
	}
	want := []string{
		"in listen.authentication[0] RADIUS authentication udp 0.0.0.0:1812 [{vpn 192.0.2.10/32} {office 10.0.0.0/8}]",
		"in listen.authentication[1] RADIUS authentication udp [2001:db8::1]:1812 [{vpn 2001:db8:1::/48}]",
		"in listen.accounting[0] RADIUS accounting udp 192.0.2.20:1813 [{vpn 192.0.2.10/32} {office 10.0.0.0/8}]",
		"in listen.admin health, metrics, dashboard tcp 127.0.0.1:9812 []",
		"out  DNS udp :53 []", "out  DNS tcp :53 []", "out  NTP udp :123 []",
		"out ivalt.url iVALT tcp api.ivalt.com:443 []",
		"out primary.ldap.urls[0] LDAP tcp dc1.example.com:636 []",
		"out primary.ldap.urls[1] LDAP tcp dc2.example.com:3890 []",
		"out primary.ldap.urls[2] LDAP tcp 2001:db8::5:389 []",
		"out primary.radius.servers[0].address upstream RADIUS udp 10.0.0.5:1812 []",
		"out primary.radius.servers[1].address upstream RADIUS udp nps.example.com:1645 []",
		"out state.redis.addresses[0] the shared memory tcp sentinel-1.example.com:26379 []",
		"out state.redis.addresses[1] the shared memory tcp 2001:db8::7:26379 []",
		"out state.redis.mode the servers that the shared memory names tcp :6379 []",
		"out audit.ship[0].to syslog udp siem.example.com:514 []",
		"out audit.ship[1].to syslog tcp SIEM.example.com:6514 []",
		"out guard.notify[0].url notices tcp hooks.example.com:8443 []",
		"out guard.notify[1].url notices tcp localhost:80 []",
		"out guard.notify[2].server notices by mail tcp mail.example.com:587 []",
		"out clients[0].disconnect_port Disconnect-Request udp :3799 [192.0.2.10/32 2001:db8:1::/48]",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if strings.Contains(fmt.Sprintf("%+v", n), "SECRET") {
		t.Error("a webhook's secret is among the needs")
	}
}

// TestProxy: behind a proxy, it alone is reached; its password stays.
func TestProxy(t *testing.T) {
	s := settings()
	s.IVALT.Proxy = secret.New("http://u:SECRET@proxy.example.com:3128")
	n := Of(s)
	text := fmt.Sprintf("%+v", n)
	if strings.Contains(text, "SECRET") || strings.Contains(text, "api.ivalt.com") || !strings.Contains(text, "Host:proxy.example.com Port:3128") {
		t.Error(text)
	}
	s.IVALT.Proxy = secret.New("http://u:%zz@x")
	if slices.ContainsFunc(Of(s).Out, func(o Outward) bool { return o.Key == "ivalt.proxy" }) {
		t.Error("what is no URL leads nowhere")
	}
	if got := Of(&config.Settings{}); len(got.In) != 0 || len(got.Out) != 3 {
		t.Errorf("%+v", got)
	}
}

func TestNames(t *testing.T) {
	var got []string
	for _, o := range Of(settings()).Names() {
		got = append(got, o.Host)
	}
	want := []string{"api.ivalt.com", "dc1.example.com", "dc2.example.com", "nps.example.com", "sentinel-1.example.com", "siem.example.com", "hooks.example.com", "localhost", "mail.example.com"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestExplains(t *testing.T) {
	literal, named := Outward{Protocol: TCP, Host: "::ffff:10.0.0.5", Port: 443}, Outward{Protocol: TCP, Host: "x", Port: 443}
	some := Outward{Protocol: TCP, Port: 443, Networks: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}}
	for _, c := range []struct {
		o    Outward
		p    Protocol
		to   string
		want bool
	}{
		{literal, TCP, "10.0.0.5:443", true},
		{literal, TCP, "[::ffff:10.0.0.5]:443", true},
		{literal, TCP, "10.0.0.6:443", false},
		{literal, UDP, "10.0.0.5:443", false},
		{literal, TCP, "10.0.0.5:80", false},
		{named, TCP, "192.0.2.1:443", true},
		{some, TCP, "10.1.1.1:443", true},
		{some, TCP, "11.1.1.1:443", false},
	} {
		if got := c.o.Explains(c.p, netip.MustParseAddrPort(c.to)); got != c.want {
			t.Errorf("%+v %s %s: %v", c.o, c.p, c.to, got)
		}
	}
	for host, want := range map[string]bool{"localhost": true, "LOCALHOST": true, "127.0.0.9": true, "::1": true, "10.0.0.1": false, "x": false, "": false} {
		if got := (Outward{Host: host}).Loopback(); got != want {
			t.Errorf("%q: %v", host, got)
		}
	}
}
