package radius

import (
	"fmt"
	"net/netip"
	"slices"
	"time"

	"golang.org/x/time/rate"

	"ivalt-radius/auth"
	"ivalt-radius/fault"
	"ivalt-radius/radius/wire"
	"ivalt-radius/secret"
)

// maPolicy is `clients[].message_authenticator`.
type maPolicy uint8

// The policies. The zero policy is the strictest.
const (
	maRequired maPolicy = iota
	maAuto
	maOptional
)

// sharedSecret is one of a client's secrets, ready for use.
type sharedSecret struct{ *wire.Key }

func newSharedSecret(s secret.Secret) sharedSecret { return sharedSecret{wire.NewKey(s)} }

// client is one configured peer. It is never changed once it is in a table; what changes is in standing.
type client struct {
	auth       auth.Client
	profile    string
	keys       []sharedSecret
	policy     maPolicy
	signature  wire.Signature
	stations   []station
	joinFreely bool
	*standing
}

// standing is what a client keeps over a reload.
type standing struct {
	inFlight int           // exchanges that wait; guarded by claims.mu
	status   *rate.Limiter // Status-Server
	hint     gate          // its own log lines
}

// How often a client may ask whether the server is there, and how often the log says what is wrong with a client.
const (
	statusPerSecond = 10
	statusBurst     = 20
	hintEvery       = time.Minute
)

func newStanding() *standing {
	return &standing{status: rate.NewLimiter(statusPerSecond, statusBurst)}
}

// table says which client an address is. It is never changed: a reload makes a new one.
type table struct {
	byNetwork   map[netip.Prefix]*client
	bits4       []int // lengths of the IPv4 prefixes, longest first
	bits6       []int
	standings   map[string]*standing
	rejectDelay time.Duration
}

// newTable makes the table of the settings; clients that were there before keep their standing.
func newTable(s Settings, before *table) (*table, fault.List) {
	var l fault.List
	t := &table{
		byNetwork: map[netip.Prefix]*client{}, standings: map[string]*standing{}, rejectDelay: s.RejectDelay,
	}
	if len(s.Clients) == 0 {
		l.Warn("clients", "no client is configured: every packet is dropped")
	}
	for i, settings := range s.Clients {
		check := checker{list: &l, path: fmt.Sprintf("clients[%d]", i)}
		c := check.compile(settings)
		c.standing = t.stand(check, settings.Name, before)
		t.place(check, c, settings.Networks)
	}
	t.bits4, t.bits6 = t.lengths()
	return t, l
}

func (t *table) stand(check checker, name string, before *table) *standing {
	if t.standings[name] != nil && name != "" {
		check.add("name", "%q is another client's name already", name)
	}
	st := newStanding()
	if before != nil && before.standings[name] != nil {
		st = before.standings[name]
	}
	t.standings[name] = st
	return st
}

// place enters the client's networks.
func (t *table) place(check checker, c *client, networks []string) {
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
			check.add(key, "%s belongs to the client %q already", prefix, other.auth.Name)
		}
	}
}

// parseNetwork reads a prefix or a single address; IPv4 written as IPv6 becomes IPv4.
func parseNetwork(text string) (netip.Prefix, error) {
	prefix, err := netip.ParsePrefix(text)
	if err != nil {
		addr, single := netip.ParseAddr(text)
		if single != nil || addr.Zone() != "" {
			return netip.Prefix{}, fmt.Errorf("write a prefix such as 192.0.2.0/24 or 2001:db8::/32")
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

func (t *table) lengths() (bits4, bits6 []int) {
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

// find returns the client with the longest prefix that holds the address, nil where there is none.
func (t *table) find(addr netip.Addr) *client {
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
