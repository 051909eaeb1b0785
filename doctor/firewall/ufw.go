package firewall

import (
	"fmt"
	"io"
	"net/netip"
	"strings"

	"ivalt-radius/doctor/needs"
)

// UFW writes commands of ufw, a line each, for a shell. They add to the rules that are there: `ufw reset` first begins anew, as the guide does. SSH is
// let in before the default refuses it.
func UFW(w io.Writer, n needs.Needs, o Options) error {
	r := newRules(n, o)
	var b strings.Builder
	b.WriteString("#!/bin/sh\n# Made by `ivalt-radius firewall` from the settings. Read it, then run it as root.\n")
	for _, remark := range r.remarks {
		fmt.Fprintf(&b, "# %s\n", remark)
	}
	b.WriteString("set -e\n")
	for _, a := range r.in {
		write(&b, "in", a)
	}
	b.WriteString("ufw default deny incoming\n")
	if r.strict == Strict {
		for _, a := range r.out {
			write(&b, "out", a)
		}
		b.WriteString("ufw default deny outgoing\n")
	} else {
		b.WriteString("ufw default allow outgoing\n")
	}
	b.WriteString("ufw logging on\nufw --force enable\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// write writes a rule for each pair of source and destination.
func write(b *strings.Builder, direction string, a allow) {
	for _, from := range orAny(a.from) {
		for _, to := range orAny(a.to) {
			fmt.Fprintf(b, "ufw allow %s proto %s from %s to %s port %d comment '%s'\n", direction, a.protocol, from, to, a.port, a.comment)
		}
	}
}

// orAny are the prefixes as ufw reads them.
func orAny(all []netip.Prefix) []string {
	if len(all) == 0 {
		return []string{"any"}
	}
	out := make([]string, len(all))
	for i, p := range all {
		if out[i] = p.Masked().String(); p.IsSingleIP() {
			out[i] = p.Addr().String()
		}
	}
	return out
}
