package upstream

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"ivalt-radius/secret"
)

func TestNew_Faults(t *testing.T) {
	one := func(address, shared string) []Server { return []Server{{Address: address, Secret: secret.New(shared)}} }
	cases := []struct {
		name     string
		settings Settings
		key      string // empty: sound
		says     string
	}{
		{"IPv4", Settings{Servers: one("10.0.0.5:1812", shared)}, "", ""},
		{"IPv6", Settings{Servers: one("[2001:db8::5]:1812", shared)}, "", ""},
		{"a host", Settings{Servers: one("dc-1.corp_x.example:1812", shared)}, "", ""},
		{"no server", Settings{}, "primary.radius.servers", "no server"},
		{"no address", Settings{Servers: one("", shared)}, "primary.radius.servers[0].address", "no port"},
		{"no port", Settings{Servers: one("10.0.0.5", shared)}, "primary.radius.servers[0].address", "no port"},
		{"port 0", Settings{Servers: one("10.0.0.5:0", shared)}, "primary.radius.servers[0].address", "1 to 65535"},
		{"port 65536", Settings{Servers: one("10.0.0.5:65536", shared)}, "primary.radius.servers[0].address", "1 to 65535"},
		{"port by name", Settings{Servers: one("10.0.0.5:radius", shared)}, "primary.radius.servers[0].address", "1 to 65535"},
		{"no host", Settings{Servers: one(":1812", shared)}, "primary.radius.servers[0].address", "no name of a host"},
		{"a blank in it", Settings{Servers: one("a b:1812", shared)}, "primary.radius.servers[0].address", "no name of a host"},
		{"any address", Settings{Servers: one("0.0.0.0:1812", shared)}, "primary.radius.servers[0].address", "nobody's"},
		{"all hosts", Settings{Servers: one("[ff02::1]:1812", shared)}, "primary.radius.servers[0].address", "nobody's"},
		{"secret of 15", Settings{Servers: one("10.0.0.5:1812", shared[:15])}, "primary.radius.servers[0].secret", "16 characters"},
		{"the second secret", Settings{Servers: append(one("10.0.0.5:1812", shared), one("10.0.0.6:1812", "")...)}, "primary.radius.servers[1].secret", "16 characters"},
		{"time-out below zero", Settings{Servers: one("10.0.0.5:1812", shared), Timeout: -1}, "primary.radius.timeout", "below zero"},
		{"tries below zero", Settings{Servers: one("10.0.0.5:1812", shared), Tries: -1}, "primary.radius.tries", "below zero"},
		{"attribute by name", Settings{Servers: one("10.0.0.5:1812", shared), Attributes: []string{"class", "Cisco-AVPair"}}, "", ""},
		{"attribute by number", Settings{Servers: one("10.0.0.5:1812", shared), Attributes: []string{"Vendor-Specific.9.1"}}, "", ""},
	}
	for _, name := range []string{"No-Such", "", "Vendor-Specific", "Vendor-Specific.9", "Vendor-Specific.0.1", "Vendor-Specific.9.0", "Vendor-Specific.9.256", "Vendor-Specific.16777216.1"} {
		cases = append(cases, struct {
			name     string
			settings Settings
			key      string
			says     string
		}{"attribute " + name, Settings{Servers: one("10.0.0.5:1812", shared), Attributes: []string{"Class", name}}, "primary.radius.attributes[1]", "no attribute"})
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			made, faults := New(c.settings, dictionary())
			if c.key == "" {
				if made == nil || len(faults) != 0 {
					t.Errorf("faults: %v", faults)
				}
				return
			}
			if made != nil || len(faults) != 1 || faults[0].Key != c.key || !strings.Contains(faults[0].Message, c.says) {
				t.Errorf("got %v, want %s: … %s", faults, c.key, c.says)
			}
			if strings.Contains(fmt.Sprint(faults), "golden") {
				t.Error("the fault shows the secret")
			}
		})
	}
}

// TestNew_NeverPass: what may not pass is a fault by name, in any case, and by number.
func TestNew_NeverPass(t *testing.T) {
	for _, o := range never() {
		spellings := []string{o.name, strings.ToUpper(o.name)}
		if o.vendor != 0 {
			spellings = append(spellings, fmt.Sprintf("Vendor-Specific.%d.%d", o.vendor, o.typ), fmt.Sprintf("vendor-specific.0%d.%d", o.vendor, o.typ))
		}
		for _, name := range spellings {
			made, faults := New(Settings{Servers: []Server{{"10.0.0.5:1812", secret.New(shared)}}, Attributes: []string{name}}, dictionary())
			if made != nil || len(faults) != 1 || !strings.Contains(faults[0].Message, o.why) {
				t.Errorf("%s: %v", name, faults)
			}
		}
	}
}

func TestNew_Defaults(t *testing.T) {
	made, _ := New(Settings{Servers: []Server{{"10.0.0.5:1812", secret.New(shared)}}}, dictionary())
	if made.timeout != 3*time.Second || made.tries != 2 || made.now == nil || cap(made.slots) != 1024 {
		t.Errorf("got %v, %d", made.timeout, made.tries)
	}
}

func TestSettings_PrintNoSecret(t *testing.T) {
	s := Settings{Servers: []Server{{"10.0.0.5:1812", secret.New(shared)}}}
	made, _ := New(s, dictionary())
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		if got := fmt.Sprintf(verb, s) + fmt.Sprintf(verb, made); strings.Contains(got, "golden") {
			t.Errorf("%s shows %s", verb, got)
		}
	}
}
