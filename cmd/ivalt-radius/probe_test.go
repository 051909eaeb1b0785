package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ivalt-radius/cmd/ivalt-radius/exit"
	"ivalt-radius/config"
	"ivalt-radius/directory/password"
	"ivalt-radius/ivalt/probe"
)

// TestProbeUsesTheServersSettings: what serve would refuse, probe refuses, and it leaves nothing behind.
func TestProbeUsesTheServersSettings(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	record := filepath.Join(s.dir, "record.json")
	s.url = "http://ivalt.example"
	s.write(t)
	code, out := s.command(t, "probe", "--email", "bob@example.com", "--yes", "--out", record)
	if _, err := os.Stat(record); code != exit.Fault || !strings.Contains(out, "ivalt.url") || err == nil {
		t.Errorf("exit %d, %v: %s", code, err, out)
	}
	s = newSite(t)
	if o, err := wayToIVALT(s.config()); err != nil || o.URL != s.url || o.APIKey.Reveal() != apiKey || o.Version != version {
		t.Errorf("%s, %v", o.URL, err)
	}
	code, out = s.command(t, "probe", "--email", "nobody@example.com", "--yes", "--out", record)
	if code != exit.Fault || !strings.Contains(out, "names no mobile") || s.cloud.Counters().LookUps == 0 {
		t.Errorf("exit %d: %s", code, out)
	}
}

// TestProbesSettingsAreSettings: check takes what probe says to set.
func TestProbesSettingsAreSettings(t *testing.T) {
	t.Parallel()
	for name, set := range map[string]probe.Settings{
		"all":     {Dialect: "gateway", Endpoint: "geofence", Result: probe.Consumed, Pending: []int{404, 422}, Waits: true, Remarks: []string{"WARNING: one: two"}},
		"laravel": {Dialect: "laravel", Endpoint: "plain", Result: probe.Sticky, Pending: []int{202}, Waits: true},
		"nothing": {Result: probe.Unknown},
	} {
		s := newSite(t)
		base, err := os.ReadFile(s.config())
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.TrimPrefix(set.YAML()[strings.Index(set.YAML(), "ivalt:\n"):], "ivalt:\n")
		section := "ivalt:\n  url: " + s.url + "\n  api_key: " + apiKey + "\n" + lines
		var text strings.Builder
		for line := range strings.Lines(string(base)) {
			if strings.HasPrefix(line, "ivalt:") {
				line = section
			}
			text.WriteString(line)
		}
		s.file(t, "config.yaml", text.String())
		_, faults := config.Inspect(s.config(), config.Options{})
		settings, _, more := load(s.config(), nil, password.NewVerifier())
		for _, f := range append(faults.Fatal(), more.Fatal()...) {
			t.Errorf("%s: %s in\n%s", name, f, text.String())
		}
		if settings != nil && set.Dialect != "" && (settings.IVALT.Dialect != set.Dialect || settings.IVALT.Endpoint != set.Endpoint || len(settings.IVALT.Pending) != len(set.Pending) || settings.IVALT.Result != set.Result) {
			t.Errorf("%s: %+v", name, settings.IVALT)
		}
	}
}
