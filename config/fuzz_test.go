package config

import (
	"io/fs"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ivalt-radius/fault"
)

// openAll opens names that a test file system cannot hold, by other names.
func openAll(names map[string]string, by, otherwise func(string) (fs.File, error)) func(string) (fs.File, error) {
	return func(name string) (fs.File, error) {
		if other, ok := names[name]; ok {
			return by(other)
		}
		return otherwise(name)
	}
}

// FuzzLoad loads any file, people and one variable: no panic, the same outcome twice, sound settings or a fault, and never a
// secret in a fault.
func FuzzLoad(f *testing.F) {
	f.Add(sound, "a: {}", "IVALT_RADIUS_MAX_ATTEMPTS=1")
	f.Add(example, "a.b: {email: x@y, mobile: +4917012345, groups: [z]}", "IVALT_RADIUS_CLIENTS__1__NAME=x")
	f.Add("a: &b [*b]\n---\n", "<<: {a: b}", "IVALT_RADIUS_POLICY__RULES__0__REPLY={A: [b]}")
	f.Fuzz(func(t *testing.T, text, people, variable string) {
		const canary = "cAnArY-b7Rk2vXw9LqZ4tNc"
		if strings.Contains(text+people+variable, "cAnArY") {
			return // the text knows the canary
		}
		opt := Options{Environ: []string{"SHARED=" + canary, "KEY=" + canary + canary, variable}}
		opt.Open = openAll(
			map[string]string{"c.yaml": "c", "people.yaml": "p"},
			world(map[string]string{"c": text, "p": people}).Open,
			world(nil).Open,
		)
		s, faults := Load("c.yaml", opt)
		if (s == nil) != (len(faults.Fatal()) > 0) {
			t.Fatalf("settings %v, faults %v", s != nil, faults)
		}
		spill(t, text, canary, s, faults)
		_, again := Load("c.yaml", opt)
		if diff := cmp.Diff(faults, again); diff != "" {
			t.Fatalf("two loads differ:\n%s", diff)
		}
		if s != nil {
			soundness(t, s)
		}
	})
}

// soundness holds settings to what other rooms rely on.
func soundness(t *testing.T, s *Settings) {
	t.Helper()
	if len(s.Clients) == 0 || s.IVALT.APIKey.Len() < minAPIKey || s.Audit.File == "" || s.State.Directory == "" || len(s.Listen.Authentication) == 0 {
		t.Errorf("required settings are missing: %+v", s)
	}
	for _, c := range s.Clients {
		soundClient(t, c)
	}
	for _, r := range s.Policy.Rules {
		if r.Name == "" || r.Decision == "" {
			t.Errorf("half a rule: %+v", r)
		}
	}
	_ = s.Digest()
	if changed := Changed(s, s); len(changed) != 0 {
		t.Errorf("settings differ from themselves: %v", changed)
	}
	_ = s.Locate(fault.List{{Key: "policy.rules[0].only.hours[0].from"}})
}

func soundClient(t *testing.T, c Client) {
	t.Helper()
	if c.Name == "" || len(c.Networks) == 0 || len(c.Secrets) == 0 || c.MessageAuthenticator == "" || c.OnPushTimeout == "" {
		t.Errorf("half a client: %+v", c)
	}
	for _, shared := range c.Secrets {
		if shared.Len() < minShared {
			t.Error("a short secret")
		}
	}
}
