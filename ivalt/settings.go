package ivalt

import (
	"crypto/x509"
	"net"
	"net/url"
	"os"
	"strings"
	"time"

	"ivalt-radius/fault"
	"ivalt-radius/ivalt/gateway"
	"ivalt-radius/secret"
	"ivalt-radius/state"
)

// The words of Settings.Sentinel and Settings.OnCollision.
const (
	SentinelAlways = "always"
	SentinelAuto   = "auto"
	DenyBoth       = "deny_both"
	KeepFirst      = "keep_first"
)

const (
	defaultConnections = 32
	mostConnections    = 1024
	shortestKey        = 32
	// mostApproval is how long a push lives at iVALT.
	mostApproval = 5 * time.Minute
)

// Settings are the `ivalt` section of the configuration.
type Settings struct {
	// URL is the base of the gateway dialect: https, or http for a loopback host.
	URL string
	// APIKey is at least 32 characters of A-Z, a-z, 0-9, `_` and `-`.
	APIKey secret.Secret
	// CAFile names a PEM file whose certificates are trusted beside the system's; empty adds none.
	CAFile string
	// ApprovalTimeout is how long a person has, from the push on: 1 s to 5 min.
	ApprovalTimeout time.Duration
	// Sentinel is SentinelAlways (also where empty) or SentinelAuto.
	Sentinel string
	// OnCollision is DenyBoth (also where empty) or KeepFirst.
	OnCollision string
	// AllowMissingDetails accepts an approval that does not echo the mobile. One that echoes another never counts.
	AllowMissingDetails bool
	// Limits are the API's. 0 is unlimited, less is a fault.
	Limits state.Limits
	// RequestFrom is the text of the push, with {client}, {calling_station} and {user}. Empty shows "VPN".
	RequestFrom string
	// Connections bounds the calls in flight and the connections to iVALT: up to 1024; 0 means 32.
	Connections int
}

// check completes the settings and says what is wrong with them. Its products are the settings in usable form.
func (s Settings) check() (plan, *x509.CertPool, fault.List) {
	var faults fault.List
	checkURL(s.URL, &faults)
	checkKey(s.APIKey, &faults)
	roots := loadRoots(s.CAFile, &faults)
	p := plan{approval: s.ApprovalTimeout, connections: s.Connections, limited: s.Limits != state.Limits{}}
	if s.ApprovalTimeout < time.Second || s.ApprovalTimeout > mostApproval {
		faults.Add("ivalt.approval_timeout", "must be between 1s and %s, the life of a push", mostApproval)
	}
	switch s.Sentinel {
	case "", SentinelAlways:
	case SentinelAuto:
		p.sentinel = whereDoubtful
	default:
		faults.Add("ivalt.sentinel", "must be %s or %s", SentinelAlways, SentinelAuto)
	}
	switch s.OnCollision {
	case "", DenyBoth:
	case KeepFirst:
		p.collision = keepFirst
	default:
		faults.Add("ivalt.on_collision", "must be %s or %s", DenyBoth, KeepFirst)
	}
	if s.AllowMissingDetails {
		p.proof = gateway.MayLackEcho
	}
	if s.Connections < 0 || s.Connections > mostConnections {
		faults.Add("ivalt.connections", "must be between 0 (the default, %d) and %d", defaultConnections, mostConnections)
	}
	if s.Connections == 0 {
		p.connections = defaultConnections
	}
	checkLimits(s.Limits, &faults)
	var err error
	if p.label, err = parseLabel(s.RequestFrom); err != nil {
		faults.Add("ivalt.request_from", "%s", err)
	}
	return p, roots, faults
}

func checkURL(text string, faults *fault.List) {
	const key = "ivalt.url"
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Hostname() == "" || u.Opaque != "":
		faults.Add(key, "must be a URL such as https://api.ivalt.com")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		faults.Add(key, "must hold no user, query or fragment")
	case u.Scheme == "http" && !loopback(u.Hostname()):
		faults.Add(key, "http is for a loopback host only: the API key would travel in the clear; use https")
	case u.Scheme != "https" && u.Scheme != "http":
		faults.Add(key, "must begin with https://")
	case strings.Contains(strings.ToLower(u.Path), "admin/public"):
		faults.Add(key, "is the base of the other dialect, where the path that reads a result would submit one; use the bare host")
	}
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || (ip != nil && ip.IsLoopback())
}

func checkKey(key secret.Secret, faults *fault.List) {
	const name = "ivalt.api_key"
	text := key.Reveal()
	const allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"
	switch {
	case text == "":
		faults.Add(name, "is missing: the key that iVALT gave you, as env:NAME or file:PATH")
	case placeholder(text):
		faults.Add(name, "is a placeholder, not a key")
	case len(text) < shortestKey:
		faults.Add(name, "is shorter than %d characters", shortestKey)
	case strings.Trim(text, allowed) != "":
		faults.Add(name, "holds characters other than letters, digits, _ and -")
	}
}

// placeholder reports the texts that manuals and examples put where a key belongs.
func placeholder(key string) bool {
	key = strings.ToLower(strings.ReplaceAll(key, "-", "_"))
	for _, word := range []string{"your_", "_here", "changeme", "change_me", "placeholder", "example", "replace_", "xxxxxxxx", "demo_key"} {
		if strings.Contains(key, word) {
			return true
		}
	}
	return key == "test_key"
}

// loadRoots reads the further roots; nil means the system's alone.
func loadRoots(path string, faults *fault.List) *x509.CertPool {
	const key = "ivalt.ca_file"
	if path == "" {
		return nil
	}
	text, err := os.ReadFile(path) //nolint:gosec // the operator names the file
	if err != nil {
		faults.Add(key, "cannot be read: %s", err)
		return nil
	}
	roots, err := x509.SystemCertPool()
	if err != nil {
		roots = x509.NewCertPool()
	}
	if !roots.AppendCertsFromPEM(text) {
		faults.Add(key, "holds no PEM certificate")
	}
	return roots
}

func checkLimits(l state.Limits, faults *fault.List) {
	for _, limit := range []struct {
		key   string
		value int
	}{
		{"per_second", l.PerSecond}, {"per_minute", l.PerMinute}, {"per_hour", l.PerHour},
	} {
		if limit.value < 0 {
			faults.Add("ivalt.limits."+limit.key, "must not be negative; 0 is unlimited")
		}
	}
	for _, limit := range []struct {
		key   string
		value int
	}{{"per_minute", l.PerMinute}, {"per_hour", l.PerHour}} {
		if limit.value > 0 && limit.value < 2*leastCalls {
			faults.Warn("ivalt.limits."+limit.key, "below %d hardly one login at a time can be asked", 2*leastCalls)
		}
	}
}
