package radius

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"ivalt-radius/fault"
	"ivalt-radius/radius/wire"
	"ivalt-radius/secret"
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
type ClientSettings struct {
	Name                      string
	Networks                  []string // prefixes, or single addresses
	Secrets                   []secret.Secret
	MessageAuthenticator      string // required, auto, optional; empty: auto
	OmitMessageAuthenticator  bool   // insecure_omit_message_authenticator
	Profile                   string
	AnswerWithin              time.Duration // 0: the profile's, else 60 s
	CallingStationFrom        []string      // nil: the profile's, else Calling-Station-Id, Tunnel-Client-Endpoint
	OnPushTimeout             string        // reject, silence; empty: the profile's, else reject
	JoinWithoutCallingStation *bool         // nil: the profile's, else false
}

// Defaults and bounds of the settings.
const (
	defaultAttempts  = 20000
	defaultPatience  = 60 * time.Second
	leastPatience    = 3 * time.Second
	mostPatience     = 10 * time.Minute
	mostRejectDelay  = 10 * time.Second
	leastSecret      = 16
	onTimeoutReject  = "reject"
	onTimeoutSilence = "silence"
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
	_, clients := newTable(s, nil)
	return append(l, clients...)
}

func checkAddresses(l *fault.List, key string, addresses []string) {
	seen := map[netip.AddrPort]bool{}
	for i, text := range addresses {
		at, err := parseListen(text)
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

// parseListen reads an address to listen on; no host before the port means every address, IPv6 and IPv4.
func parseListen(text string) (netip.AddrPort, error) {
	if strings.HasPrefix(text, ":") {
		text = "[::]" + text
	}
	at, err := netip.ParseAddrPort(text)
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("reading a UDP address: %w", err)
	}
	return at, nil
}

// checker collects the faults of one client.
type checker struct {
	list *fault.List
	path string
}

func (c checker) add(key, format string, args ...any) { c.list.Add(c.path+"."+key, format, args...) }

func (c checker) warn(key, format string, args ...any) { c.list.Warn(c.path+"."+key, format, args...) }

// compile makes a client of its settings; faults go to the checker.
func (c checker) compile(s ClientSettings) *client {
	if strings.TrimSpace(s.Name) == "" {
		c.add("name", "is required: logs, rules and metrics call the client so")
	}
	profile := c.profile(s.Profile)
	out := &client{profile: profile.Name}
	out.auth.Name = s.Name
	out.auth.AnswerWithin = c.patience(s, profile)
	out.auth.SilentTimeout = c.onTimeout(s, profile)
	out.signature = c.signature(s)
	out.policy = c.messageAuthenticator(s)
	out.stations = c.stations(s, profile)
	out.joinFreely = profile.JoinWithoutCallingStation
	if s.JoinWithoutCallingStation != nil {
		out.joinFreely = *s.JoinWithoutCallingStation
	}
	out.keys = c.secrets(s.Secrets)
	return out
}

func (c checker) profile(name string) Profile {
	if name == "" {
		return Profile{}
	}
	p, ok := findProfile(name)
	if !ok {
		c.add("profile", "%q is no profile; known are %s", name, strings.Join(profileNames(), ", "))
	}
	return p
}

func (c checker) patience(s ClientSettings, p Profile) time.Duration {
	within := s.AnswerWithin
	if within == 0 {
		within = p.AnswerWithin
	}
	if within == 0 {
		within = defaultPatience
	}
	if within < leastPatience || within > mostPatience {
		c.add("answer_within", "must lie between %s and %s", leastPatience, mostPatience)
	}
	return within
}

func (c checker) onTimeout(s ClientSettings, p Profile) bool {
	word := s.OnPushTimeout
	if word == "" {
		word = p.OnPushTimeout
	}
	if !slices.Contains([]string{"", onTimeoutReject, onTimeoutSilence}, word) {
		c.add("on_push_timeout", "%q is neither reject nor silence", word)
	}
	return word == onTimeoutSilence
}

func (c checker) signature(s ClientSettings) wire.Signature {
	if !s.OmitMessageAuthenticator {
		return wire.Signed
	}
	c.warn("insecure_omit_message_authenticator", "replies without Message-Authenticator can be forged (CVE-2024-3596)")
	return wire.Unsigned
}

func (c checker) messageAuthenticator(s ClientSettings) maPolicy {
	switch s.MessageAuthenticator {
	case "", "auto":
		return maAuto
	case "required":
		return maRequired
	case "optional":
		c.warn("message_authenticator", "optional leaves requests forgeable (CVE-2024-3596); use auto, or required where the NAS can")
		return maOptional
	}
	c.add("message_authenticator", "%q is none of required, auto and optional", s.MessageAuthenticator)
	return maRequired
}

func (c checker) secrets(secrets []secret.Secret) []sharedSecret {
	if len(secrets) == 0 {
		c.add("secrets", "no shared secret: name one of %d characters at least", leastSecret)
	}
	out := make([]sharedSecret, 0, len(secrets))
	for i, s := range secrets {
		key := fmt.Sprintf("secrets[%d]", i)
		switch {
		case s.Len() < leastSecret:
			c.add(key, "is shorter than %d characters", leastSecret)
		case wellKnown(s.Reveal()):
			c.warn(key, "is a well-known or example secret: anybody can forge answers with it; `init` makes fresh ones")
		}
		out = append(out, newSharedSecret(s))
	}
	return out
}

// wellKnown reports a secret that stands in somebody's documentation, or one character over and over.
func wellKnown(text string) bool {
	lower := strings.ToLower(text)
	for _, word := range []string{"example", "changeme", "change-me", "change_me", "testing123", "sharedsecret", "shared-secret", "password", "radiussecret", "mysecret", "12345678"} {
		if strings.Contains(lower, word) {
			return true
		}
	}
	return strings.Trim(text, text[:1]) == ""
}
