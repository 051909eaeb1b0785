package firewall

import (
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"

	"ivalt-radius/doctor/needs"
)

// Table is the one table that the rules stand in.
const Table = "inet ivalt_radius"

// NFTables writes a file for `nft -f`: one transaction that replaces the table where it is there. Other tables are left alone, and what they drop
// stays dropped.
func NFTables(w io.Writer, n needs.Needs, o Options) error {
	r := newRules(n, o)
	var b strings.Builder
	fmt.Fprintf(&b, "#!/usr/sbin/nft -f\n# Made by `ivalt-radius firewall` from the settings. Load it with nft -f FILE, take it away with nft delete table %s.\n", Table)
	for _, remark := range r.remarks {
		fmt.Fprintf(&b, "# %s\n", remark)
	}
	fmt.Fprintf(&b, "\ntable %[1]s\ndelete table %[1]s\n\ntable %[1]s {\n", Table)
	s := setsOf(r.in)
	s.write(&b)
	b.WriteString("\tchain input {\n\t\ttype filter hook input priority filter; policy drop;\n\n\t\tiif \"lo\" accept\n" +
		"\t\tct state established,related accept\n\t\tct state invalid drop\n" +
		"\t\ticmp type { echo-request, destination-unreachable, time-exceeded, parameter-problem } accept\n" +
		"\t\ticmpv6 type { echo-request, destination-unreachable, packet-too-big, time-exceeded, parameter-problem, " +
		"nd-router-advert, nd-neighbor-solicit, nd-neighbor-advert } accept\n")
	for _, line := range s.input() {
		fmt.Fprintf(&b, "\t\t%s\n", line)
	}
	b.WriteString("\t}\n")
	if r.strict == Strict {
		r.output(&b)
	}
	b.WriteString("}\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// set is one named set of prefixes, and the rules that let them in.
type set struct {
	name     string
	version  int // of IP: 4 or 6
	elements []netip.Prefix
	owners   []string // the comments, one for each element
	rule     allow
}

type sets struct {
	all   []set
	plain []allow // from anywhere
}

// setsOf gathers the sources of one port at one address into one set a family.
func setsOf(in []allow) sets {
	var s sets
	for _, a := range in {
		if len(a.from) == 0 {
			s.plain = append(s.plain, a)
		}
		for _, p := range a.from {
			s.add(a, p)
		}
	}
	return s
}

func (s *sets) add(a allow, p netip.Prefix) {
	version := 6
	if p.Addr().Is4() {
		version = 4
	}
	i := slices.IndexFunc(s.all, func(x set) bool {
		return x.version == version && x.rule.protocol == a.protocol && x.rule.port == a.port && slices.Equal(x.rule.to, a.to)
	})
	if i < 0 {
		i = len(s.all)
		s.all = append(s.all, set{name: fmt.Sprintf("from%d_%s_%d_v%d", i, a.protocol, a.port, version), version: version, rule: a})
	}
	if !slices.Contains(s.all[i].elements, p) {
		s.all[i].elements, s.all[i].owners = append(s.all[i].elements, p), append(s.all[i].owners, a.comment)
	}
}

func (s sets) write(b *strings.Builder) {
	for _, x := range s.all {
		fmt.Fprintf(b, "\tset %s {\n\t\ttype ipv%d_addr\n\t\tflags interval\n\t\tauto-merge\n\t\telements = {\n", x.name, x.version)
		for i, p := range x.elements {
			fmt.Fprintf(b, "\t\t\t%s, # %s\n", p.Masked(), x.owners[i])
		}
		b.WriteString("\t\t}\n\t}\n\n")
	}
}

func (s sets) input() []string {
	var lines []string
	for _, a := range s.plain {
		lines = append(lines, fmt.Sprintf("%s%s dport %d accept comment %q", to(a.to), a.protocol, a.port, a.comment))
	}
	for _, x := range s.all {
		purpose, _, _ := strings.Cut(x.rule.comment, " from ")
		lines = append(lines, fmt.Sprintf("%s saddr @%s %s%s dport %d accept comment %q", ip(x.version), x.name, to(x.rule.to), x.rule.protocol, x.rule.port, purpose))
	}
	return lines
}

func (r rules) output(b *strings.Builder) {
	b.WriteString("\n\tchain output {\n\t\ttype filter hook output priority filter; policy drop;\n\n\t\toif \"lo\" accept\n" +
		"\t\tct state established,related accept\n\t\tmeta l4proto { icmp, ipv6-icmp } accept\n")
	for _, a := range r.out {
		if len(a.to) == 0 {
			fmt.Fprintf(b, "\t\t%s dport %d accept comment %q\n", a.protocol, a.port, a.comment)
		}
		for _, p := range a.to {
			fmt.Fprintf(b, "\t\t%s%s dport %d accept comment %q\n", to([]netip.Prefix{p}), a.protocol, a.port, a.comment)
		}
	}
	b.WriteString("\t}\n")
}

// to is the part of a rule that names the destination; empty: anywhere.
func to(p []netip.Prefix) string {
	if len(p) == 0 {
		return ""
	}
	version := 6
	if p[0].Addr().Is4() {
		version = 4
	}
	text := p[0].Masked().String()
	if p[0].IsSingleIP() {
		text = p[0].Addr().String()
	}
	return fmt.Sprintf("%s daddr %s ", ip(version), text)
}

func ip(version int) string {
	if version == 4 {
		return "ip"
	}
	return "ip6"
}
