package policy

import (
	"fmt"
	"net/netip"
	"strings"
)

// networks is a list of prefixes of which any may hold the calling station. Nil is a key left out.
type networks []netip.Prefix

// contain reports whether any prefix holds an address made by plainAddr. The zero Addr, "unknown", is in none.
func (ns networks) contain(addr netip.Addr) bool {
	for _, n := range ns {
		if n.Contains(addr) {
			return true
		}
	}
	return false
}

// String lists the prefixes.
func (ns networks) String() string {
	texts := make([]string, len(ns))
	for i, n := range ns {
		texts[i] = n.String()
	}
	return strings.Join(texts, ", ")
}

// plainAddr is the one form in which addresses are compared: IPv4 rather than IPv4-mapped IPv6, and without a zone, or
// either would slip past a prefix that holds it.
func plainAddr(addr netip.Addr) netip.Addr {
	return addr.Unmap().WithZone("")
}

// parsePrefix reads a prefix or a bare address, which stands for itself alone. IPv4-mapped IPv6 becomes IPv4. Bits behind the
// prefix are refused: of 10.0.0.5/8 nobody knows whether one host or the net was meant.
func parsePrefix(text string) (netip.Prefix, error) {
	if !strings.Contains(text, "/") {
		addr, err := netip.ParseAddr(text)
		if err != nil || addr.Zone() != "" {
			return netip.Prefix{}, fmt.Errorf("%q is no address and no prefix: write 203.0.113.7, 203.0.113.0/24 or 2001:db8::/32", text)
		}
		addr = addr.Unmap()
		return netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	prefix, err := netip.ParsePrefix(text)
	if err != nil {
		return netip.Prefix{}, fmt.Errorf("%q is no prefix: write 203.0.113.0/24 or 2001:db8::/32", text)
	}
	const mappedBits = 96
	if prefix.Addr().Is4In6() && prefix.Bits() >= mappedBits {
		prefix = netip.PrefixFrom(prefix.Addr().Unmap(), prefix.Bits()-mappedBits)
	}
	if masked := prefix.Masked(); masked != prefix {
		return netip.Prefix{}, fmt.Errorf("%q has bits behind its prefix: write %s for the network or %s for the address",
			text, masked, prefix.Addr())
	}
	return prefix, nil
}
