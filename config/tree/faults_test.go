package tree

import (
	"fmt"
	"slices"
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

// formFaults are what is wrong with the YAML and its keys.
func formFaults() []faultCase {
	return []faultCase{
		{"unknown key", "max_attempt: 3", "max_attempt", 6, `did you mean "max_attempts"?`},
		{"unknown key far from all", "colour: red", "colour", 6, "unknown key"},
		{"unknown key inside", "users:\n  mail: x", "users.mail", 7, `did you mean "email"?`},
		{"rest of a hash without quotes", "users: {email: $argon2id$v=19$m=19456,p=1$c2FsdA$a2V5}", "users.p=1...", 6, "in quotes"},
		{"one value for a map", "users: bob", "users", 6, "must be a map of keys, as in {email, "},
		{"unknown key that is no name", "\"a\\nb\": 1", `"a\nb"`, 6, "unknown key"},
		{"key twice", "max_attempts: 1\nmax_attempts: 2", "max_attempts", 7, "twice, first in line 6"},
		{"map twice", "state: {}\nstate: {}", "state", 7, "twice"},
		{"anchor", "max_attempts: &a 3", "max_attempts", 6, "anchors"},
		{"alias of nothing", "users: {email: *my-s3cr3t}", "", 6, `must stand in quotes, as in "*svc"`},
		{"alias of nothing in a list", "policy:\n  rules:\n    - name: x\n      match:\n        users: [a, *svc]\n", "", 10, "quotes"},
		{"star before a domain", "users:\n  email: *@example.com", "", 7, "quotes"},
		{"two stars in a line", "users:\n  email: [*@a, *@b]", "", 7, "quotes"},
		{"one alias twice", "users:\n  email: *a\nurl: *a", "", 7, "quotes"},
		{"star after one that does no harm", "url: \"[*a]\"\nusers: {email: *b}", "", 7, "quotes"},
		{"star in a list of lines", "listen:\n  authentication:\n    - *x", "", 8, "quotes"},
		{"tab before a key", "users:\n\temail: x", "", 7, "a tab; YAML indents with spaces"},
		{"two tabs before a key", "users:\n\t\temail: x\n\t\tfile: y", "", 7, "a tab"},
		{"tab behind blanks", "users:\n  \temail: x", "", 7, "a tab"},
		{"broken behind a star that does no harm", "url: \"[*a]\"\nusers: {", "", 7, "no YAML"},
		{"anchor on a map", "users: &a {email: x}", "users", 6, "anchors"},
		{"anchor in a list", "listen: {authentication: [&a \"1.2.3.4:1\"]}", "listen.authentication[0]", 6, "anchors"},
		{"anchor on a rule", "policy: {rules: [&a {name: x}]}", "policy.rules[0]", 6, "anchors"},
		{"anchor on a key", "&a max_attempts: 3", "", 6, "anchors"},
		{"merge key", "users: {<<: {email: x}}", "users", 6, "merge keys"},
		{"tag", "max_attempts: !!str 3", "max_attempts", 6, "tags"},
		{"key that is a list", "[a]: b", "", 6, "plain name"},
		{"second document", "---\nmax_attempts: 1", "", 6, "second document"},
		{"broken second document", "---\n[", "", 7, "no YAML"},
		{"broken YAML", "users: {", "", 6, "no YAML"},
		{"key too far left", "policy:\n  rules:\n    - name: x\n   match: {}\nstate: {}", "", 9, "no YAML"},
		{"key too far right", "users:\n  email: x\n    file: y\nstate: {}", "", 8, "no YAML"},
		{"line without a colon", "users:\n  email x\n  file: y", "", 8, "no YAML"},
		{"quote that is not closed", "url: \"x\nstate: {}\nusers: {}", "", 6, "no YAML"},
		{"list that is not closed", "listen:\n  authentication: [\"1.2.3.4:1\"\nstate: {}", "", 7, "no YAML"},
		{"control character", "url: x\nusers: \x01", "", 7, "no YAML"},
		{"another encoding's letter at a line's end", "url: caf\xe9\nstate: {}", "", 6, "UTF-8"},
		{"another encoding's letter in a line", "url: x\nusers: {email: \xe9t}", "", 7, "UTF-8"},
		{"value where a map must be", "users: nobody", "users", 6, "must be a map"},
		{"map where a value must be", "max_attempts: {a: b}", "max_attempts", 6, "must be one value"},
		{"value where a list must be", "listen: {authentication: 127.0.0.1:1812}", "listen.authentication", 6, "must be a list"},
		{"value where a list of maps must be", "policy: {rules: none}", "policy.rules", 6, "list of maps"},
		{"value where a rule must be", "policy: {rules: [none]}", "policy.rules[0]", 6, "must be a map"},
		{"map in a list of values", "listen: {authentication: [{a: b}]}", "listen.authentication[0]", 6, "must be one value"},
	}
}

// valueFaults are values that their keys cannot take.
func valueFaults() []faultCase {
	return []faultCase{
		{"no number", "max_attempts: many", "max_attempts", 6, `"many" is no whole decimal number`},
		{"hexadecimal number", "max_attempts: 0x10", "max_attempts", 6, "whole decimal"},
		{"number with a leading zero", "max_attempts: 010", "max_attempts", 6, "whole decimal"},
		{"number too small", "max_attempts: 0", "max_attempts", 6, "must be 1 to 1000000"},
		{"number too large", "max_attempts: 1000001", "max_attempts", 6, "must be 1 to 1000000"},
		{"number beyond all", "max_attempts: 99999999999999999999", "max_attempts", 6, "whole decimal"},
		{"duration without unit", "reject_delay: 2", "reject_delay", 6, "write 2s for seconds"},
		{"no duration", "reject_delay: soon", "reject_delay", 6, "no duration"},
		{"duration too long", "reject_delay: 11s", "reject_delay", 6, "must be 0s to 10s"},
		{"negative duration", "reject_delay: -1s", "reject_delay", 6, "must be 0s to 10s"},
		{"empty value", "reject_delay:", "reject_delay", 6, "no duration"},
		{"word of a switch", "listen: {admin: yes}", "listen.admin", 6, "no IP address with a port"},
		{"host name to listen on", "listen: {authentication: [\"localhost:1812\"]}", "listen.authentication[0]", 6, "no IP address with a port"},
		{"port alone", "listen: {authentication: [\":1812\"]}", "listen.authentication[0]", 6, "no IP address with a port"},
		{"nothing to listen on", "listen: {authentication: []}", "listen.authentication", 6, "is empty"},
		{"URL in the clear", "url: http://api.ivalt.com", "url", 6, "loopback"},
		{"URL of another kind", "url: ftp://api.ivalt.com", "url", 6, "https://"},
		{"URL without a host", "url: https://", "url", 6, "no URL"},
		{"no URL", "url: api.ivalt.com", "url", 6, "no URL"},
		{"URL with a password", "url: https://a:canary@api.ivalt.com", "url", 6, "password"},
		{"URL with a query", "url: https://api.ivalt.com/?a=b", "url", 6, "query"},
		{"odd switch", "on: yes", "on", 6, "neither true nor false"},
		{"empty address in a list", "listen: {authentication: [\"\"]}", "listen.authentication[0]", 6, "no IP address with a port"},
		{"control character", "policy: {timezone: \"a\\x07\"}", "policy.timezone", 6, "control character"},
	}
}

// ruleFaults are lists of maps, and attributes, that cannot be.
func ruleFaults() []faultCase {
	return []faultCase{
		{"unknown decision", "policy: {default: allow}", "policy.default", 6, `"allow" is none of deny, require_push, exempt`},
		{"rule without a name", "policy: {rules: [{decision: deny}]}", "policy.rules[0].name", 6, "is required"},
		{"rule with an empty name", "policy: {rules: [{name: \"\"}]}", "policy.rules[0].name", 6, "is required"},
		{"empty rule", "policy: {rules: [{}]}", "policy.rules[0]", 6, "is empty"},
		{"match of nothing", "policy:\n  rules:\n    - name: x\n      match:", "policy.rules[0].match", 9, "is empty"},
		{"only of nothing", "policy: {rules: [{name: x, only: {}}]}", "policy.rules[0].only", 6, "is empty"},
		{"empty list of users", "policy: {rules: [{name: x, match: {users: []}}]}", "policy.rules[0].match.users", 6, "is empty"},
		{"list of users commented out", "policy: {rules: [{name: x, match: {users: }}]}", "policy.rules[0].match.users", 6, "is empty"},
		{"empty user", "policy: {rules: [{name: x, match: {users: [\" \"]}}]}", "policy.rules[0].match.users[0]", 6, "is empty"},
		{"empty list of hours", "policy: {rules: [{name: x, only: {hours: []}}]}", "policy.rules[0].only.hours", 6, "is empty"},
		{"empty hours", "policy: {rules: [{name: x, only: {hours: {}}}]}", "policy.rules[0].only.hours[0]", 6, "is empty"},
		{"unknown key in hours", "policy: {rules: [{name: x, only: {hours: {form: 1}}}]}", "policy.rules[0].only.hours[0].form", 6, "unknown key"},
		{"prefix with bits behind it", "policy: {rules: [{name: x, match: {networks: [10.0.0.1/8]}}]}", "policy.rules[0].match.networks[0]", 6, "write 10.0.0.0/8"},
		{"no prefix", "policy: {rules: [{name: x, match: {networks: [home]}}]}", "policy.rules[0].match.networks[0]", 6, "no prefix"},
		{"mapped prefix too wide", "policy: {rules: [{name: x, match: {networks: [\"::ffff:0.0.0.0/90\"]}}]}", "policy.rules[0].match.networks[0]", 6, "mapped"},
		{"reply that is a list", "policy: {rules: [{name: x, reply: [a]}]}", "policy.rules[0].reply", 6, "map of attribute names"},
		{"reply that is empty", "policy: {rules: [{name: x, reply: {}}]}", "policy.rules[0].reply", 6, "map of attribute names"},
		{"attribute without a value", "policy: {rules: [{name: x, reply: {A.b: []}}]}", "policy.rules[0].reply.A.b", 6, "has no value"},
		{"attribute that is nothing", "policy: {rules: [{name: x, reply: {A: }}]}", "policy.rules[0].reply.A", 6, "has no value"},
		{"attribute with an empty value", "policy: {rules: [{name: x, reply: {A: \"\"}}]}", "policy.rules[0].reply.A", 6, "is empty"},
		{"attribute that is a map", "policy: {rules: [{name: x, reply: {A: {b: c}}}]}", "policy.rules[0].reply.A", 6, "must be a list"},
		{"attribute with an anchor", "policy: {rules: [{name: x, reply: {A: &b c}}]}", "policy.rules[0].reply.A", 6, "anchors"},
		{"attribute twice", "policy: {rules: [{name: x, reply: {A: b, A: c}}]}", "policy.rules[0].reply.A", 6, "twice"},
		{"attribute without a name", "policy: {rules: [{name: x, reply: {\"\": b}}]}", "policy.rules[0].reply", 6, "usable name"},
	}
}

func TestFaults(t *testing.T) {
	for _, c := range slices.Concat(formFaults(), valueFaults(), ruleFaults()) {
		t.Run(c.title, func(t *testing.T) {
			_, faults := read(sound + c.text + "\n")
			want := fault.Fault{Key: c.key, Line: c.line, Message: c.words}
			if !has(faults, want) || len(faults) != 1 {
				t.Errorf("got:\n%v\nwant alone: %v", faults, want)
			}
			if strings.Contains(fmt.Sprint(faults), "canary") {
				t.Error("a password stands in a fault")
			}
		})
	}
}

func TestAlias(t *testing.T) {
	_, faults := read(sound + "max_attempts: &a 3\nreject_delay: *a\n")
	if !has(faults, fault.Fault{Key: "reject_delay", Line: 7, Message: "as in \"*svc\""}) {
		t.Error(faults)
	}
}

func TestNoMap(t *testing.T) {
	for _, text := range []string{"hello", "- a", "[", "a: b\n---\nc: d"} {
		if tree, faults := read(text); tree != nil || len(faults) != 1 {
			t.Errorf("%q: %v, %v", text, tree, faults)
		}
	}
	for _, text := range []string{"", "# nothing\n", "~"} {
		if tree, faults := read(text); tree == nil || !has(faults, fault.Fault{Key: "key", Message: "is required"}) {
			t.Errorf("%q: %v, %v", text, tree, faults)
		}
	}
}

// TestSecretFaults has one fault for each secret that cannot be, which does not show it.
func TestSecretFaults(t *testing.T) {
	for value, words := range map[string]string{
		`"canary\x07"`: "control character", `""`: "is required", "": "is required", "[canary]": "must be one value", "{canary: x}": "must be one value",
	} {
		_, faults := read(strings.Replace(sound, "a key", value, 1))
		if !has(faults, fault.Fault{Key: "key", Line: 5, Message: words}) || len(faults) != 1 || strings.Contains(fmt.Sprint(faults), "canary") {
			t.Errorf("%s: %v", value, faults)
		}
	}
}
