package config

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"ivalt-radius/fault"
)

const long = "b7Rk2vXw9LqZ4tNc"

// secretCase is a shared secret as written, and what it gives.
type secretCase struct {
	title, written string
	words          string // of the fault or warning; empty: none
	warning        bool
}

func sharedSecrets() []secretCase {
	return []secretCase{
		{"environment", "env:SHARED", "", false},
		{"file", "file:secret", "", false},
		{"file with a line break of DOS", "file:dos", "", false},
		{"in the file", long, "stands in the file", true},
		{"of a passphrase with a colon", "horse:battery:staple:x", "stands in the file", true},
		{"well-known", "testing123", "shorter than 16", false},
		{"well-known and stretched", "testing123-testing123", "well-known", true},
		{"example", "example-secret-0123456789", "well-known", true},
		{"to be changed", "please-CHANGE_ME-please-now", "well-known", true},
		{"a word again and again", "radius-radius-radius-1", "well-known", true},
		{"one letter", "aaaaaaaaaaaaaaaaaaaa", "well-known", true},
		{"a blank at the end", long + " ", "blank", true},
		{"path", "/etc/ivalt-radius/b7Rk2vXw9", "looks like a path; did you mean file:PATH?", true},
		{"short path", "./b7Rk2vXw9", "looks like a path; did you mean file:PATH?", true},
		{"path from the home", "~admin/b7Rk2vXw9LqZ4tNc", "looks like a path", true},
		{"name of a variable", "THE_GATEWAYS_SECRET", "did you mean env:NAME?", true},
		{"drawn by lot, with a slash before", "/b7Rk2vXw9LqZ4tNc", "stands in the file", true},
		{"short", "b7Rk2vXw9LqZ4tN", "shorter than 16", false},
		{"empty", "", "is empty", false},
		{"control character", "b7Rk2vXw9LqZ4tNc\\x07", "line break", false},
		{"unset variable", "env:UNSET", "UNSET is not set", false},
		{"empty variable", "env:EMPTY", "EMPTY is empty", false},
		{"no variable", "env:", "name of an environment variable", false},
		{"odd variable", "env:b7Rk2vXw9 LqZ4tNc", "name of an environment variable", false},
		{"no file", "file:", "name of a file", false},
		{"missing file", "file:missing", "cannot be read", false},
		{"directory", "file:dir", "directory", false},
		{"empty file", "file:empty", "is empty: write the secret into it", false},
		{"file of a line break", "file:newline", "is empty", false},
		{"file of two lines", "file:lines", "line break", false},
		{"huge file", "file:huge", "larger than", false},
		{"pointer in a variable is a text", "env:POINTER", "shorter than 16", false},
	}
}

func TestSharedSecrets(t *testing.T) {
	for _, c := range sharedSecrets() {
		t.Run(c.title, func(t *testing.T) {
			opt := world(map[string]string{
				"c.yaml": strings.Replace(sound, "env:SHARED", c.written, 1), "secret": long + "\n", "dos": long + "\r\n", "empty": "", "newline": "\n",
				"lines": long + "\n" + long, "dir/x": "", "huge": strings.Repeat("x", maxSecret+1),
			}, "EMPTY=", "POINTER=file:secret")
			s, faults := Load("c.yaml", opt)
			if usable := c.words == "" || c.warning && c.title != "short path"; usable != (s != nil) {
				t.Errorf("usable: %v; %v", s != nil, faults)
			}
			if strings.Contains(fmt.Sprint(faults), "looks like") != strings.Contains(c.title, "path") && !strings.HasPrefix(c.title, "name of") {
				t.Errorf("looks like a path, or does not: %v", faults)
			}
			want := fault.Fault{Key: "clients[0].secrets[0]", Line: 4, Message: c.words, Warning: c.warning}
			if c.words != "" && !has(faults, want) {
				t.Errorf("%q is not in\n%v", c.words, faults)
			}
			all := fmt.Sprint(faults)
			if c.words == "" && strings.Contains(all, "clients") || strings.Contains(all, "b7Rk2vXw9") {
				t.Errorf("unexpected, or a secret: %v", faults)
			}
		})
	}
}

func TestAPIKeys(t *testing.T) {
	for _, c := range []struct{ title, key, words string }{
		{"sound", apiKey, ""},
		{"32 characters", apiKey[:32], ""},
		{"31 characters", apiKey[:31], "shorter than 32"},
		{"other characters", apiKey + "+", "characters that no API key holds"},
		{"placeholder", "your_ivalt_secret_key_here", "is a placeholder: "},
		{"long placeholder", "your_ivalt_secret_key_here_0123456789", "placeholder"},
		{"test key", "test_key_0123456789abcdefghijklmnopq", "placeholder"},
		{"demo key", "DEMO-KEY-0123456789abcdefghijklmnopq", "placeholder"},
		{"example", "example0123456789abcdefghijklmnopqrs", "placeholder"},
		{"crosses", strings.Repeat("x", 40), "placeholder"},
		{"two letters", strings.Repeat("ab", 20), "placeholder"},
	} {
		t.Run(c.title, func(t *testing.T) {
			opt := world(map[string]string{"c.yaml": strings.Replace(sound, "env:KEY", "env:OTHER", 1)}, "OTHER="+c.key)
			s, faults := Load("c.yaml", opt)
			if c.words == "" {
				if s == nil {
					t.Fatal(faults)
				}
				return
			}
			if s != nil || !has(faults, fault.Fault{Key: "ivalt.api_key", Line: 5, Message: c.words}) {
				t.Errorf("%q is not in\n%v", c.words, faults)
			}
			if strings.Contains(fmt.Sprint(faults), c.key) {
				t.Errorf("the key stands in %v", faults)
			}
		})
	}
}

// TestNoSecretInAnyFault puts a canary into every place of a secret, in every wrong shape, and looks for it in all that
// comes out.
func TestNoSecretInAnyFault(t *testing.T) {
	const canary = "cAnArY-0x7"
	shapes := []string{
		"%s", "\"%s\"", "[%s]", "[[%s]]", "{%s: 1}", "{a: %s}", "[{%s: %s}]", "&%s x", "*%s", "!%s x", "!!binary %s", "\"%s\\x00\"", "'%s", "\"%s", "{%s",
		"|\n      %s\n      more", "env:%s ", "env:%s\u00e4", "sealed:%s", "2026-12-25%s", "%s: x: y", "[%s, \"%s\\n\"]", "? %s", "- %s",
	}
	places := []struct{ old, text string }{
		{"[\"env:SHARED\"]", "%s"},
		{"\"env:SHARED\"", "%s"},
		{"\"env:KEY\"", "%s"},
		{"\"env:KEY\"", "\"env:KEY\", proxy: %s"},
		{"\"env:KEY\"", "\"env:KEY\", signing_secret: %s"},
		{"\"env:KEY\"}", "\"env:KEY\"}\nprimary: {ldap: {bind_dn: a, bind_password: %s}}"},
		{"\"env:KEY\"}", "\"env:KEY\"}\nprimary: {radius: {servers: [{address: \"192.0.2.1:1812\", secret: %s}]}}"},
	}
	for _, place := range places {
		for _, shape := range shapes {
			value := strings.ReplaceAll(shape, "%s", canary)
			text := strings.Replace(sound, place.old, strings.Replace(place.text, "%s", value, 1), 1)
			opt := world(map[string]string{"c.yaml": text})
			s, faults := Inspect("c.yaml", opt)
			spill(t, text, canary, s, faults)
		}
	}
	for _, variable := range []string{
		"IVALT_RADIUS_IVALT__API_KEY", "IVALT_RADIUS_CLIENTS__0__SECRETS", "IVALT_RADIUS_CLIENTS__0__SECRETS__0", "IVALT_RADIUS_CLIENTS__7__SECRETS__0",
		"IVALT_RADIUS_NOTHING", "SHARED", "KEY", "IVALT_RADIUS_IVALT__PROXY", "IVALT_RADIUS_IVALT__SIGNING_SECRET",
		"IVALT_RADIUS_PRIMARY__LDAP__BIND_PASSWORD", "IVALT_RADIUS_PRIMARY__RADIUS__SERVERS__0__SECRET",
	} {
		s, faults := Inspect("c.yaml", world(map[string]string{"c.yaml": sound}, variable+"="+canary))
		spill(t, variable, canary, s, faults)
	}
	people := "z: {password: [cAnArY-0x7], nt_hash: cAnArY-0x7}\ny: {password: \"cAnArY-0x7\\x01\", nt_hash: \"sealed:cAnArY-0x7\", reply: cAnArY-0x7}\n" +
		"a: {email: \"cAnArY-0x7\\x01\", mobile: [cAnArY-0x7]}\nb: cAnArY-0x7\nc: {mobile: cAnArY-0x7, email: {x: cAnArY-0x7}}\n"
	s, faults := Inspect("c.yaml", world(map[string]string{"c.yaml": sound + "users: {file: p}\n", "p": people}))
	spill(t, people, canary, s, faults)
}

// spill looks for the canary in faults and in all prints of settings.
func spill(t *testing.T, origin, canary string, s *Settings, faults fault.List) {
	t.Helper()
	out := fmt.Sprintf("%v %+v %#v", faults, faults, faults)
	if s != nil {
		asJSON, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		asYAML, err := yaml.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		out += fmt.Sprintf("%v %+v %#v %s %s %v", s, *s, *s, asJSON, asYAML, s.Redacted())
	}
	if strings.Contains(out, canary) {
		t.Errorf("the secret of\n%s\nstands in\n%s", origin, out)
	}
}
