package tree

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestEnvironmentSets(t *testing.T) {
	tree, faults := read(sound+"policy: {rules: [{name: one, only: {hours: {from: 08:00, to: 09:00}}, reply: {Old: x}}]}\n",
		"IVALT_RADIUS_LISTEN__AUTHENTICATION=127.0.0.1:1812, [::1]:1812",
		"IVALT_RADIUS_LISTEN__ACCOUNTING=",
		"IVALT_RADIUS_LISTEN__ADMIN=",
		"IVALT_RADIUS_MAX_ATTEMPTS=7",
		"IVALT_RADIUS_ON=true",
		"IVALT_RADIUS_CLIENTS__0__NETWORKS__1=198.51.100.7",
		"IVALT_RADIUS_CLIENTS__0__SECRETS__0=a,secret,with,commas",
		"IVALT_RADIUS_CLIENTS__1__NAME=second",
		"IVALT_RADIUS_CLIENTS__1__NETWORKS=203.0.113.0/24",
		"IVALT_RADIUS_CLIENTS__1__SECRETS=one,two",
		"IVALT_RADIUS_POLICY__RULES__0__ONLY__HOURS__TO=10:00",
		"IVALT_RADIUS_POLICY__RULES__0__ONLY__HOURS__0__DAYS=mon,tue",
		"IVALT_RADIUS_POLICY__RULES__0__MATCH__USERS=svc-*",
		"IVALT_RADIUS_POLICY__RULES__0__REPLY={Filter-Id: staff, Vendor-Specific.9.1: [0x66, 01]}",
		"IVALT_RADIUS_POLICY__RULES__1__NAME=two",
		"OTHER=1", "nonsense",
	)
	if len(faults) != 0 {
		t.Fatal(faults)
	}
	want := map[string]string{
		"listen.authentication[0]": "127.0.0.1:1812", "listen.authentication[1]": "[::1]:1812", "listen.admin": "invalid AddrPort", "max_attempts": "7",
		"on": "true", "clients[0].name": "vpn", "clients[0].networks[0]": "192.0.2.0/24", "clients[0].networks[1]": "198.51.100.7/32",
		"clients[0].secrets[0]": "a,secret,with,commas", "clients[1].name": "second", "clients[1].networks[0]": "203.0.113.0/24",
		"clients[1].secrets[0]": "one", "clients[1].secrets[1]": "two",
		"policy.rules[0].only.hours[0].from": "08:00", "policy.rules[0].only.hours[0].to": "10:00", "policy.rules[0].only.hours[0].days[0]": "mon",
		"policy.rules[0].only.hours[0].days[1]": "tue", "policy.rules[0].match.users[0]": "svc-*", "policy.rules[0].name": "one",
		"policy.rules[0].decision": "push", "policy.rules[1].decision": "push",
		"policy.rules[0].reply[0].name": "Filter-Id", "policy.rules[0].reply[0].values[0]": "staff",
		"policy.rules[0].reply[1].name": "Vendor-Specific.9.1", "policy.rules[0].reply[1].values[0]": "0x66", "policy.rules[0].reply[1].values[1]": "01",
		"policy.rules[1].name": "two", "key": "a key", "reject_delay": "1s",
	}
	if diff := cmp.Diff(want, flat(tree)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestEveryKeyHasItsVariable resolves the variable of each key of the table.
func TestEveryKeyHasItsVariable(t *testing.T) {
	e := &environment{Reader: reader(nil)}
	for _, key := range keys() {
		at, ok := e.resolve(strings.Split(strings.TrimPrefix(key.Variable(), prefix), levels))
		if !ok || at.node.key.Path != key.Path {
			t.Errorf("%s leads to %q, not to %s", key.Variable(), at.path, key.Path)
		}
	}
}

func TestEnvironmentFaults(t *testing.T) {
	for _, c := range []struct {
		title   string
		environ []string
		key     string
		words   string // of the fault, which names the first variable
	}{
		{"unknown", []string{"IVALT_RADIUS_LISTEN__AUTH=x"}, "", "names no key"},
		{"misspelt", []string{"IVALT_RADIUS_MAX_ATTEMPT=1"}, "", "; did you mean IVALT_RADIUS_MAX_ATTEMPTS?"},
		{"too few underscores", []string{"IVALT_RADIUS_USERS_EMAIL=x"}, "", "; did you mean IVALT_RADIUS_USERS__EMAIL?"},
		{"too few underscores between indices", []string{"IVALT_RADIUS_POLICY_RULES_7_ONLY_HOURS_12_DAY=mon"}, "", "; did you mean IVALT_RADIUS_POLICY__RULES__7__ONLY__HOURS__12__DAYS?"},
		{"other case", []string{"IVALT_RADIUS_on=true"}, "", "; did you mean IVALT_RADIUS_ON?"},
		{"a map", []string{"IVALT_RADIUS_LISTEN=x"}, "", "names no key"},
		{"a list of maps", []string{"IVALT_RADIUS_CLIENTS=x"}, "", "names no key"},
		{"a whole element", []string{"IVALT_RADIUS_CLIENTS__0=x"}, "", "names no key"},
		{"below a value", []string{"IVALT_RADIUS_MAX_ATTEMPTS__0=1"}, "", "names no key"},
		{"below an element", []string{"IVALT_RADIUS_CLIENTS__0__SECRETS__0__X=1"}, "", "names no key"},
		{"lower case", []string{"IVALT_RADIUS_max_attempts=1"}, "", "names no key"},
		{"index that is none", []string{"IVALT_RADIUS_CLIENTS__A__NAME=x"}, "", "names no key"},
		{"index with a zero", []string{"IVALT_RADIUS_CLIENTS__00__NAME=x"}, "", "names no key"},
		{"negative index", []string{"IVALT_RADIUS_CLIENTS__-1__NAME=x"}, "", "names no key"},
		{"no other spelling", []string{"IVALT_RADIUS_CLIENTS__00__NAME=x"}, "", "names no key of the settings"},
		{"prefix alone", []string{"IVALT_RADIUS_=x"}, "", "names no key"},
		{"a gap", []string{"IVALT_RADIUS_CLIENTS__2__NAME=x"}, "clients[2]", "leaves a gap"},
		{"a huge gap", []string{"IVALT_RADIUS_CLIENTS__9223372036854775807__NAME=x"}, "clients[9223372036854775807]", "leaves a gap"},
		{"a gap in values", []string{"IVALT_RADIUS_CLIENTS__0__SECRETS__2=x"}, "clients[0].secrets[2]", "leaves a gap"},
		{"two spellings", []string{"IVALT_RADIUS_POLICY__RULES__0__ONLY__HOURS__FROM=1", "IVALT_RADIUS_POLICY__RULES__0__ONLY__HOURS__0__FROM=2"}, "policy.rules[0].only.hours[0].from", "as well"},
		{"twice", []string{"IVALT_RADIUS_MAX_ATTEMPTS=1", "IVALT_RADIUS_MAX_ATTEMPTS=2"}, "max_attempts", "as well"},
		{"element and list", []string{"IVALT_RADIUS_CLIENTS__0__NETWORKS__0=192.0.2.7", "IVALT_RADIUS_CLIENTS__0__NETWORKS=192.0.2.8"}, "clients[0].networks[0]", "as well"},
		{"wrong value", []string{"IVALT_RADIUS_MAX_ATTEMPTS=x"}, "max_attempts", "whole decimal"},
		{"wrong element", []string{"IVALT_RADIUS_LISTEN__AUTHENTICATION=127.0.0.1:1,x"}, "listen.authentication[1]", "no IP address"},
		{"reply that is no map", []string{"IVALT_RADIUS_POLICY__RULES__0__REPLY=x"}, "policy.rules[0].reply", "map of attribute names"},
		{"reply that is empty", []string{"IVALT_RADIUS_POLICY__RULES__0__REPLY="}, "policy.rules[0].reply", "map of attribute names"},
		{"reply that is no YAML", []string{"IVALT_RADIUS_POLICY__RULES__0__REPLY={"}, "", "no YAML"},
		{"reply with an anchor", []string{"IVALT_RADIUS_POLICY__RULES__0__REPLY=&a {B: c}"}, "policy.rules[0].reply", "anchors"},
	} {
		t.Run(c.title, func(t *testing.T) {
			_, faults := read(sound, c.environ...)
			name, _, _ := strings.Cut(c.environ[0], "=")
			found := false
			for _, f := range faults {
				found = found || f.Key == c.key && f.File == variableFile(name) && strings.Contains(f.Message, c.words)
			}
			if c.title == "no other spelling" && strings.Contains(fmt.Sprint(faults), "did you mean") {
				t.Errorf("the same again: %v", faults)
			}
			if !found {
				t.Errorf("%q %q of %s is not in\n%v", c.key, c.words, name, faults)
			}
		})
	}
}
