package needs

import (
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"ivalt-radius/config"
)

// Protocol is what a port speaks.
type Protocol string

// The protocols.
const (
	UDP Protocol = "udp"
	TCP Protocol = "tcp"
)

// Source is who may come in: one prefix of one client.
type Source struct {
	Client  string
	Network netip.Prefix
}

// Inward is a socket of the server, and who must reach it.
type Inward struct {
	Key      string // of the settings: listen.authentication[0]
	For      string // constant words
	Protocol Protocol
	At       netip.AddrPort
	Sources  []Source // of the address's family; for listen.admin none: the settings do not say who
}

// Outward is a peer that must be reached.
type Outward struct {
	Key      string // of the settings; empty: the machine's own need
	For      string // constant words
	Protocol Protocol
	Host     string // a name or an IP address; empty: anywhere, or Networks
	Port     uint16
	Networks []netip.Prefix // where the peer has no name: any address in them
}

// Needs are all of them.
type Needs struct {
	In  []Inward
	Out []Outward
}

// Of reads the settings. What is no address or URL in them is left out: a fault of the settings tells of it. No secret is kept: of a URL that is
// one, host and port alone.
func Of(s *config.Settings) Needs {
	n := Needs{Out: []Outward{
		{For: "DNS", Protocol: UDP, Port: 53},
		{For: "DNS", Protocol: TCP, Port: 53},
		{For: "NTP", Protocol: UDP, Port: 123},
	}}
	n.inward(s)
	n.ivalt(s)
	for i, u := range s.Primary.LDAP.URLs {
		n.url("primary.ldap.urls["+strconv.Itoa(i)+"]", "LDAP", u)
	}
	for i, server := range s.Primary.RADIUS.Servers {
		n.hostPort("primary.radius.servers["+strconv.Itoa(i)+"].address", "upstream RADIUS", UDP, server.Address)
	}
	n.memory(s.State.Redis)
	for i, r := range s.Audit.Ship {
		n.syslog("audit.ship["+strconv.Itoa(i)+"].to", r.To)
	}
	n.notices(s)
	for i, c := range s.Clients {
		if c.DisconnectPort > 0 && c.DisconnectPort <= 0xffff {
			n.Out = append(n.Out, Outward{
				Key: "clients[" + strconv.Itoa(i) + "].disconnect_port", For: "Disconnect-Request", Protocol: UDP, Port: uint16(c.DisconnectPort), Networks: c.Networks,
			})
		}
	}
	return n
}

// redisPort is where a server listens unless told otherwise.
const redisPort = 6379

// memory are the servers of the shared memory. The one that Sentinels name, and those that a Cluster tells, may be anywhere.
func (n *Needs) memory(r config.Redis) {
	for i, address := range r.Addresses {
		n.hostPort("state.redis.addresses["+strconv.Itoa(i)+"]", "the shared memory", TCP, address)
	}
	if len(r.Addresses) > 0 && r.Mode != "single" {
		n.Out = append(n.Out, Outward{Key: "state.redis.mode", For: "the servers that the shared memory names", Protocol: TCP, Port: redisPort})
	}
}

// syslog is a receiver of records; journald and files are on this host.
func (n *Needs) syslog(key, to string) {
	u, err := url.Parse(to)
	if err != nil {
		return
	}
	protocol := TCP
	if u.Scheme == "udp" {
		protocol = UDP
	}
	n.hostPort(key, "syslog", protocol, u.Host)
}

func (n *Needs) notices(s *config.Settings) {
	for i, r := range s.Guard.Notify {
		key := "guard.notify[" + strconv.Itoa(i) + "]."
		switch r.Kind {
		case "webhook", "slack":
			n.url(key+"url", "notices", r.URL.Reveal())
		case "email":
			n.hostPort(key+"server", "notices by mail", TCP, r.Server)
		}
	}
}

func (n *Needs) inward(s *config.Settings) {
	for _, l := range []struct {
		key, purpose string
		at           []netip.AddrPort
	}{{"listen.authentication", "RADIUS authentication", s.Listen.Authentication}, {"listen.accounting", "RADIUS accounting", s.Listen.Accounting}} {
		for i, at := range l.at {
			n.In = append(n.In, Inward{Key: l.key + "[" + strconv.Itoa(i) + "]", For: l.purpose, Protocol: UDP, At: at, Sources: sources(s.Clients, at.Addr())})
		}
	}
	if s.Listen.Admin.IsValid() {
		n.In = append(n.In, Inward{Key: "listen.admin", For: "health, metrics, dashboard", Protocol: TCP, At: s.Listen.Admin})
	}
}

// sources are the clients' prefixes of an address's family.
func sources(clients []config.Client, at netip.Addr) (out []Source) {
	for _, c := range clients {
		for _, p := range c.Networks {
			if p.Addr().Is4() == at.Unmap().Is4() {
				out = append(out, Source{c.Name, p})
			}
		}
	}
	return out
}

// ivalt is the way to iVALT: to the proxy where there is one.
func (n *Needs) ivalt(s *config.Settings) {
	if !s.IVALT.Proxy.Empty() {
		n.url("ivalt.proxy", "the proxy to iVALT", s.IVALT.Proxy.Reveal())
		return
	}
	n.url("ivalt.url", "iVALT", s.IVALT.URL)
}

// ports are what a URL without one means. Those of LDAP are in RFC 4516 and in use for ldaps.
func ports(scheme string) string {
	return map[string]string{"https": "443", "http": "80", "ldap": "389", "ldaps": "636"}[strings.ToLower(scheme)]
}

func (n *Needs) url(key, purpose, text string) {
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" {
		return
	}
	port := u.Port()
	if port == "" {
		port = ports(u.Scheme)
	}
	n.hostPort(key, purpose, TCP, net.JoinHostPort(u.Hostname(), port))
}

func (n *Needs) hostPort(key, purpose string, protocol Protocol, text string) {
	host, port, err := net.SplitHostPort(text)
	number, wrong := strconv.ParseUint(port, 10, 16)
	if err != nil || wrong != nil || number == 0 || host == "" {
		return
	}
	n.Out = append(n.Out, Outward{Key: key, For: purpose, Protocol: protocol, Host: host, Port: uint16(number)})
}

// IP is the host where it is written as an address.
func (o Outward) IP() (netip.Addr, bool) {
	ip, err := netip.ParseAddr(o.Host)
	return ip.Unmap(), err == nil
}

// Loopback reports a peer on this host.
func (o Outward) Loopback() bool {
	ip, ok := o.IP()
	return ok && ip.IsLoopback() || strings.EqualFold(o.Host, "localhost")
}

// Explains reports that a connection to the port of an address may be this need.
func (o Outward) Explains(protocol Protocol, to netip.AddrPort) bool {
	if o.Protocol != protocol || o.Port != to.Port() {
		return false
	}
	if ip, ok := o.IP(); ok {
		return ip == to.Addr().Unmap()
	}
	return len(o.Networks) == 0 || slices.ContainsFunc(o.Networks, func(p netip.Prefix) bool { return p.Contains(to.Addr().Unmap()) })
}

// Names are the hosts that DNS must know, each once, with the first key that names it.
func (n Needs) Names() []Outward {
	var out []Outward
	for _, o := range n.Out {
		_, ip := o.IP()
		if o.Host == "" || ip || slices.ContainsFunc(out, func(other Outward) bool { return strings.EqualFold(other.Host, o.Host) }) {
			continue
		}
		out = append(out, o)
	}
	return out
}
