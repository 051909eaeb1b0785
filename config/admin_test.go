package config

import (
	"fmt"
	"strings"
	"testing"

	"ivalt-radius/fault"
)

const (
	digestA = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	digestB = "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"
)

// exampleAdmin is the part of the example that has the window, with a value of its own for each key.
const exampleAdmin = `admin:
  tls: {certificate: window.pem, key: window.key}
  hosts: [radius.example.com, Window.example]
  metrics: token
  accounts:
    - {name: alice, role: admin, password_hash: "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$AAAAAAAAAAAAAAAAAAAAAA"}
    - {name: bob, role: viewer, password_hash: "file:rotated"}
  tokens: [{name: prometheus, role: viewer, scopes: [metrics], digest: ` + digestA + `, expires: 2027-01-31}]
  session: {idle: 30m, absolute: 8h}
`

// everyAdminKey is what TestEveryKey wants of it: neither hash nor digest.
func everyAdminKey() map[string]string {
	return map[string]string{
		"admin.tls.certificate": "window.pem", "admin.tls.key": "window.key", "admin.hosts": "radius.example.com, Window.example", "admin.metrics": "token",
		"admin.accounts[0].name": "alice", "admin.accounts[0].role": "admin", "admin.accounts[0].password_hash": "[redacted]",
		"admin.accounts[1].name": "bob", "admin.accounts[1].role": "viewer", "admin.accounts[1].password_hash": "[redacted]",
		"admin.tokens[0].name": "prometheus", "admin.tokens[0].role": "viewer", "admin.tokens[0].scopes": "metrics", "admin.tokens[0].digest": "[redacted]",
		"admin.tokens[0].expires": "2027-01-31", "admin.session.idle": "30m", "admin.session.absolute": "8h",
	}
}

// token and account are one each, as the settings have them.
func token(more string) string {
	return "admin: {tokens: [{name: t, role: admin, digest: " + digestA + ", expires: 2027-01-31" + more + "}]}\n"
}

func account(more string) string {
	return "admin: {accounts: [{name: a, role: admin, password_hash: x}" + more + "]}\n"
}

func TestWindow(t *testing.T) {
	pair := "admin: {tls: {certificate: c, key: k}}\n"
	at := func(address string) string { return fmt.Sprintf("listen: {admin: %q}\n", address) }
	for _, c := range []struct {
		title, text, key, words string
		warning                 bool
	}{
		{"a certificate alone", "admin: {tls: {certificate: c}}\n", "admin.tls.certificate", "needs admin.tls.key", false},
		{"a key alone", "admin: {tls: {key: k}}\n", "admin.tls.key", "needs admin.tls.certificate", false},
		{"the network without TLS", at("192.0.2.1:9812"), "listen.admin", "set admin.tls.certificate and admin.tls.key", false},
		{"every address without TLS", at("0.0.0.0:9812"), "listen.admin", "can be reached by others", false},
		{"every address of IPv6 without TLS", at("[::]:9812"), "listen.admin", "can be reached by others", false},
		{"the network with TLS", at("192.0.2.1:9812") + pair, "", "", false},
		{"loopback without TLS", at("127.0.0.7:9812"), "", "", false},
		{"loopback of IPv6, mapped", at("[::ffff:127.0.0.1]:9812"), "", "", false},
		{"a host with a port", "admin: {hosts: [\"a.example:9812\"]}\n", "admin.hosts[0]", "without scheme, port and wildcard", false},
		{"a wildcard", "admin: {hosts: [\"*.example\"]}\n", "admin.hosts[0]", "without scheme, port and wildcard", false},
		{"a host twice", "admin: {hosts: [a.example, A.example]}\n", "admin.hosts[1]", "stands at admin.hosts[0] already", false},
		{"a host that is too long", "admin: {hosts: [" + strings.Repeat("a.", 127) + "]}\n", "admin.hosts[0]", "must be a DNS name", false},
		{"a word of metrics", "admin: {metrics: everybody}\n", "admin.metrics", "is none of loopback, token", false},
		{"an account", account(""), "", "", false},
		{"an account without role", "admin: {accounts: [{name: a, password_hash: x}]}\n", "admin.accounts[0].role", "is required", false},
		{"an account without hash", "admin: {accounts: [{name: a, role: admin}]}\n", "admin.accounts[0].password_hash", "is required", false},
		{"a role that nobody has", strings.Replace(account(""), "role: admin", "role: root", 1), "admin.accounts[0].role", "is none of viewer, operator, admin", false},
		{"an account twice", account(", {name: A, role: viewer, password_hash: y}"), "admin.accounts[1].name", "is the name of admin.accounts[0] already", false},
		{"a token", token(""), "", "", false},
		{"a token twice", token("}, {name: T, role: viewer, digest: " + digestB + ", expires: 2027-01-31"), "admin.tokens[1].name", "is the name of", false},
		{"a token in the place of its digest", strings.Replace(token(""), digestA, "ivr_cAnArYcAnArYcAnArY", 1), "admin.tokens[0].digest", "not the token", false},
		{"a digest in capitals", strings.Replace(token(""), digestA, strings.ToUpper(digestB), 1), "admin.tokens[0].digest", "is no SHA-256", false},
		{"a token for ever", strings.Replace(token(""), ", expires: 2027-01-31", "", 1), "admin.tokens[0].expires", "is required", false},
		{"an idle time that never comes", "admin: {session: {idle: 2h, absolute: 1h}}\n", "admin.session.idle", "has no effect", true},
		{"a window that is turned off", at("") + account(""), "admin.accounts[0]", "listen.admin is turned off", true},
		{"hosts of a window that is turned off", at("") + "admin: {hosts: [a.example]}\n", "admin.hosts", "listen.admin is turned off", true},
	} {
		t.Run(c.title, func(t *testing.T) {
			_, faults := load(sound + c.text)
			var about fault.List
			for _, f := range faults {
				if strings.HasPrefix(f.Key, "admin") || f.Key == "listen.admin" {
					about = append(about, f)
				}
				if strings.Contains(f.Message, "cAnArY") || strings.Contains(f.Message, digestA) {
					t.Errorf("quoted: %s", f)
				}
			}
			if c.key == "" {
				if len(about) > 0 {
					t.Error(about)
				}
				return
			}
			if len(about) != 1 || about[0].Key != c.key || about[0].Warning != c.warning || !strings.Contains(about[0].Message, c.words) {
				t.Errorf("want %s: %s, got\n%v", c.key, c.words, about)
			}
		})
	}
}

// TestHashesMayStandInTheFile, which others should not read all the same; and where they cannot be read, commands without secrets go on.
func TestHashesMayStandInTheFile(t *testing.T) {
	opt := world(map[string]string{"c.yaml": sound + account(", {name: b, role: admin, password_hash: \"file:gone\"}")})
	_, faults := Load("c.yaml", opt)
	if !has(faults, fault.Fault{Key: "admin.accounts[1].password_hash", Line: 6, Message: "cannot be read"}) || len(faults) != 1 {
		t.Error(faults)
	}
	if s, faults := LoadWithoutSecrets("c.yaml", opt); s == nil {
		t.Error(faults)
	}
	for _, key := range []string{"admin.accounts[0].password_hash", "admin.tokens[3].digest"} {
		if !OfSecret(key) {
			t.Errorf("%s is no key of a secret", key)
		}
	}
	if OfSecret("admin.accounts[0].role") {
		t.Error("a role is no secret")
	}
}

// TestTheWindowIsANodesOwn: it does not make nodes of one cluster differ. Accounts come by reload, TLS that comes or goes does not.
func TestTheWindowIsANodesOwn(t *testing.T) {
	bare, with := mustLoad(t, sound), mustLoad(t, sound+account(""))
	if bare.ClusterDigest() != with.ClusterDigest() || bare.Digest() == with.Digest() {
		t.Error("the digest of the cluster differs, or the node's own does not")
	}
	if faults := Restart(bare, with); len(faults) > 0 {
		t.Error(faults)
	}
	tls, other := mustLoad(t, sound+"admin: {tls: {certificate: a, key: b}}\n"), mustLoad(t, sound+"admin: {tls: {certificate: c, key: d}}\n")
	if faults := Restart(bare, tls); len(faults) != 1 || faults[0].Key != "admin.tls.certificate" {
		t.Error(faults)
	}
	if faults := Restart(tls, other); len(faults) > 0 {
		t.Error(faults)
	}
}
