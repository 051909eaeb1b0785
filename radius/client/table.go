package client

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"ivalt-radius/fault"
)

// Table says which client an address is. It is never changed: a reload makes a new one. The zero Table knows nobody.
type Table struct {
	byNetwork map[netip.Prefix]*Client
	bits4     []int // lengths of the IPv4 prefixes, longest first
	bits6     []int
	standings map[string]*Standing
}

// NewTable makes the table of `clients` and judges each element: the keys of the faults begin with `clients`. Clients that were in
// before, which may be nil, keep their Standing. A table with a fatal fault is not to be used.
func NewTable(clients []Settings, before *Table) (*Table, fault.List) {
	var l fault.List
	t := &Table{byNetwork: map[netip.Prefix]*Client{}, standings: map[string]*Standing{}}
	if len(clients) == 0 {
		l.Warn("clients", "no client is configured: every packet is dropped")
	}
	for i, settings := range clients {
		check := checker{list: &l, path: fmt.Sprintf("clients[%d]", i)}
		c := check.compile(settings)
		c.Standing = t.stand(check, settings.Name, before)
		t.place(check, c, settings.Networks)
	}
	t.bits4, t.bits6 = t.lengths()
	return t, l
}

func (t *Table) stand(check checker, name string, before *Table) *Standing {
	if t.standings[name] != nil && name != "" {
		check.add("name", "%q is another client's name already", name)
	}
	st := NewStanding()
	if before != nil && before.standings[name] != nil {
		st = before.standings[name]
	}
	t.standings[name] = st
	return st
}

// place enters the client's networks.
func (t *Table) place(check checker, c *Client, networks []string) {
	if len(networks) == 0 {
		check.add("networks", "no network: name the prefixes that the client may ask from")
	}
	for i, text := range networks {
		key := fmt.Sprintf("networks[%d]", i)
		prefix, err := parseNetwork(text)
		if err != nil {
			check.add(key, "%q is no network: %s", text, err)
			continue
		}
		switch other := t.byNetwork[prefix]; other {
		case nil:
			t.byNetwork[prefix] = c
		case c:
			check.warn(key, "%s stands there twice", prefix)
		default:
			check.add(key, "%s belongs to the client %q already", prefix, other.Auth.Name)
		}
	}
}

// parseNetwork reads a prefix or a single address; IPv4 written as IPv6 becomes IPv4.
func parseNetwork(text string) (netip.Prefix, error) {
	prefix, err := netip.ParsePrefix(text)
	if err != nil {
		addr, single := netip.ParseAddr(text)
		if single != nil || addr.Zone() != "" {
			return netip.Prefix{}, errors.New("write a prefix such as 192.0.2.0/24 or 2001:db8::/32")
		}
		prefix = netip.PrefixFrom(addr, addr.BitLen())
	}
	if prefix.Addr().Is4In6() && prefix.Bits() >= 96 {
		prefix = netip.PrefixFrom(prefix.Addr().Unmap(), prefix.Bits()-96)
	}
	if prefix != prefix.Masked() {
		return netip.Prefix{}, fmt.Errorf("it has bits beyond its length; is %s meant?", prefix.Masked())
	}
	return prefix, nil
}

func (t *Table) lengths() (bits4, bits6 []int) {
	for prefix := range t.byNetwork {
		if prefix.Addr().Is4() {
			bits4 = append(bits4, prefix.Bits())
		} else {
			bits6 = append(bits6, prefix.Bits())
		}
	}
	longestFirst := func(bits []int) []int {
		slices.Sort(bits)
		slices.Reverse(bits)
		return slices.Compact(bits)
	}
	return longestFirst(bits4), longestFirst(bits6)
}

// Named is the client with a name, nil where there is none.
func (t *Table) Named(name string) *Client {
	for _, c := range t.byNetwork {
		if c.Auth.Name == name {
			return c
		}
	}
	return nil
}

// Find returns the client with the longest prefix that holds the address, nil where there is none.
func (t *Table) Find(addr netip.Addr) *Client {
	addr = addr.Unmap().WithZone("")
	bits := t.bits6
	if addr.Is4() {
		bits = t.bits4
	}
	for _, n := range bits {
		prefix, err := addr.Prefix(n)
		if err != nil {
			continue
		}
		if c := t.byNetwork[prefix]; c != nil {
			return c
		}
	}
	return nil
}
