package radius

import (
	"fmt"
	"net/netip"
	"time"

	"ivalt-radius/fault"
	"ivalt-radius/radius/client"
	"ivalt-radius/radius/udp"
)

// Settings are what this room reads of the operator's settings: `listen`, `max_attempts`, `reject_delay` and `clients`.
type Settings struct {
	Authentication []string // UDP addresses, "0.0.0.0:1812"; port 0 lets the kernel choose
	Accounting     []string
	MaxAttempts    int           // sizes the memory of exchanges; 0: 20000
	RejectDelay    time.Duration // a Reject leaves no earlier than this after its request; 0: at once
	Clients        []ClientSettings
}

// ClientSettings is one element of `clients`.
type ClientSettings = client.Settings

// Profile is a NAS preset, which an element of `clients` may name.
type Profile = client.Profile

// Profiles are the known NAS presets, by name. The slice is the caller's.
func Profiles() []Profile { return client.Profiles() }

// Defaults and bounds of the settings.
const (
	defaultAttempts = 20000
	mostRejectDelay = 10 * time.Second
)

// Check judges the settings: every fault and warning, with its key path. Faults of Listen's kind (a port in use) are not found here.
func Check(s Settings) fault.List {
	var l fault.List
	checkAddresses(&l, "listen.authentication", s.Authentication)
	checkAddresses(&l, "listen.accounting", s.Accounting)
	if len(s.Authentication) == 0 {
		l.Add("listen.authentication", "no address: name one at least, such as 0.0.0.0:1812")
	}
	if s.MaxAttempts < 0 {
		l.Add("max_attempts", "must not be negative")
	}
	if s.RejectDelay < 0 || s.RejectDelay > mostRejectDelay {
		l.Add("reject_delay", "must lie between 0s and %s", mostRejectDelay)
	}
	_, clients := client.NewTable(s.Clients, nil)
	return append(l, clients...)
}

func checkAddresses(l *fault.List, key string, addresses []string) {
	seen := map[netip.AddrPort]bool{}
	for i, text := range addresses {
		at, err := udp.ParseListen(text)
		path := fmt.Sprintf("%s[%d]", key, i)
		switch {
		case err != nil:
			l.Add(path, "%q is no UDP address: write IP:PORT, such as 0.0.0.0:1812 or [::]:1812", text)
		case at.Port() != 0 && seen[at]:
			l.Add(path, "%q stands in the list twice", text)
		default:
			seen[at] = true
		}
	}
}
