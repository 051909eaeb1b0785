package config

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ivalt-radius/fault"
)

func TestEnvironmentSets(t *testing.T) {
	s := mustLoad(t, sound+"policy: {rules: [{name: one, only: {hours: {from: 08:00, to: 09:00}}, reply: {Old: x}}]}\n",
		"IVALT_RADIUS_LISTEN__AUTHENTICATION=127.0.0.1:1812, [::1]:1812",
		"IVALT_RADIUS_LISTEN__ACCOUNTING=",
		"IVALT_RADIUS_LISTEN__ADMIN=",
		"IVALT_RADIUS_MAX_ATTEMPTS=7",
		"IVALT_RADIUS_IVALT__LIMITS__PER_HOUR=9",
		"IVALT_RADIUS_IVALT__ALLOW_MISSING_DETAILS=true",
		"IVALT_RADIUS_CLIENTS__0__NETWORKS__1=198.51.100.7",
		"IVALT_RADIUS_CLIENTS__0__SECRETS__0=a,secret,with,commas",
		"IVALT_RADIUS_CLIENTS__1__NAME=second",
		"IVALT_RADIUS_CLIENTS__1__NETWORKS=203.0.113.0/24",
		"IVALT_RADIUS_CLIENTS__1__SECRETS=env:SHARED,env:KEY",
		"IVALT_RADIUS_POLICY__RULES__0__ONLY__HOURS__TO=10:00",
		"IVALT_RADIUS_POLICY__RULES__0__ONLY__HOURS__0__DAYS=mon,tue",
		"IVALT_RADIUS_POLICY__RULES__0__MATCH__USERS=svc-*",
		"IVALT_RADIUS_POLICY__RULES__0__REPLY={Filter-Id: staff, Vendor-Specific.9.1: [0x66, 01]}",
		"IVALT_RADIUS_POLICY__RULES__1__NAME=two",
		"OTHER=1", "nonsense",
	)
	got := s.Redacted()
	for key, want := range map[string]string{
		"listen.authentication": "127.0.0.1:1812, [::1]:1812", "listen.accounting": "", "listen.admin": "", "max_attempts": "7",
		"ivalt.limits.per_hour": "9", "ivalt.limits.per_minute": "100", "ivalt.allow_missing_details": "true",
		"clients[0].networks": "192.0.2.0/24, 198.51.100.7/32", "clients[1].name": "second", "clients[1].networks": "203.0.113.0/24",
		"policy.rules[0].only.hours[0].from": "08:00", "policy.rules[0].only.hours[0].to": "10:00", "policy.rules[0].only.hours[0].days": "mon, tue",
		"policy.rules[0].match.users": "svc-*", "policy.rules[0].name": "one", "policy.rules[1].name": "two",
	} {
		if got[key] != want {
			t.Errorf("%s is %q, want %q", key, got[key], want)
		}
	}
	if s.Clients[0].Secrets[0].Reveal() != "a,secret,with,commas" || len(s.Clients[1].Secrets) != 2 || s.Clients[1].Secrets[1].Reveal() != apiKey {
		t.Error("secrets are not the environment's")
	}
	reply := []Attribute{{"Filter-Id", []string{"staff"}}, {"Vendor-Specific.9.1", []string{"0x66", "01"}}}
	if diff := cmp.Diff(reply, s.Policy.Rules[0].Reply); diff != "" {
		t.Errorf("reply (-want +got):\n%s", diff)
	}
}

// TestEnvironmentAlone needs a file, but nothing in it.
func TestEnvironmentAlone(t *testing.T) {
	s := mustLoad(t, "", "IVALT_RADIUS_CLIENTS__0__NAME=a", "IVALT_RADIUS_CLIENTS__0__NETWORKS=192.0.2.1",
		"IVALT_RADIUS_CLIENTS__0__SECRETS=env:SHARED", "IVALT_RADIUS_IVALT__API_KEY="+apiKey)
	if s.Clients[0].Name != "a" || s.IVALT.APIKey.Reveal() != apiKey {
		t.Errorf("%+v", s)
	}
	_, faults := load("", "IVALT_RADIUS_CLIENTS__0__NAME=a", "IVALT_RADIUS_IVALT__API_KEY="+apiKey)
	if !has(faults, fault.Fault{Key: "clients[0].secrets", File: "environment variable IVALT_RADIUS_CLIENTS__0__NAME", Message: "is required"}) {
		t.Errorf("no fault names the variable that made the client:\n%v", faults)
	}
	if strings.Contains(fmt.Sprint(faults), "stands in the file") {
		t.Error("a secret of the environment is taken for one of the file")
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
		{"a map", []string{"IVALT_RADIUS_LISTEN=x"}, "", "names no key"},
		{"a list of maps", []string{"IVALT_RADIUS_CLIENTS=x"}, "", "names no key"},
		{"a whole element", []string{"IVALT_RADIUS_CLIENTS__0=x"}, "", "names no key"},
		{"below a value", []string{"IVALT_RADIUS_MAX_ATTEMPTS__0=1"}, "", "names no key"},
		{"below an element", []string{"IVALT_RADIUS_CLIENTS__0__SECRETS__0__X=1"}, "", "names no key"},
		{"lower case", []string{"IVALT_RADIUS_max_attempts=1"}, "", "names no key"},
		{"index that is none", []string{"IVALT_RADIUS_CLIENTS__A__NAME=x"}, "", "names no key"},
		{"index with a zero", []string{"IVALT_RADIUS_CLIENTS__00__NAME=x"}, "", "names no key"},
		{"negative index", []string{"IVALT_RADIUS_CLIENTS__-1__NAME=x"}, "", "names no key"},
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
			s, faults := load(sound, c.environ...)
			name, _, _ := strings.Cut(c.environ[0], "=")
			found := false
			for _, f := range faults {
				found = found || !f.Warning && f.Key == c.key && f.File == "environment variable "+name && strings.Contains(f.Message, c.words)
			}
			if s != nil || !found {
				t.Errorf("%q %q of %s is not in\n%v", c.key, c.words, name, faults)
			}
		})
	}
}

// TestVariablesThatSecretsPointTo may have our prefix.
func TestVariablesThatSecretsPointTo(t *testing.T) {
	text := strings.Replace(sound, "env:KEY", "env:IVALT_RADIUS_KEY", 1)
	mustLoad(t, text, "IVALT_RADIUS_KEY="+apiKey)
	if _, faults := load(sound, "IVALT_RADIUS_KEY="+apiKey); !has(faults, fault.Fault{File: "environment variable IVALT_RADIUS_KEY", Message: "names no key"}) {
		t.Error(faults)
	}
}
