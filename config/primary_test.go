package config

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ivalt-radius/fault"
)

// everyFactorKey is what TestEveryKey wants of the first factors and of what hangs on them.
func everyFactorKey() map[string]string {
	return map[string]string{
		"clients[0].primary": "radius", "clients[0].insecure_methods": "chap, mschapv2", "clients[0].challenge": "approve",
		"users.rewrite[0].from": `corp\\(.+)`, "users.rewrite[0].to": "$1@corp.example",
		"users.rewrite[1].from": `(.+)@old\.example`, "users.rewrite[1].to": "$1@example.com",
		"users.enrolment_message": "Enrol at https://enrol.example.com.",
		"primary.method":          "file", "primary.cache": "1m30s",
		"primary.ldap.urls": "ldaps://dc1.example.com, ldap://dc2.example.com:389", "primary.ldap.insecure_plaintext": "true",
		"primary.ldap.ca_file": "ldap.pem", "primary.ldap.system_roots": "false", "primary.ldap.bind_dn": "cn=search,dc=example,dc=com",
		"primary.ldap.bind_password": "[redacted]", "primary.ldap.user_dn": "{username}@corp.example", "primary.ldap.base": "dc=example,dc=com",
		"primary.ldap.schema": "active_directory", "primary.ldap.filter": "(cn={username})", "primary.ldap.name": "cn",
		"primary.ldap.email": "proxyAddresses", "primary.ldap.mobile": "mobile, otherMobile",
		"primary.ldap.groups.base": "ou=groups,dc=example,dc=com", "primary.ldap.groups.name": "dn", "primary.ldap.groups.nested": "false",
		"primary.ldap.timeout": "7s", "primary.ldap.connections": "9",
		"primary.radius.servers[0].address": "10.0.0.5:1812", "primary.radius.servers[0].secret": "[redacted]",
		"primary.radius.servers[1].address": "[2001:db8::5]:1645", "primary.radius.servers[1].secret": "[redacted]",
		"primary.radius.timeout": "2.5s", "primary.radius.tries": "3", "primary.radius.attributes": "Class, Filter-Id",
		"policy.rules[0].primary": "ldap", "policy.rules[0].remember.for": "8h", "policy.rules[0].fail.mode": "allow_remembered",
		"policy.rules[0].fail.for": "72h", "policy.rules[0].fail.until": "", "policy.rules[0].fail.reason": "",
		"policy.rules[1].primary": "", "policy.rules[1].remember.for": "0s", "policy.rules[1].fail.mode": "insecure_allow",
		"policy.rules[1].fail.for": "0s", "policy.rules[1].fail.until": "2026-12-24T18:00:00+01:00", "policy.rules[1].fail.reason": "iVALT moves house",
		"policy.groups[0].name": "Staff", "policy.groups[0].reply.Filter-Id": "staff", "policy.groups[0].reply.Tunnel-Password": "[redacted]",
	}
}

// TestFaultsOfFactors: each text stands behind the sound one, whose last line is the fifth, and makes one fault.
func TestFaultsOfFactors(t *testing.T) {
	const (
		ldap   = "primary: {ldap: {urls: [\"ldaps://a\"], "
		server = "primary: {method: radius, radius: {servers: [{address: \"192.0.2.1:1812\", secret: "
	)
	for _, c := range []faultCase{
		{"file without a file", "primary: {method: file}", "primary.method", 6, "needs users.file"},
		{"LDAP without servers", "primary: {method: ldap}", "primary.method", 6, "needs primary.ldap.urls"},
		{"RADIUS without servers", "primary: {method: radius}", "primary.method", 6, "needs primary.radius.servers"},
		{"a rule's without its source", "policy: {rules: [{name: a}, {name: b, primary: file}]}", "policy.rules[1].primary", 6, "needs users.file"},
		{"unknown factor of a rule", "policy: {rules: [{name: a, primary: pam}]}", "policy.rules[0].primary", 6, "none of"},
		{"results kept too long", "primary: {cache: 6m}", "primary.cache", 6, "0s to 5m"},
		{"an empty password", ldap + "bind_dn: a, bind_password: \"\"}}", "primary.ldap.bind_password", 6, "is empty"},
		{"no password", ldap + "bind_dn: a}}", "primary.ldap.bind_dn", 6, "needs primary.ldap.bind_password"},
		{"a password from nowhere", ldap + "bind_dn: a, bind_password: \"env:GONE\"}}", "primary.ldap.bind_password", 6, "GONE is not set"},
		{"nobody's password", ldap + "bind_password: \"env:KEY\"}}", "primary.ldap.bind_password", 6, "bind_dn"},
		{"no schema", ldap + "schema: novell}}", "primary.ldap.schema", 6, "none of generic, active_directory"},
		{"impatient", ldap + "timeout: 500ms}}", "primary.ldap.timeout", 6, "1s to 30s"},
		{"many connections", ldap + "connections: 257}}", "primary.ldap.connections", 6, "1 to 64"},
		{"a short secret", server + "b7Rk2vXw9LqZ4tN}]}}", "primary.radius.servers[0].secret", 6, "shorter than 16"},
		{"no secret", "primary: {method: radius, radius: {servers: [{address: \"192.0.2.1:1812\"}]}}", "primary.radius.servers[0].secret", 6, "is required"},
		{"a secret from nowhere", server + "\"file:gone\"}]}}", "primary.radius.servers[0].secret", 6, "cannot be read"},
		{"no address", "primary: {method: radius, radius: {servers: [{secret: \"env:SHARED\"}]}}", "primary.radius.servers[0].address", 6, "is required"},
		{"a rewrite to nothing", "users: {rewrite: [{from: a, to: \"\"}]}", "users.rewrite[0].to", 6, "is required"},
		{"a long message", "users: {enrolment_message: \"" + strings.Repeat("x", 201) + "\"}", "users.enrolment_message", 6, "201 octets"},
		{"remembered too long", "policy: {rules: [{name: a, remember: {for: 721h}}]}", "policy.rules[0].remember.for", 6, "0s to 720h"},
		{"an unknown fail mode", "policy: {rules: [{name: a, fail: {mode: allow}}]}", "policy.rules[0].fail.mode", 6, "insecure_allow"},
		{"a fail mode of no time", "policy: {rules: [{name: a, fail: {mode: allow_remembered, for: 0s}}]}", "policy.rules[0].fail.for", 6, "1m to 720h"},
		{"a group without a reply", "policy: {groups: [{name: a}]}", "policy.groups[0].reply", 6, "is required"},
		{"a nameless group", "policy: {groups: [{reply: {Class: a}}]}", "policy.groups[0].name", 6, "is required"},
	} {
		t.Run(c.title, func(t *testing.T) {
			s, faults := load(sound + c.text + "\n")
			want := fault.Fault{Key: c.key, Line: c.line, Message: c.words}
			if s != nil || !has(faults, want) || len(faults.Fatal()) != 1 {
				t.Errorf("got:\n%v\nwant alone: %v", faults.Fatal(), want)
			}
		})
	}
}

func TestFaultsOfClientsFactors(t *testing.T) {
	for _, c := range []faultCase{
		{"without its source", "primary: ldap", "clients[0].primary", 3, "needs primary.ldap.urls"},
		{"unknown", "primary: pam", "clients[0].primary", 3, "none of"},
		{"a method nobody knows", "insecure_methods: [chap, eap]", "clients[0].insecure_methods[1]", 3, "none of chap, mschapv2"},
		{"a method twice", "insecure_methods: [chap, chap]", "clients[0].insecure_methods[1]", 3, "twice"},
		{"a challenge nobody knows", "challenge: always", "clients[0].challenge", 3, "off, choose, approve"},
	} {
		t.Run(c.title, func(t *testing.T) {
			s, faults := load(replaced("name: vpn", "name: vpn\n    "+c.text))
			if s != nil || !has(faults, fault.Fault{Key: c.key, Line: c.line, Message: c.words}) || len(faults.Fatal()) != 1 {
				t.Errorf("%s: %d: %q is not alone in\n%v", c.key, c.line, c.words, faults)
			}
		})
	}
}

// TestSourcesThatNobodyAsks: servers that no first factor names are worth a word, but for LDAP's, which are a directory too.
func TestSourcesThatNobodyAsks(t *testing.T) {
	const servers = "radius: {servers: [{address: \"192.0.2.1:1812\", secret: \"env:SHARED\"}]}"
	for text, want := range map[string]bool{
		"primary: {" + servers + "}":                                                         true,
		"primary: {method: radius, " + servers + "}":                                         false,
		"primary: {" + servers + "}\npolicy: {rules: [{name: a, primary: radius}]}":          false,
		"primary: {ldap: {urls: [\"ldaps://a\"]}}":                                           false,
		"primary: {" + servers + "}\npolicy: {rules: [{name: a, primary: none}, {name: b}]}": true,
	} {
		s, faults := load(sound + text + "\n")
		if s == nil {
			t.Fatal(faults)
		}
		if got := has(faults, fault.Fault{Key: "primary.radius", Line: 6, Warning: true, Message: "never asked"}); got != want {
			t.Errorf("%s: %v", text, faults)
		}
	}
}

// TestSecretsOfFactors are read, judged and redacted as the others; the password of a search account may be short.
func TestSecretsOfFactors(t *testing.T) {
	text := sound + "primary:\n  method: radius\n  ldap: {urls: [\"ldaps://a\"], bind_dn: a, bind_password: \"env:PASSWORD\"}\n" +
		"  radius: {servers: [{address: \"192.0.2.1:1812\", secret: \"env:UPSTREAM\"}]}\n"
	s := mustLoad(t, text, "PASSWORD=x", "UPSTREAM=Q7Rk2vXw9LqZ4tNc")
	if s.Primary.LDAP.BindPassword.Reveal() != "x" || s.Primary.RADIUS.Servers[0].Secret.Reveal() != "Q7Rk2vXw9LqZ4tNc" ||
		s.Primary.RADIUS.Servers[0].Address != "192.0.2.1:1812" {
		t.Error("the secrets are not what the environment says")
	}
	for key, environ := range map[string][]string{
		"primary.ldap.bind_password":       {"PASSWORD=y", "UPSTREAM=Q7Rk2vXw9LqZ4tNc"},
		"primary.radius.servers[0].secret": {"PASSWORD=x", "UPSTREAM=Q7Rk2vXw9LqZ4tNd"},
	} {
		other := mustLoad(t, text, environ...)
		if diff := cmp.Diff([]string{key}, Changed(s, other)); diff != "" || s.Digest() == other.Digest() {
			t.Errorf("another secret (-want +got):\n%s", diff)
		}
	}
	opt := world(map[string]string{"c.yaml": text}, "PASSWORD=", "UPSTREAM=short")
	if s, faults := LoadWithoutSecrets("c.yaml", opt); s == nil {
		t.Errorf("a command that needs no secret fails for one: %v", faults)
	}
	if s, _ := Load("c.yaml", opt); s != nil {
		t.Error("Load takes them")
	}
	literal := strings.NewReplacer("env:PASSWORD", "hush", "env:UPSTREAM", "testing123-testing123").Replace(text)
	_, faults := load(literal)
	for _, want := range []fault.Fault{
		{Key: "primary.ldap.bind_password", Line: 8, Warning: true, Message: "stands in the file"},
		{Key: "primary.radius.servers[0].secret", Line: 9, Warning: true, Message: "well-known"},
	} {
		if !has(faults, want) {
			t.Errorf("%v is not in\n%v", want, faults)
		}
	}
}

func TestFactorsOfClients(t *testing.T) {
	s := Settings{
		Primary: Primary{Method: "ldap"}, Clients: []Client{{}, {Primary: "none"}, {Primary: "ldap"}},
		Policy: Policy{Rules: []Rule{{Primary: "file"}, {}, {Primary: "ldap"}}},
	}
	if diff := cmp.Diff([]string{"ldap", "none", "ldap"}, s.Factors()); diff != "" {
		t.Error(diff)
	}
	for method, want := range map[string][]string{
		"ldap": {"primary.method", "clients[2].primary", "policy.rules[2].primary"}, "none": {"clients[1].primary"}, "file": {"policy.rules[0].primary"}, "radius": nil,
	} {
		if diff := cmp.Diff(want, s.FactorKeys(method)); diff != "" {
			t.Errorf("%s: %s", method, diff)
		}
	}
}
