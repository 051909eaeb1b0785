package gateway

import (
	"crypto/x509"
	"net"
	"net/url"
	"os"
	"strings"

	"ivalt-radius/fault"
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
	// URL is the base of the gateway dialect: https, or http for a loopback host.
	URL string
	// APIKey is at least 32 characters of A-Z, a-z, 0-9, `_` and `-`.
	APIKey secret.Secret
	// CAFile names a PEM file whose certificates are trusted beside the system's; empty adds none.
	CAFile string
	// Connections bounds the calls in flight and the connections to iVALT: up to MostConnections; 0 is DefaultConnections.
	Connections int
}

// Check says what is wrong with the settings.
func (s Settings) Check() fault.List {
	_, faults := s.Options()
	return faults
}

// Options are the settings in usable form, and what is wrong with them. With a fatal fault no client may be made of them.
func (s Settings) Options() (Options, fault.List) {
	var faults fault.List
	checkURL(s.URL, &faults)
	checkKey(s.APIKey, &faults)
	o := Options{URL: s.URL, APIKey: s.APIKey, Roots: loadRoots(s.CAFile, &faults), Connections: s.Connections}
	if s.Connections < 0 || s.Connections > MostConnections {
		faults.Add("ivalt.connections", "must be between 0 (the default, %d) and %d", DefaultConnections, MostConnections)
	}
	if s.Connections == 0 {
		o.Connections = DefaultConnections
	}
	return o, faults
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
