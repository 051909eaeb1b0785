package config

import (
	"regexp"
	"strings"
	"time"

	"ivalt-radius/config/tree"
	"ivalt-radius/secret"
)

// Admin is the operator's window on listen.admin: who may look through it, and how it proves itself.
type Admin struct {
	TLS      AdminTLS       `koanf:"tls"`
	Hosts    []string       `koanf:"hosts"`   // DNS names, as written
	Metrics  string         `koanf:"metrics"` // loopback, token
	Accounts []AdminAccount `koanf:"accounts"`
	Tokens   []AdminToken   `koanf:"tokens"`
	Session  AdminSession   `koanf:"session"`
}

// AdminTLS are the files of the window's certificate; both or none.
type AdminTLS struct {
	Certificate string `koanf:"certificate"`
	Key         string `koanf:"key"`
}

// On reports that the window speaks TLS.
func (t AdminTLS) On() bool { return t.Certificate != "" }

// AdminAccount is somebody with a password.
type AdminAccount struct {
	Name         string        `koanf:"name"` // unique, whatever its case
	Role         string        `koanf:"role"` // viewer, operator, admin
	PasswordHash secret.Secret `koanf:"password_hash"`
}

// AdminToken is what a machine shows.
type AdminToken struct {
	Name    string        `koanf:"name"`
	Role    string        `koanf:"role"`
	Scopes  []string      `koanf:"scopes"`  // nil: all of its role
	Digest  secret.Secret `koanf:"digest"`  // 64 lowercase hexadecimal digits
	Expires string        `koanf:"expires"` // a date, or RFC 3339
}

// AdminSession is how long a sign-in counts.
type AdminSession struct {
	Idle     time.Duration `koanf:"idle"`
	Absolute time.Duration `koanf:"absolute"`
}

var (
	digestForm = regexp.MustCompile(`^[0-9a-f]{64}$`)
	hostForm   = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)
)

// mostHost is what a DNS name has at most, in characters (RFC 1035 section 2.3.4).
const mostHost = 253

// adminSecrets puts hashes and digests in the place of what points to them. What a hash, a scope and a date mean is checked by whoever lets people in. Neither is a
// secret that somebody could show, so that they may stand in the file, which others should not read all the same.
func (l *loader) adminSecrets(s *Settings) {
	for i := range s.Admin.Accounts {
		l.derived(tree.Join(tree.Index("admin.accounts", i), "password_hash"), &s.Admin.Accounts[i].PasswordHash)
	}
	for i := range s.Admin.Tokens {
		path := tree.Join(tree.Index("admin.tokens", i), "digest")
		digest := &s.Admin.Tokens[i].Digest
		if l.derived(path, digest); !digest.Empty() && !digestForm.MatchString(digest.Reveal()) {
			l.faults.Add(path, "is no SHA-256 of 64 lowercase hexadecimal digits: the digest of a token belongs here, not the token")
			*digest = secret.Secret{}
		}
	}
}

// derived puts a text that was made of a secret in the place of what points to it.
func (l *loader) derived(path string, written *secret.Secret) {
	if written.Empty() {
		return // a fault already
	}
	text, literal, err := l.resolve(path, written.Reveal())
	l.given(path, written.Reveal())
	if literal && !l.places.FromEnvironment(path) {
		l.literals++
	}
	*written, _ = l.line(path, text, err)
}

// admin judges the window as a whole.
func (l *loader) admin(s *Settings) {
	l.adminTLS(s)
	seen := map[string]string{}
	for i, host := range s.Admin.Hosts {
		path, name := tree.Index("admin.hosts", i), strings.ToLower(host)
		switch other, ok := seen[name]; {
		case !hostForm.MatchString(name) || len(name) > mostHost:
			l.faults.Add(path, "must be a DNS name such as radius.example.com, without scheme, port and wildcard")
		case ok:
			l.faults.Add(path, "stands at %s already", other)
		}
		seen[name] = path
	}
	names := map[string]string{}
	for i, a := range s.Admin.Accounts {
		l.unique(names, strings.ToLower(a.Name), tree.Index("admin.accounts", i))
	}
	names = map[string]string{}
	for i, t := range s.Admin.Tokens {
		l.unique(names, strings.ToLower(t.Name), tree.Index("admin.tokens", i))
	}
	if s.Admin.Session.Idle > s.Admin.Session.Absolute {
		l.faults.Warn("admin.session.idle", "has no effect: admin.session.absolute ends a session earlier")
	}
	for _, key := range []string{"tls.certificate", "tls.key", "hosts", "metrics", "accounts[0]", "tokens[0]"} {
		if !s.Listen.Admin.IsValid() && !l.faulty("listen.admin") && l.written("admin."+key) {
			l.faults.Warn("admin."+key, "has no effect: listen.admin is turned off")
			return
		}
	}
}

// written reports that a key, or one below it, was written.
func (l *loader) written(key string) bool { return l.places.Has(key) || l.places.Has(key+".name") }

func (l *loader) adminTLS(s *Settings) {
	tls := s.Admin.TLS
	for _, pair := range []struct{ there, missing, key, other string }{
		{tls.Certificate, tls.Key, "certificate", "key"}, {tls.Key, tls.Certificate, "key", "certificate"},
	} {
		if pair.there != "" && pair.missing == "" {
			l.faults.Add("admin.tls."+pair.key, "needs admin.tls.%s, the other half of the pair", pair.other)
		}
	}
	if at := s.Listen.Admin; at.IsValid() && !at.Addr().IsLoopback() && !tls.On() && tls.Key == "" {
		l.faults.Add("listen.admin", "%s can be reached by others, who would read passwords and tokens: set admin.tls.certificate and admin.tls.key, or listen at 127.0.0.1", at)
	}
}
