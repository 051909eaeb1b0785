package config

import (
	"fmt"
	"strings"
	"testing"

	"ivalt-radius/fault"
)

// faultCase is a text put behind the sound one, whose last line is the fifth, and the one fault that it makes.
type faultCase struct {
	title, text string
	key         string
	line        int
	words       string
}

// tableFaults are values that the table or this version cannot take.
func tableFaults() []faultCase {
	return []faultCase{
		{"number too small", "max_attempts: 0", "max_attempts", 6, "must be 1 to 1000000"},
		{"number too large", "max_attempts: 1000001", "max_attempts", 6, "must be 1 to 1000000"},
		{"negative limit", "policy:\n  rules: []\nprimary: {method: none}\naudit: {retention: -1h}", "audit.retention", 9, "must be 1h to"},
		{"duration too long", "reject_delay: 11s", "reject_delay", 6, "must be 0s to 10s"},
		{"days", "audit: {retention: 90d}", "audit.retention", 6, "days are no unit: write 2160h"},
		{"nothing to listen on", "listen: {authentication: []}", "listen.authentication", 6, "is empty"},
		{"one socket twice", "listen: {authentication: [\"1.2.3.4:5\"], accounting: [\"1.2.3.4:5\"]}", "listen.accounting[0]", 6, "listen.authentication[0] already"},
		{"unknown key", "max_attempt: 3", "max_attempt", 6, `did you mean "max_attempts"?`},
		{"list of values behind", "max_attempts: [\"canary\"]", "max_attempts", 6, "must be one value"},
		{"unknown decision", "policy: {default: allow}", "policy.default", 6, `"allow" is none of deny, require_push, exempt`},
		{"rule without a name", "policy: {rules: [{decision: deny}]}", "policy.rules[0].name", 6, "is required"},
		{"unknown first factor", "primary: {method: pam}", "primary.method", 6, "none of"},
		{"no state", "state: {directory: \"\"}", "state.directory", 6, "must not be empty"},
		{"missing people", "users: {file: nowhere.yaml}", "users.file", 6, "cannot be read"},
	}
}

func TestFaults(t *testing.T) {
	for _, c := range tableFaults() {
		t.Run(c.title, func(t *testing.T) {
			s, faults := load(sound + c.text + "\n")
			if s != nil {
				t.Error("settings in spite of a fault")
			}
			want := fault.Fault{Key: c.key, Line: c.line, Message: c.words}
			if !has(faults, want) || len(faults.Fatal()) != 1 {
				t.Errorf("got:\n%v\nwant alone: %v", faults.Fatal(), want)
			}
		})
	}
}

// replaced is the sound text with one change.
func replaced(old, text string) string { return strings.Replace(sound, old, text, 1) }

func TestFaultsOfClients(t *testing.T) {
	const second = "  - {name: VPN, networks: [\"::ffff:192.0.2.0/120\"], secrets: [\"env:SHARED\"]}\n"
	for _, c := range []struct {
		title, text, key string
		line             int
		words            string
	}{
		{"empty file", "", "clients", 0, "is required"},
		{"comments alone", "# nothing\n", "ivalt.api_key", 0, "is required"},
		{"text", "hello", "", 1, "must be a map"},
		{"no clients", "clients: []\nivalt: {api_key: \"env:KEY\"}", "clients", 1, "one client"},
		{"no name", replaced("name: vpn\n    networks", "networks"), "clients[0].name", 2, "is required"},
		{"odd name", replaced("name: vpn", "name: my vpn"), "clients[0].name", 2, "no name of"},
		{"no networks", replaced("    networks: [\"192.0.2.0/24\"]\n", ""), "clients[0].networks", 2, "is required"},
		{"empty networks", replaced("\"192.0.2.0/24\"", ""), "clients[0].networks", 3, "is empty"},
		{"no prefix", replaced("192.0.2.0/24", "vpn.example"), "clients[0].networks[0]", 3, "nor a lone address, which counts as a prefix"},
		{"no secrets", replaced("    secrets: [\"env:SHARED\"]\n", ""), "clients[0].secrets", 2, "is required"},
		{"empty secrets", replaced("\"env:SHARED\"", ""), "clients[0].secrets", 4, "is empty"},
		{"odd switch", replaced("name: vpn", "name: vpn\n    join_without_calling_station: yes"), "clients[0].join_without_calling_station", 3, "neither true nor false"},
		{"impatient", replaced("name: vpn", "name: vpn\n    answer_within: 4s"), "clients[0].answer_within", 3, "must be 5s to 10m"},
		{"unknown choice", replaced("name: vpn", "name: vpn\n    message_authenticator: no"), "clients[0].message_authenticator", 3, "required, auto, optional"},
		{"one name twice", replaced("ivalt", second+"ivalt"), "clients[1].name", 5, "clients[0] already"},
		{"one prefix twice", replaced("ivalt", second+"ivalt"), "clients[1].networks[0]", 5, "192.0.2.0/24 is a prefix of clients[0] already"},
		{"API key that is a list", replaced("\"env:KEY\"", "[canary]"), "ivalt.api_key", 5, "must be one value"},
		{"no API key", replaced("api_key: \"env:KEY\"", "sentinel: auto"), "ivalt.api_key", 5, "is required"},
		{"negative limit", replaced("{api_key", "{limits: {per_hour: -1}, api_key"), "ivalt.limits.per_hour", 5, "must be 0 to"},
		{"too many connections", replaced("{api_key", "{connections: 1025, api_key"), "ivalt.connections", 5, "1 to 1024"},
		{"URL in the clear", replaced("{api_key", "{url: \"http://api.ivalt.com\", api_key"), "ivalt.url", 5, "loopback"},
		{"URL with a password", replaced("{api_key", "{url: \"https://a:canary@api.ivalt.com\", api_key"), "ivalt.url", 5, "password"},
	} {
		t.Run(c.title, func(t *testing.T) {
			s, faults := load(c.text)
			if s != nil || !has(faults, fault.Fault{Key: c.key, Line: c.line, Message: c.words}) {
				t.Errorf("%s: %d: %q is not in\n%v", c.key, c.line, c.words, faults)
			}
			if strings.Contains(fmt.Sprint(faults), "canary") {
				t.Error("a password stands in a fault")
			}
		})
	}
}

// TestAllFaultsTogether has one load report every fault, in the order of their lines.
func TestAllFaultsTogether(t *testing.T) {
	_, faults := load("max_attempts: x\nclients: []\nusers: {mail: a}\n", "IVALT_RADIUS_NOTHING=1")
	var got []string
	for _, f := range faults.Fatal() {
		got = append(got, fmt.Sprintf("%s %s %d", f.File, f.Key, f.Line))
	}
	want := " ivalt.api_key 0| max_attempts 1| clients 2| users.mail 3|environment variable IVALT_RADIUS_NOTHING  0"
	if strings.Join(got, "|") != want {
		t.Errorf("got  %s\nwant %s", strings.Join(got, "|"), want)
	}
}

func TestWarnings(t *testing.T) {
	for _, c := range []struct {
		title, text, key, words string
		warns                   bool
	}{
		{"optional", replaced("name: vpn", "name: vpn\n    message_authenticator: optional"), "clients[0].message_authenticator", "CVE-2024-3596", true},
		{"omitted", replaced("name: vpn", "name: vpn\n    insecure_omit_message_authenticator: true"), "clients[0].insecure_omit_message_authenticator", "CVE-2024-3596", true},
		{"any address", replaced("192.0.2.0/24", "0.0.0.0/0"), "clients[0].networks[0]", "any address", true},
		{"mobile not echoed", replaced("{api_key", "{allow_missing_details: true, api_key"), "ivalt.allow_missing_details", "counts", true},
		{"approval too long", replaced("{api_key", "{approval_timeout: 58s, api_key"), "ivalt.approval_timeout", "cut to 57s for the client vpn", true},
		{"approval short enough", replaced("{api_key", "{approval_timeout: 57s, api_key"), "ivalt.approval_timeout", "", false},
		{"default of the approval", sound, "ivalt.approval_timeout", "", false},
		{"patience of the profile", replaced("name: vpn", "name: vpn\n    profile: x") + "", "ivalt.approval_timeout", "", false},
		{"literal secret", replaced("env:SHARED", "b7Rk2vXw9LqZ4tNc"), "clients[0].secrets[0]", "stands in the file", true},
		{"admin", sound + "listen: {admin: \"127.0.0.1:1\"}\n", "listen.admin", "", false},
		{"admin turned off", sound + "listen: {admin: \"\"}\n", "listen.admin", "", false},
		{"admin by default", sound, "listen.admin", "", false},
	} {
		t.Run(c.title, func(t *testing.T) {
			s, faults := load(c.text)
			if s == nil {
				t.Fatal(faults)
			}
			found := false
			for _, f := range faults {
				found = found || f.Warning && f.Key == c.key && strings.Contains(f.Message, c.words)
			}
			if found != c.warns {
				t.Errorf("%v in\n%v", found, faults)
			}
		})
	}
}
