package config

import (
	"slices"
	"strings"
	"time"

	"ivalt-radius/config/tree"
	"ivalt-radius/fault"
	"ivalt-radius/secret"
)

// Primary is the first factor: which one, and the sources that can check it.
type Primary struct {
	Method string        `koanf:"method"` // none, file, ldap, radius
	Cache  time.Duration `koanf:"cache"`  // 0: results are not cached
	LDAP   LDAP          `koanf:"ldap"`
	RADIUS Upstream      `koanf:"radius"`
}

// LDAP is a directory service; empty URLs: none.
type LDAP struct {
	URLs              []string      `koanf:"urls"` // in order
	InsecurePlaintext bool          `koanf:"insecure_plaintext"`
	CAFile            string        `koanf:"ca_file"`       // empty: the system's roots alone
	SystemRoots       bool          `koanf:"system_roots"`  // false: those of CAFile alone
	BindDN            string        `koanf:"bind_dn"`       // empty: no search account
	BindPassword      secret.Secret `koanf:"bind_password"` // never empty where BindDN is there
	UserDN            string        `koanf:"user_dn"`       // empty: people are searched for
	Base              string        `koanf:"base"`
	Schema            string        `koanf:"schema"` // generic, active_directory
	Filter            string        `koanf:"filter"` // empty: the schema's
	Name              string        `koanf:"name"`   // empty: the schema's
	Email             string        `koanf:"email"`
	Mobile            []string      `koanf:"mobile"` // attributes, in order
	Groups            LDAPGroups    `koanf:"groups"`
	Timeout           time.Duration `koanf:"timeout"`
	Connections       int           `koanf:"connections"`
}

// LDAPGroups says where groups are found.
type LDAPGroups struct {
	Base   string `koanf:"base"` // empty: LDAP.Base
	Name   string `koanf:"name"` // an attribute, or `dn`
	Nested bool   `koanf:"nested"`
}

// Upstream are RADIUS servers that check the first factor; no Servers: none.
type Upstream struct {
	Servers    []UpstreamServer `koanf:"servers"` // in order
	Timeout    time.Duration    `koanf:"timeout"` // of each try
	Tries      int              `koanf:"tries"`   // per server
	Attributes []string         `koanf:"attributes"`
}

// UpstreamServer is one of them.
type UpstreamServer struct {
	Address string        `koanf:"address"` // HOST:PORT
	Secret  secret.Secret `koanf:"secret"`  // 16 octets at least
}

// factorOf is what a client's logins show first where no rule says otherwise.
func (s *Settings) factorOf(c Client) string {
	if c.Primary != "" {
		return c.Primary
	}
	return s.Primary.Method
}

// Factors are the first factors of the clients, in their order: `none`, `file`, `ldap` or `radius` each.
func (s *Settings) Factors() []string {
	out := make([]string, len(s.Clients))
	for i, c := range s.Clients {
		out[i] = s.factorOf(c)
	}
	return out
}

// FactorKeys are the keys that name a first factor, in the order of the settings; nil: none does.
func (s *Settings) FactorKeys(method string) []string {
	var keys []string
	if s.Primary.Method == method {
		keys = append(keys, "primary.method")
	}
	for i, c := range s.Clients {
		if c.Primary == method {
			keys = append(keys, tree.Join(tree.Index("clients", i), "primary"))
		}
	}
	for i, r := range s.Policy.Rules {
		if r.Primary == method {
			keys = append(keys, tree.Join(tree.Index("policy.rules", i), "primary"))
		}
	}
	return keys
}

// factorSecrets puts the secrets of the sources in the place of what points to them, and judges them.
func (l *loader) factorSecrets(s *Settings) {
	const written = "primary.ldap.bind_password"
	ldap := &s.Primary.LDAP
	if ldap.BindPassword.Empty() && l.places.Has(written) {
		l.faults.Add(written, "is empty: a bind without a password succeeds as nobody (RFC 4513 section 5.1.2), write the password of bind_dn")
	}
	if l.optional(written, &ldap.BindPassword); !ldap.BindPassword.Empty() {
		l.judge(written, ldap.BindPassword, "password")
	}
	if ldap.BindDN != "" && !l.places.Has(written) {
		l.faults.Add("primary.ldap.bind_dn", "needs primary.ldap.bind_password: a bind without a password succeeds as nobody (RFC 4513 section 5.1.2)")
	}
	if ldap.BindDN == "" && l.places.Has(written) {
		l.faults.Add(written, "is whose? Name the search account in primary.ldap.bind_dn, or remove the password")
	}
	for i := range s.Primary.RADIUS.Servers {
		server := &s.Primary.RADIUS.Servers[i]
		path := tree.Join(tree.Index("primary.radius.servers", i), "secret")
		if server.Secret.Empty() {
			continue // a fault already
		}
		text, ok := l.secret(path, server.Secret)
		if !ok || !l.strong(path, text) {
			text = secret.Secret{}
		}
		server.Secret = text
	}
}

// sources refuses a first factor whose source is not configured, and warns of a source that nothing asks.
func (l *loader) sources(s *Settings) {
	for _, source := range []struct {
		method, needs, purpose string
		there                  bool
	}{
		{"file", "users.file", "the file that holds the passwords", s.Users.File != ""},
		{"ldap", "primary.ldap.urls", "the servers to ask", len(s.Primary.LDAP.URLs) > 0},
		{"radius", "primary.radius.servers", "the servers to ask", len(s.Primary.RADIUS.Servers) > 0},
	} {
		if source.there || l.faulty(source.needs) {
			continue
		}
		for _, key := range s.FactorKeys(source.method) {
			l.faults.Add(key, "%s needs %s, %s: set it, or name another first factor", source.method, source.needs, source.purpose)
		}
	}
	if len(s.Primary.RADIUS.Servers) > 0 && s.FactorKeys("radius") == nil {
		l.faults.Warn("primary.radius", "is never asked: neither primary.method nor a client's or a rule's primary names radius")
	}
}

// faulty reports that a key, or one below it, has a fault already.
func (l *loader) faulty(key string) bool {
	return slices.ContainsFunc(l.faults.Fatal(), func(f fault.Fault) bool {
		return f.Key == key || strings.HasPrefix(f.Key, key+".") || strings.HasPrefix(f.Key, key+"[")
	})
}
