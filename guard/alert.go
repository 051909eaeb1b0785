package guard

import (
	"encoding/json"
	"errors"
	"net/netip"
	"time"
)

// Severity is how bad it is. The zero Severity is the lowest.
type Severity uint8

// The severities, as the operators' security guide has them.
const (
	Low Severity = iota
	Medium
	High
	Critical
)

// String is the word of settings, logs and incidents.
func (s Severity) String() string {
	switch s {
	case Critical:
		return "critical"
	case High:
		return "high"
	case Medium:
		return "medium"
	case Low:
	}
	return "low"
}

// ParseSeverity reads the word; ok is false for any other text.
func ParseSeverity(word string) (s Severity, ok bool) {
	for s = Low; s <= Critical; s++ {
		if s.String() == word {
			return s, true
		}
	}
	return Low, false
}

var errSeverity = errors.New("none of low, medium, high and critical")

// MarshalText writes the word.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads the word.
func (s *Severity) UnmarshalText(text []byte) error {
	read, ok := ParseSeverity(string(text))
	if !ok {
		return errSeverity
	}
	*s = read
	return nil
}

// Rule is what the watch looks for: the word of the settings (`guard.detect.*`), of alerts and of incidents.
type Rule string

// The rules.
const (
	BruteForce           Rule = "brute_force"
	PasswordSpray        Rule = "password_spray"
	APIAbuse             Rule = "api_abuse"
	SuspiciousSource     Rule = "suspicious_source"
	PushBombing          Rule = "push_bombing"
	BombedApproval       Rule = "bombed_approval"
	PushRefused          Rule = "push_refused"
	Collisions           Rule = "collisions"
	UnknownClient        Rule = "unknown_client"
	SpoofedClient        Rule = "spoofed_client"
	MessageAuthenticator Rule = "message_authenticator"
	GeofenceProbing      Rule = "geofence_probing"
	TimeProbing          Rule = "time_probing"
	ClockJump            Rule = "clock_jump"
	TrailTampered        Rule = "trail_tampered"
	FailedLogins         Rule = "failed_logins"
	APIErrors            Rule = "api_errors"
	APISlow              Rule = "api_slow"
)

// Subject is whom an alert is about. All of it may be empty: then it is about the service as a whole.
type Subject struct {
	User    string     `json:"user,omitempty"`    // in canonical form
	Address netip.Addr `json:"address,omitzero"`  // of the person, of IPv6 the first one of its Network; or of a packet that was dropped
	Client  string     `json:"client,omitempty"`  // the configured client's name
	Station string     `json:"station,omitempty"` // a calling station that is no address
}

// AddressOf is a calling station as the address of a Subject: without zone, never in IPv4's mapped form; the zero Addr where it is none.
func AddressOf(station string) netip.Addr {
	a, err := netip.ParseAddr(station)
	if err != nil {
		return netip.Addr{}
	}
	return a.Unmap().WithZone("")
}

// network is how many bits of an IPv6 address are those of the network (RFC 4291 section 2.5.4): a host chooses the others, and may choose anew for each login.
const network = 64

// Network is all the addresses that somebody who has one of them has: itself, of IPv6 its /64. The address is neither IPv4-mapped nor has it a zone.
func Network(a netip.Addr) netip.Prefix {
	if a.Is6() {
		return netip.PrefixFrom(a, network).Masked()
	}
	return netip.PrefixFrom(a, a.BitLen())
}

// String is the subject in words, for people; "the service" where it is empty.
func (s Subject) String() string {
	text := ""
	add := func(what, value string) {
		if value == "" {
			return
		}
		if text != "" {
			text += ", "
		}
		text += what + " " + value
	}
	add("user", s.User)
	if s.Address.IsValid() {
		text := s.Address.String()
		if n := Network(s.Address); !n.IsSingleIP() && n.Addr() == s.Address {
			text = n.String() // a place
		}
		add("address", text)
	}
	add("calling station", s.Station)
	add("client", s.Client)
	if text == "" {
		return "the service"
	}
	return text
}

// Line is one piece of evidence: when it happened, and the fields of the event as the trail has them, a JSON object without "seq", "prev"
// and "hash".
type Line struct {
	Time   time.Time       `json:"time"`
	Record json.RawMessage `json:"record"`
}

// Alert is what the watch found. Alerts of one rule and subject come again as the count grows; whoever takes them makes one incident of
// them.
type Alert struct {
	Rule     Rule
	Severity Severity
	Subject  Subject
	Count    int       // events within the window
	First    time.Time // of them
	Last     time.Time
	Detail   string // safe words for people
	Evidence []Line // those that came since the alert before, the newest 50 at most
}
