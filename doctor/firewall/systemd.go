package firewall

import (
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"

	"ivalt-radius/doctor/needs"
)

// NamedError says which peers of the settings have a name in the place of an address, so that a filter by addresses would cut them off.
type NamedError struct {
	Peers []string // "iVALT at api.ivalt.com"
}

func (e *NamedError) Error() string {
	return "systemd filters by address, and these have a name or may be anywhere, so they would be cut off: " + strings.Join(e.Peers, ", ") +
		": name their addresses, and your resolver's, with --peer PREFIX; or lead them through a proxy with a fixed address (ivalt.proxy)"
}

// SystemdPath is where the drop-in belongs.
const SystemdPath = "/etc/systemd/system/ivalt-radius.service.d/50-addresses.conf"

// Systemd writes a drop-in of the unit (systemd.resource-control(5), IPAddressDeny=): the service speaks with this host, with the clients'
// networks, with o.Admin, and with the peers that have an address. No name is resolved: an address that is frozen in a file cuts the service off
// on the day it changes. Where a peer has no address and o.Peers is empty the error is a *NamedError, and nothing is written. The filter knows no
// ports; both ways are bound, whatever o.Outgoing says.
func Systemd(w io.Writer, n needs.Needs, o Options) error {
	d := dropIn{owners: map[netip.Prefix]string{}}
	for _, in := range n.In {
		for _, s := range in.Sources {
			d.add(s.Network, "client "+harmless(s.Client))
		}
		if in.Key == "listen.admin" && !in.At.Addr().IsLoopback() {
			for _, p := range family(o.Admin, in.At.Addr()) {
				d.add(p, in.For)
			}
		}
	}
	for _, out := range n.Out {
		d.peer(out)
	}
	if len(d.named) > 0 && len(o.Peers) == 0 {
		return &NamedError{Peers: d.named}
	}
	for _, p := range o.Peers {
		d.add(p, "--peer")
	}
	return d.write(w)
}

// dropIn is what the filter lets through.
type dropIn struct {
	prefixes []netip.Prefix
	owners   map[netip.Prefix]string // of the first who needs it
	named    []string                // peers without an address
}

func (d *dropIn) add(p netip.Prefix, owner string) {
	if p = p.Masked(); d.owners[p] == "" {
		d.prefixes, d.owners[p] = append(d.prefixes, p), owner
	}
}

// peer adds a way out. What the machine itself needs, DNS and NTP, is no need of the service but where a name is asked for, and that a peer with a
// name says already.
func (d *dropIn) peer(out needs.Outward) {
	ip, ok := out.IP()
	switch {
	case out.Loopback() || out.Key == "":
	case ok:
		d.add(netip.PrefixFrom(ip, ip.BitLen()), out.For)
	case len(out.Networks) > 0:
		for _, p := range out.Networks {
			d.add(p, out.For)
		}
	default:
		said := out.For
		if out.Host != "" {
			said += " at " + harmless(out.Host)
		}
		if !slices.Contains(d.named, said) {
			d.named = append(d.named, said)
		}
	}
}

func (d *dropIn) write(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "# Made by `ivalt-radius firewall` from the settings. It belongs into %s;\n# then systemctl daemon-reload and systemctl restart ivalt-radius. Make it anew when the settings name another network.\n", SystemdPath)
	for _, named := range d.named {
		fmt.Fprintf(&b, "# %s has no address in the settings: --peer must cover it, and the resolver.\n", named)
	}
	b.WriteString("[Service]\nIPAddressDeny=any\nIPAddressAllow=localhost\n")
	for _, p := range d.prefixes {
		fmt.Fprintf(&b, "# %s\nIPAddressAllow=%s\n", d.owners[p], p)
	}
	_, err := io.WriteString(w, b.String())
	return err
}
