package gateway

import (
	"encoding/base64"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"

	"ivalt-radius/fault"
	"ivalt-radius/fault/trust"
	"ivalt-radius/ivalt/gateway/signature"
	"ivalt-radius/secret"
)

// Bounds of Settings.Connections.
const (
	DefaultConnections = 32
	MostConnections    = 1024
)

const shortestKey = 32

// Settings are what the `ivalt` section of the configuration says of the way to the API.
type Settings struct {
	// URL is the base of the dialect: https, or http for a loopback host.
	URL string
	// Dialect is DialectGateway (also where empty) or DialectLaravel: whose paths are below URL.
	Dialect string
	// Endpoint is EndpointGeofence (also where empty), where iVALT judges geofence and time window too, or EndpointPlain.
	Endpoint string
	// Pending are the statuses of the result endpoint that mean "nobody has answered yet": of 202, 204, 400, 404 and 422; empty
	// are all of them. One that is left out is a failure.
	Pending []string
	// APIKey is at least 32 characters of A-Z, a-z, 0-9, `_` and `-`.
	APIKey secret.Secret
	// SigningSecret signs every request (package signature): at least 32 characters; empty signs none.
	SigningSecret secret.Secret
	// CAFile names a PEM file whose certificates are trusted beside the system's; empty adds none.
	CAFile string
	// OwnRoots trusts the certificates of CAFile alone.
	OwnRoots bool
	// Pins are `sha256/BASE64` of public keys, as in RFC 7469, one of which a verified chain must hold; empty asks for none.
	Pins []string
	// Proxy is the http or https URL of a proxy, with user and password where it wants them; empty: none.
	Proxy secret.Secret
	// SendClientAddress has a push and its polls carry the person's IP address.
	SendClientAddress bool
	// Connections bounds the calls in flight and the connections to iVALT: up to MostConnections; 0 is DefaultConnections.
	Connections int
	// Version is the program's, for User-Agent.
	Version string
	// Ends is set by each handshake with iVALT to the end of its certificate, in seconds since 1970; nil: nobody asks.
	Ends *atomic.Int64
}

// Check says what is wrong with the settings.
func (s Settings) Check() fault.List {
	_, faults := s.Options()
	return faults
}

// Options are the settings in usable form, and what is wrong with them. With a fatal fault no client may be made of them.
func (s Settings) Options() (Options, fault.List) {
	var faults fault.List
	s.checkPaths(&faults)
	s.checkSecrets(&faults)
	o := Options{
		URL: s.URL, Dialect: s.Dialect, Endpoint: s.Endpoint, APIKey: s.APIKey, Signing: s.SigningSecret, Proxy: s.Proxy,
		Roots: trust.Roots{File: s.CAFile, Own: s.OwnRoots}.Pool("ivalt", &faults), Pins: s.pins(&faults), Refused: s.refused(&faults), TellAddress: s.SendClientAddress,
		Version: s.Version, Connections: s.Connections, Ends: s.Ends,
	}
	if s.Connections < 0 || s.Connections > MostConnections {
		faults.Add("ivalt.connections", "must be between 0 (the default, %d) and %d", DefaultConnections, MostConnections)
	}
	if s.Connections == 0 {
		o.Connections = DefaultConnections
	}
	return o, faults
}

// checkPaths judges URL, dialect and endpoint together.
func (s Settings) checkPaths(faults *fault.List) {
	checkURL(s.URL, faults)
	switch s.Dialect {
	case "", DialectGateway:
		// The one path that reads a result here and submits one there.
		if _, err := url.Parse(s.URL); err == nil && application(s.URL) {
			faults.Add("ivalt.url", "is the base of the %s dialect, where the path that reads a result would submit one; use the bare host, or ivalt.dialect: %s",
				DialectLaravel, DialectLaravel)
		}
	case DialectLaravel:
	default:
		faults.Add("ivalt.dialect", "must be %s or %s", DialectGateway, DialectLaravel)
	}
	switch s.Endpoint {
	case "", EndpointGeofence:
	case EndpointPlain:
		faults.Warn("ivalt.endpoint", "%s: iVALT's geofences and time windows are not judged", EndpointPlain)
		if s.Dialect == DialectLaravel {
			faults.Warn("ivalt.dialect", "the path of the %s endpoint is not verified in this dialect", EndpointPlain)
		}
	default:
		faults.Add("ivalt.endpoint", "must be %s or %s", EndpointGeofence, EndpointPlain)
	}
}

// checkSecrets judges the key, the signing secret and the proxy. No fault quotes any of them.
func (s Settings) checkSecrets(faults *fault.List) {
	checkKey(s.APIKey, faults)
	if n := s.SigningSecret.Len(); n > 0 && n < signature.Shortest {
		faults.Add("ivalt.signing_secret", "is shorter than %d characters: make one with `openssl rand -hex 32`", signature.Shortest)
	}
	if s.Proxy.Empty() {
		return
	}
	proxy := parseProxy(s.Proxy)
	switch {
	case proxy == nil:
		faults.Add("ivalt.proxy", "must be a URL such as http://proxy.example:3128, with http or https and no path")
	case !s.secure():
		faults.Add("ivalt.proxy", "needs an ivalt.url that begins with https://: the proxy would read the API key")
	case proxy.Scheme == "http" && proxy.User != nil && !loopback(proxy.Hostname()):
		faults.Warn("ivalt.proxy", "its password travels in the clear: use https")
	}
}

// secure reports that the API is spoken to through TLS.
func (s Settings) secure() bool {
	u, err := url.Parse(s.URL)
	return err == nil && u.Scheme == "https"
}

// refused are the statuses that Pending leaves out.
func (s Settings) refused(faults *fault.List) (left []int) {
	if len(s.Pending) == 0 {
		return nil
	}
	known := []int{http.StatusAccepted, http.StatusNoContent, http.StatusBadRequest, http.StatusNotFound, http.StatusUnprocessableEntity}
	for i, text := range s.Pending {
		if n, err := strconv.Atoi(text); err != nil || !slices.Contains(known, n) {
			faults.Add("ivalt.pending["+strconv.Itoa(i)+"]", "must be one of %v", known)
		}
	}
	for _, status := range known {
		if !slices.Contains(s.Pending, strconv.Itoa(status)) {
			left = append(left, status)
		}
	}
	return left
}

// pins reads the pins. One alone is a warning: with its key goes the service (RFC 7469 section 4.3).
func (s Settings) pins(faults *fault.List) []Pin {
	out := make([]Pin, 0, len(s.Pins))
	for i, text := range s.Pins {
		digest, named := strings.CutPrefix(text, "sha256/")
		octets, err := base64.StdEncoding.Strict().DecodeString(digest)
		if !named || err != nil || len(octets) != len(Pin{}) {
			faults.Add("ivalt.pins["+strconv.Itoa(i)+"]", "must be sha256/ and the base64 of 32 octets")
			continue
		}
		out = append(out, Pin(octets))
	}
	switch {
	case len(out) > 0 && !s.secure():
		faults.Add("ivalt.pins", "needs an ivalt.url that begins with https://: there is no key to pin")
	case len(s.Pins) == 1:
		faults.Warn("ivalt.pins", "one pin: when its key is replaced nobody can log in; pin the next one, or the issuer's, too")
	}
	return out
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
