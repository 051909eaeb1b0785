package firewall

import (
	"net/netip"
	"slices"
	"strings"

	"ivalt-radius/doctor/needs"
)

// Outgoing says what may leave.
type Outgoing uint8

// The kinds. The zero Outgoing lets everything leave.
const (
	Free   Outgoing = iota
	Strict          // what the settings need, and nothing else
)

// Options say what the settings do not.
type Options struct {
	SSHFrom  []netip.Prefix // who may come by SSH; empty: anybody, since whoever loads rules from afar must not lock himself out
	SSHPort  uint16         // 0: 22
	Admin    []netip.Prefix // who may come to listen.admin; empty: nobody but this host
	Outgoing Outgoing
	Peers    []netip.Prefix // where peers are whose address the settings do not name; Systemd alone asks
}

// defaultSSH is the port of RFC 4253 section 4.1.
const defaultSSH = 22

// allow is one rule.
type allow struct {
	protocol needs.Protocol
	from     []netip.Prefix // empty: anywhere
	to       []netip.Prefix // empty: anywhere
	port     uint16
	comment  string
}

// rules are both formats' way to the same.
type rules struct {
	in, out []allow
	remarks []string // what the operator should know; a line each
	strict  Outgoing
}

func newRules(n needs.Needs, o Options) rules {
	r := rules{strict: o.Outgoing}
	port := o.SSHPort
	if port == 0 {
		port = defaultSSH
	}
	ssh := allow{protocol: needs.TCP, port: port, comment: "SSH", from: o.SSHFrom}
	if len(o.SSHFrom) == 0 {
		ssh.comment = "SSH from anywhere"
		r.remarks = append(r.remarks, "SSH is let in from anywhere, so that nobody is locked out: narrow it with --ssh-from PREFIX.")
	}
	r.in = append(r.in, ssh)
	for _, in := range n.In {
		r.inward(in, o)
	}
	if o.Outgoing == Strict {
		r.remarks = append(r.remarks, "What goes out is bound to ports: host names are no part of a rule, and are not resolved here.")
		for _, out := range n.Out {
			r.outward(out)
		}
	}
	return r
}

func (r *rules) inward(in needs.Inward, o Options) {
	if in.At.Addr().IsLoopback() {
		r.remarks = append(r.remarks, in.Key+" is on the loopback interface, where everything may come in.")
		return
	}
	a := allow{protocol: in.Protocol, port: in.At.Port(), comment: in.For}
	if !in.At.Addr().IsUnspecified() {
		a.to = []netip.Prefix{netip.PrefixFrom(in.At.Addr().Unmap(), in.At.Addr().Unmap().BitLen())}
	}
	if in.Key == "listen.admin" {
		if a.from = family(o.Admin, in.At.Addr()); len(a.from) == 0 {
			r.remarks = append(r.remarks, "listen.admin lets nobody in but this host: name who may with --admin-network PREFIX.")
			return
		}
		r.in = append(r.in, a)
		return
	}
	if len(in.Sources) == 0 {
		r.remarks = append(r.remarks, in.Key+" lets nobody in: no client has a network of its family.")
	}
	for _, s := range in.Sources {
		one := a
		one.from, one.comment = []netip.Prefix{s.Network}, a.comment+" from "+harmless(s.Client)
		r.in = append(r.in, one)
	}
}

// outward allows a way out. One to this host needs no rule.
func (r *rules) outward(out needs.Outward) {
	if out.Loopback() {
		return
	}
	a := allow{protocol: out.Protocol, port: out.Port, comment: out.For, to: out.Networks}
	if ip, ok := out.IP(); ok {
		a.to = []netip.Prefix{netip.PrefixFrom(ip, ip.BitLen())}
	}
	if !slices.ContainsFunc(r.out, func(b allow) bool {
		return a.protocol == b.protocol && a.port == b.port && slices.Equal(a.to, b.to)
	}) {
		r.out = append(r.out, a)
	}
}

// family are the prefixes of an address's family.
func family(all []netip.Prefix, of netip.Addr) (out []netip.Prefix) {
	for _, p := range all {
		if p.Addr().Unmap().Is4() == of.Unmap().Is4() {
			out = append(out, p)
		}
	}
	return out
}

// longestName bounds a client's name in a comment: those of nftables have 128 octets.
const longestName = 40

// harmless is what is left of a name in a comment, so that no name ends a comment, a line or a quotation.
func harmless(name string) string {
	clean := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune(" ._-", r) {
			return r
		}
		return '_'
	}, name)
	return clean[:min(len(clean), longestName)]
}
