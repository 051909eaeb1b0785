package upstream

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"ivalt-radius/fault"
	"ivalt-radius/secret"
)

// Server is one upstream server.
type Server struct {
	Address string        // HOST:PORT or IP:PORT
	Secret  secret.Secret // shared with it, 16 characters at least
}

// Settings are `primary.radius`.
type Settings struct {
	Servers    []Server      // in the order in which they are asked
	Timeout    time.Duration // how long each try waits; 0: 3 s
	Tries      int           // packets to a server before the next one is asked; 0: 2
	Attributes []string      // what passes from an Access-Accept; none: nothing
	Now        func() time.Time
}

// Named is an attribute in words.
type Named struct {
	Name  string // as settings write it
	Value string // printable
}

// Dictionary knows the attributes that an Access-Accept may hold. It is safe for concurrent use.
type Dictionary interface {
	// Known reports whether there is an attribute of this name, whatever the case of its letters.
	Known(name string) bool
	// Describe puts an attribute into words, by its type and its value without their two octets of header. Of a
	// Vendor-Specific attribute there is one Named for each attribute in it.
	Describe(typ byte, value []byte) []Named
}

// Bounds and defaults.
const (
	leastSecret    = 16 // characters, as for a client's
	defaultTimeout = 3 * time.Second
	defaultTries   = 2
	maxExchanges   = 1024             // logins that wait for a server at once
	aside          = 30 * time.Second // how long a silent server is asked last

	key = "primary.radius."
)

// New makes a Source. The faults carry the keys `primary.radius.…`; the Source is nil where one is no warning.
func New(s Settings, names Dictionary) (*Source, fault.List) {
	var faults fault.List
	source := &Source{
		timeout: s.Timeout, tries: s.Tries, now: s.Now, names: names,
		allowed: newAllowed(s.Attributes, names, &faults), slots: make(chan struct{}, maxExchanges),
	}
	if len(s.Servers) == 0 {
		faults.Add(key+"servers", "no server: name one as {address: \"HOST:PORT\", secret: …}")
	}
	for i, server := range s.Servers {
		at := fmt.Sprintf("%sservers[%d].", key, i)
		if why := badAddress(server.Address); why != "" {
			faults.Add(at+"address", "%s %s: write HOST:PORT or IP:PORT, as in 10.0.0.5:1812", strconv.Quote(server.Address), why)
		}
		if server.Secret.Len() < leastSecret {
			faults.Add(at+"secret", "is shorter than %d characters", leastSecret)
		}
		source.servers = append(source.servers, &peer{address: server.Address, secret: server.Secret})
	}
	if s.Timeout < 0 {
		faults.Add(key+"timeout", "is below zero")
	}
	if s.Tries < 0 {
		faults.Add(key+"tries", "is below zero")
	}
	if len(faults.Fatal()) > 0 {
		return nil, faults
	}
	if source.timeout == 0 {
		source.timeout = defaultTimeout
	}
	if source.tries == 0 {
		source.tries = defaultTries
	}
	if source.now == nil {
		source.now = time.Now
	}
	return source, faults
}

// badAddress says what is wrong with an address; empty where nothing is.
func badAddress(address string) string {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return "has no port"
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return "has a port that is none of 1 to 65535"
	}
	ip, err := netip.ParseAddr(host)
	switch {
	case err == nil && (ip.IsUnspecified() || ip.IsMulticast()):
		return "is nobody's address"
	case err == nil:
	case host == "" || len(host) > 253 || strings.ContainsFunc(host, notOfHost):
		return "holds no name of a host"
	}
	return ""
}

// notOfHost reports what stands in no name of a host; an underscore does in some.
func notOfHost(r rune) bool {
	return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '.' && r != '_'
}
