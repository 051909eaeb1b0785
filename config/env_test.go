package config

import (
	"fmt"
	"strings"
	"testing"

	"ivalt-radius/config/keys"
	"ivalt-radius/fault"
)

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

// TestVariablesThatSecretsPointTo may have our prefix.
func TestVariablesThatSecretsPointTo(t *testing.T) {
	text := strings.Replace(sound, "env:KEY", "env:IVALT_RADIUS_KEY", 1)
	mustLoad(t, text, "IVALT_RADIUS_KEY="+apiKey)
	if _, faults := load(sound, "IVALT_RADIUS_KEY="+apiKey); !has(faults, fault.Fault{File: "environment variable IVALT_RADIUS_KEY", Message: "names no key"}) {
		t.Error(faults)
	}
}

// TestEveryKeyHasItsVariable sets each key of the table by its variable: it may be refused, but names a key.
func TestEveryKeyHasItsVariable(t *testing.T) {
	for _, key := range keys.All() {
		_, faults := load(sound+"policy: {rules: [{name: one}]}\n", key.Variable()+"=x")
		if strings.Contains(fmt.Sprint(faults), "names no key") {
			t.Errorf("%s: %v", key.Variable(), faults)
		}
	}
}
