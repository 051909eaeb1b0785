package firewall

import (
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ivalt-radius/doctor/needs"
)

func prefix(text string) netip.Prefix { return netip.MustParsePrefix(text) }

func some() needs.Needs {
	return needs.Needs{
		In: []needs.Inward{
			{
				Key: "listen.authentication[0]", For: "RADIUS authentication", Protocol: needs.UDP, At: netip.MustParseAddrPort("0.0.0.0:1812"),
				Sources: []needs.Source{{Client: "vpn", Network: prefix("192.0.2.10/32")}, {Client: "office", Network: prefix("10.0.0.0/8")}, {Client: "branch", Network: prefix("10.1.0.0/16")}},
			},
			{
				Key: "listen.authentication[1]", For: "RADIUS authentication", Protocol: needs.UDP, At: netip.MustParseAddrPort("[2001:db8::1]:1812"),
				Sources: []needs.Source{{Client: "vpn", Network: prefix("2001:db8:1::/48")}},
			},
			{Key: "listen.accounting[0]", For: "RADIUS accounting", Protocol: needs.UDP, At: netip.MustParseAddrPort("127.0.0.1:1813")},
			{Key: "listen.accounting[1]", For: "RADIUS accounting", Protocol: needs.UDP, At: netip.MustParseAddrPort("[::]:1813")},
			{Key: "listen.admin", For: "health", Protocol: needs.TCP, At: netip.MustParseAddrPort("192.0.2.20:9812")},
		},
		Out: []needs.Outward{
			{For: "DNS", Protocol: needs.UDP, Port: 53},
			{For: "iVALT", Protocol: needs.TCP, Host: "api.ivalt.com", Port: 443},
			{For: "notices", Protocol: needs.TCP, Host: "hooks.example.com", Port: 443},
			{For: "upstream RADIUS", Protocol: needs.UDP, Host: "10.0.0.5", Port: 1812},
			{For: "upstream RADIUS", Protocol: needs.UDP, Host: "2001:db8::5", Port: 1812},
			{For: "LDAP", Protocol: needs.TCP, Host: "127.0.0.1", Port: 389},
			{For: "Disconnect-Request", Protocol: needs.UDP, Port: 3799, Networks: []netip.Prefix{prefix("192.0.2.10/32"), prefix("2001:db8:1::/48")}},
		},
	}
}

// TestGolden holds the rules as a whole against what was read and loaded once; test/interop loads such rules and sends packets.
func TestGolden(t *testing.T) {
	strict := Options{SSHFrom: []netip.Prefix{prefix("198.51.100.0/24"), prefix("2001:db8:2::/48")}, SSHPort: 2222, Admin: []netip.Prefix{prefix("198.51.100.7/32"), prefix("2001:db8:2::/48")}, Outgoing: Strict}
	for name, o := range map[string]Options{"default": {}, "strict": strict} {
		var nft, ufw strings.Builder
		if err := errors.Join(NFTables(&nft, some(), o), UFW(&ufw, some(), o)); err != nil {
			t.Fatal(err)
		}
		for file, got := range map[string]string{name + ".nft": nft.String(), name + ".sh": ufw.String()} {
			want, err := os.ReadFile(filepath.Join("testdata", file))
			if err != nil {
				t.Error(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", file, diff)
			}
		}
	}
}

// TestNoClientOpensMoreThanItsOwn: without a client's network a port is open to nobody, and no rule for RADIUS lets everybody in.
func TestNoClientOpensMoreThanItsOwn(t *testing.T) {
	n := some()
	n.In[0].Sources = nil
	var nft, ufw strings.Builder
	if err := errors.Join(NFTables(&nft, n, Options{}), UFW(&ufw, n, Options{})); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{nft.String(), ufw.String()} {
		for line := range strings.Lines(text) {
			if strings.Contains(line, "1812") && !strings.Contains(line, "2001:db8::1") && !strings.HasPrefix(strings.TrimSpace(line), "set ") {
				t.Errorf("%s", line)
			}
		}
		if !strings.Contains(text, "listen.authentication[0] lets nobody in") {
			t.Error(text)
		}
	}
	if strings.Count(ufw.String(), "from any to") != 1 { // SSH
		t.Error(ufw.String())
	}
}

// TestNoNameIsACommand: whatever a client is called, its name ends no comment, no line and no quotation.
func TestNoNameIsACommand(t *testing.T) {
	for _, name := range []string{
		"'; reboot; '", "\"; drop; \"", "a\nreboot", "$(reboot)", "`reboot`", "x # y", "} delete table inet filter {", "\\", "ä;ö", strings.Repeat("long", 100), "\x1b[2J", "",
	} {
		n := some()
		n.In[0].Sources = []needs.Source{{Client: name, Network: prefix("192.0.2.10/32")}}
		harmless := needs.Needs{In: append([]needs.Inward{}, n.In...), Out: n.Out}
		harmless.In[0].Sources = []needs.Source{{Client: "x", Network: prefix("192.0.2.10/32")}}
		for format, write := range map[string]func(needs.Needs) string{
			"nft": func(n needs.Needs) string {
				var b strings.Builder
				_ = NFTables(&b, n, Options{Outgoing: Strict})
				return b.String()
			},
			"ufw": func(n needs.Needs) string {
				var b strings.Builder
				_ = UFW(&b, n, Options{Outgoing: Strict})
				return b.String()
			},
		} {
			got, want := without(write(n)), without(write(harmless))
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s, a client called %q changes the rules (-want +got):\n%s", format, name, diff)
			}
		}
	}
}

// without are rules without what stands behind "from" in their comments.
func without(rules string) string {
	return regexp.MustCompile(`(RADIUS authentication from )[A-Za-z0-9 ._-]*`).ReplaceAllString(rules, "$1")
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("full") }

func TestAWriterThatFails(t *testing.T) {
	if NFTables(broken{}, some(), Options{}) == nil || UFW(broken{}, some(), Options{}) == nil {
		t.Error("nobody is told")
	}
}
