package config

import (
	"slices"
	"strings"
	"testing"

	"ivalt-radius/fault"
)

// TestSecretsThatNeedNotBeThere: a proxy and a signing secret are read like an API key, and are missed by nobody.
func TestSecretsThatNeedNotBeThere(t *testing.T) {
	with := func(key, written string) string {
		return strings.Replace(sound, `"env:KEY"`, `"env:KEY", `+key+`: "`+written+`"`, 1)
	}
	for _, tc := range []struct {
		title, key, written string
		environ             string
		want                string // the secret
		words               string // of the fault; empty: none
		warning             bool
	}{
		{"a proxy from the environment", "proxy", "env:PROXY", "PROXY=http://me:hush@proxy.example", "http://me:hush@proxy.example", "", false},
		{"a proxy without a password", "proxy", "http://proxy.example:3128", "", "http://proxy.example:3128", "", false},
		{"a password in the file", "proxy", "http://me:hush@proxy.example", "", "http://me:hush@proxy.example", "stands in the file", true},
		{"no such variable", "proxy", "env:PROXY", "", "", "PROXY is not set", false},
		{"a signing secret in the file", "signing_secret", "b7Rk2vXw9LqZ4tNc", "", "b7Rk2vXw9LqZ4tNc", "stands in the file", true},
		{"a signing secret from nowhere", "signing_secret", "file:gone", "", "", "cannot be read", false},
		{"empty", "signing_secret", "", "", "", "", false},
	} {
		t.Run(tc.title, func(t *testing.T) {
			s, faults := Inspect("c.yaml", world(map[string]string{"c.yaml": with(tc.key, tc.written)}, tc.environ))
			got := map[string]string{"proxy": s.IVALT.Proxy.Reveal(), "signing_secret": s.IVALT.SigningSecret.Reveal()}[tc.key]
			if got != tc.want {
				t.Errorf("%q, want %q", got, tc.want)
			}
			key := "ivalt." + tc.key
			if tc.words == "" && slices.ContainsFunc(faults, func(f fault.Fault) bool { return f.Key == key }) {
				t.Error(faults)
			}
			if tc.words != "" && !has(faults, fault.Fault{Key: key, Line: 5, Message: tc.words, Warning: tc.warning}) {
				t.Errorf("%q is not in\n%v", tc.words, faults)
			}
		})
	}
	if s, faults := LoadWithoutSecrets("c.yaml", world(map[string]string{"c.yaml": with("proxy", "env:GONE")})); s == nil {
		t.Errorf("a command that needs no secret fails for one: %v", faults)
	}
}

func TestDigestCountsThem(t *testing.T) {
	one := mustLoad(t, strings.Replace(sound, `"env:KEY"`, `"env:KEY", proxy: "env:P", signing_secret: "env:S"`, 1), "P=http://a", "S=b7Rk2vXw9LqZ4tNc")
	for _, environ := range [][]string{{"P=http://b", "S=b7Rk2vXw9LqZ4tNc"}, {"P=http://a", "S=another"}} {
		other := mustLoad(t, strings.Replace(sound, `"env:KEY"`, `"env:KEY", proxy: "env:P", signing_secret: "env:S"`, 1), environ...)
		if one.Digest() == other.Digest() || len(Changed(one, other)) != 1 {
			t.Errorf("%v: %v", environ, Changed(one, other))
		}
	}
}
