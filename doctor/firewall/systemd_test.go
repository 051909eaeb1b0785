package firewall

import (
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ivalt-radius/doctor/needs"
)

// addressed are some's needs where every peer has an address.
func addressed() needs.Needs {
	n := some()
	for i := range n.Out {
		switch n.Out[i].Host {
		case "api.ivalt.com", "hooks.example.com":
			n.Out[i].Key, n.Out[i].Host = "ivalt.proxy", "192.0.2.80"
		default:
			if n.Out[i].Port != 53 {
				n.Out[i].Key = "some.key"
			}
		}
	}
	return n
}

// TestSystemdGolden holds the drop-in as a whole against what was read once; test/packages has systemd read one.
func TestSystemdGolden(t *testing.T) {
	var got strings.Builder
	if err := Systemd(&got, addressed(), Options{Admin: []netip.Prefix{prefix("198.51.100.7/32"), prefix("2001:db8:2::/48")}}); err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(filepath.Join("testdata", "addresses.conf"))
	if err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestSystemdCutsNobodyOff: a peer that has no address is refused by name, until the operator says where it is.
func TestSystemdCutsNobodyOff(t *testing.T) {
	n := addressed()
	n.Out = append(n.Out, needs.Outward{Key: "ivalt.url", For: "iVALT", Protocol: needs.TCP, Host: "api.ivalt.com", Port: 443}, needs.Outward{Key: "state.redis.mode", For: "the servers that the shared memory names", Port: 6379})
	var got strings.Builder
	err := Systemd(&got, n, Options{})
	var named *NamedError
	if !errors.As(err, &named) || len(named.Peers) != 2 || got.Len() != 0 || !strings.Contains(err.Error(), "iVALT at api.ivalt.com") || !strings.Contains(err.Error(), "--peer") {
		t.Errorf("%v: %s", err, got.String())
	}
	if err := Systemd(&got, n, Options{Peers: []netip.Prefix{prefix("203.0.113.0/24")}}); err != nil || !strings.Contains(got.String(), "IPAddressAllow=203.0.113.0/24\n") || !strings.Contains(got.String(), "# iVALT at api.ivalt.com has no address") {
		t.Errorf("%v: %s", err, got.String())
	}
}

// TestSystemdNoNameIsASetting: whatever a client is called, its name ends no comment, and no line is anything but ours.
func TestSystemdNoNameIsASetting(t *testing.T) {
	n := addressed()
	n.In[0].Sources = []needs.Source{{Client: "a\nExecStartPre=/bin/sh", Network: prefix("192.0.2.10/32")}}
	n.Out = append(n.Out, needs.Outward{Key: "x", For: "notices", Host: "a\nUser=root", Port: 443})
	var got strings.Builder
	if err := Systemd(&got, n, Options{Peers: []netip.Prefix{prefix("203.0.113.9/32")}}); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(got.String()) {
		line = strings.TrimSpace(line)
		if line == "[Service]" || strings.HasPrefix(line, "#") || strings.HasPrefix(line, "IPAddressAllow=") || line == "IPAddressDeny=any" {
			continue
		}
		t.Errorf("%q", line)
	}
}
