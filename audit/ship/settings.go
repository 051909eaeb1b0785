package ship

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"ivalt-radius/audit/chain"
	"ivalt-radius/audit/format"
	"ivalt-radius/audit/ship/link"
	"ivalt-radius/audit/ship/syslog"
	"ivalt-radius/fault"
)

// Settings are one receiver, an element of `audit.ship`.
type Settings struct {
	Name   string
	To     string   // udp://HOST:PORT, tcp://HOST:PORT, tls://HOST:PORT, journald:, file:/PATH
	Format string   // json, ecs, cef
	Types  []string // of records; nil: all
	Mask   bool     // pseudonyms in the place of names and addresses
	CAFile string   // PEM; empty: the system's roots
	Spool  int64    // octets of the trail that it may fall behind
}

// Plan is receivers whose settings are sound. The zero Plan has none.
type Plan struct{ receivers []plan }

// plan is one receiver, understood.
type plan struct {
	settings Settings
	key      string // audit.ship[0]
	target   link.Target
	roots    []byte // what ca_file holds
	archive  string
}

// same reports that nothing changed.
func (p plan) same(other plan) bool {
	return p.archive == other.archive && reflect.DeepEqual(p.settings, other.settings) && bytes.Equal(p.roots, other.roots)
}

// Understand checks what the settings mean. trail is the path of the live file, to which no receiver may write, and archive the
// directory of older segments, empty where there is none. It reads ca_file; it asks nobody.
func Understand(settings []Settings, trail, archive string) (Plan, fault.List) {
	var out Plan
	var faults fault.List
	names, files := map[string]bool{}, map[string]bool{filepath.Clean(trail): true}
	for i, s := range settings {
		p := plan{settings: s, archive: archive, key: fmt.Sprintf("audit.ship[%d]", i)}
		if name := strings.ToLower(s.Name); names[name] {
			faults.Add(p.key+".name", "another receiver has the name %s: its place in the trail is kept under it", s.Name)
		} else {
			names[name] = true
		}
		p.to(&faults, files)
		p.contents(&faults)
		out.receivers = append(out.receivers, p)
	}
	if len(faults.Fatal()) > 0 {
		return Plan{}, faults
	}
	return out, faults
}

// to finds the target.
func (p *plan) to(faults *fault.List, files map[string]bool) {
	key := p.key + ".to"
	at, err := url.Parse(p.settings.To)
	if err != nil {
		faults.Add(key, "cannot be read: it is udp://HOST:PORT, tcp://HOST:PORT, tls://HOST:PORT, journald: or file:/PATH")
		return
	}
	if p.settings.CAFile != "" && at.Scheme != "tls" {
		faults.Add(p.key+".ca_file", "is for tls:// alone: here nothing is encrypted, and no certificate is looked at")
	}
	switch at.Scheme {
	case "udp", "tcp", "tls":
		p.network(faults, at)
	case "journald":
		p.target = link.Journal{}
		if p.settings.To != "journald:" {
			faults.Add(key, "journald: stands alone")
		}
	case "file":
		p.target = link.File{Path: at.Path}
		switch path := filepath.Clean(at.Path); {
		case !filepath.IsAbs(at.Path) || at.Host != "" || at.RawQuery != "" || at.Fragment != "":
			faults.Add(key, "wants an absolute path and nothing else: file:/var/log/ivalt-radius/audit.jsonl")
		case files[path]:
			faults.Add(key, "%s is written already, by the trail or by another receiver: name another file", path)
		default:
			files[path] = true
		}
	default:
		faults.Add(key, "%q is no way to ship: it is udp://HOST:PORT, tcp://HOST:PORT, tls://HOST:PORT, journald: or file:/PATH", at.Scheme)
	}
}

// network finds a syslog target.
func (p *plan) network(faults *fault.List, at *url.URL) {
	key := p.key + ".to"
	port, err := strconv.ParseUint(at.Port(), 10, 16)
	if err != nil || port == 0 || at.Hostname() == "" || at.User != nil || strings.Trim(at.Path, "/")+at.RawQuery+at.Fragment != "" {
		faults.Add(key, "wants a host and a port, and nothing else: %s://siem.example.com:6514", at.Scheme)
		return
	}
	address, header := net.JoinHostPort(at.Hostname(), at.Port()), syslog.NewHeader()
	switch at.Scheme {
	case "udp":
		p.target = link.UDP{Address: address, Header: header}
	case "tcp":
		p.target = link.Stream{Address: address, Header: header}
	default:
		p.target = link.Stream{Address: address, Header: header, TLS: &tls.Config{
			MinVersion: tls.VersionTLS12, ServerName: at.Hostname(), RootCAs: p.authorities(faults), ClientSessionCache: tls.NewLRUClientSessionCache(1),
		}}
		return
	}
	if ip, err := netip.ParseAddr(at.Hostname()); !p.settings.Mask && at.Hostname() != "localhost" && (err != nil || !ip.IsLoopback()) {
		faults.Warn(key, "%s carries names and addresses of people in clear, and anybody on the way can change them: use tls://, or mask: true", at.Scheme)
	}
}

// authorities reads ca_file; nil are the system's.
func (p *plan) authorities(faults *fault.List) *x509.CertPool {
	if p.settings.CAFile == "" {
		return nil
	}
	content, err := os.ReadFile(filepath.Clean(p.settings.CAFile))
	pool := x509.NewCertPool()
	if err != nil {
		faults.Add(p.key+".ca_file", "cannot be read: %v", err)
	} else if !pool.AppendCertsFromPEM(content) {
		faults.Add(p.key+".ca_file", "%s holds no certificate in PEM", p.settings.CAFile)
	}
	p.roots = content
	return pool
}

// contents checks what is shipped.
func (p *plan) contents(faults *fault.List) {
	if _, err := format.New(p.settings.Format, ""); err != nil || p.settings.Format == "csv" {
		faults.Add(p.key+".format", "%q is not json, ecs or cef", p.settings.Format)
	}
	if p.settings.Types != nil && len(p.settings.Types) == 0 {
		faults.Add(p.key+".types", "names no type, so nothing would be shipped: leave it out for all")
	}
	for i, word := range p.settings.Types {
		if !chain.KnownType(word) {
			faults.Add(fmt.Sprintf("%s.types[%d]", p.key, i), "%q is no type of the trail", word)
		}
	}
	if p.settings.Spool <= 0 {
		faults.Add(p.key+".spool", "must be larger than 0")
	}
}

// wants reports a type of record that is shipped.
func (p plan) wants(kind string) bool {
	return len(p.settings.Types) == 0 || slices.Contains(p.settings.Types, kind)
}
