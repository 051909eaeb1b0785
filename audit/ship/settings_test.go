package ship

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestUnderstand(t *testing.T) {
	dir := t.TempDir()
	_, ca := certificate(t, "siem.example.com")
	noCA := os.DevNull
	sound := func(to string) Settings { return Settings{Name: "a", To: to, Format: "json", Spool: 1 << 20} }
	change := func(to string, by func(*Settings)) Settings {
		s := sound(to)
		by(&s)
		return s
	}
	for name, c := range map[string]struct {
		settings Settings
		want     string // key and a word of the fault, or of the warning; empty: none
		fatal    bool
	}{
		"tls":                {sound("tls://siem.example.com:6514"), "", false},
		"tls with ca_file":   {change("tls://[2001:db8::1]:6514", func(s *Settings) { s.CAFile = ca }), "", false},
		"journald":           {change("journald:", func(s *Settings) { s.Format = "cef" }), "", false},
		"file":               {change("file:/var/log/x", func(s *Settings) { s.Types = []string{"security_event"} }), "", false},
		"file with slashes":  {sound("file:///var/log/x"), "", false},
		"udp over loopback":  {sound("udp://127.0.0.1:514"), "", false},
		"tcp over localhost": {sound("tcp://localhost:601"), "", false},
		"udp, masked":        {change("udp://192.0.2.1:514", func(s *Settings) { s.Mask = true }), "", false},
		"udp in clear":       {sound("udp://192.0.2.1:514"), "audit.ship[0].to: udp carries names and addresses of people in clear", false},
		"tcp in clear":       {sound("tcp://siem.example.com:601"), "audit.ship[0].to: tcp carries", false},
		"no scheme":          {sound("192.0.2.1:514"), "audit.ship[0].to: ", true},
		"unknown scheme":     {sound("https://siem.example.com"), `audit.ship[0].to: "https" is no way to ship`, true},
		"empty":              {sound(""), "audit.ship[0].to: ", true},
		"no port":            {sound("tls://siem.example.com"), "audit.ship[0].to: wants a host and a port", true},
		"no host":            {sound("tls://:6514"), "audit.ship[0].to: wants a host", true},
		"port 0":             {sound("tls://siem.example.com:0"), "audit.ship[0].to: wants a host", true},
		"port 65536":         {sound("tls://siem.example.com:65536"), "audit.ship[0].to: ", true},
		"a path":             {sound("tls://siem.example.com:6514/x"), "audit.ship[0].to: wants a host", true},
		"a password":         {sound("tls://a:canary@siem.example.com:6514"), "audit.ship[0].to: wants a host", true},
		"journald and more":  {sound("journald:/run/x"), "audit.ship[0].to: journald: stands alone", true},
		"a relative file":    {sound("file:x"), "audit.ship[0].to: wants an absolute path", true},
		"a file on a host":   {sound("file://host/x"), "audit.ship[0].to: wants an absolute path", true},
		"the trail itself":   {sound("file:" + dir + "/./audit.jsonl"), "audit.ship[0].to: " + dir + "/audit.jsonl is written already", true},
		"ca_file without tls": {
			change("tcp://127.0.0.1:601", func(s *Settings) { s.CAFile = ca }), "audit.ship[0].ca_file: is for tls:// alone", true,
		},
		"no ca_file":     {change("tls://a:1", func(s *Settings) { s.CAFile = noCA + ".none" }), "audit.ship[0].ca_file: cannot be read", true},
		"no PEM":         {change("tls://a:1", func(s *Settings) { s.CAFile = noCA }), "holds no certificate", true},
		"unknown type":   {change("journald:", func(s *Settings) { s.Types = []string{"system_event", "x"} }), `audit.ship[0].types[1]: "x" is no type`, true},
		"no type":        {change("journald:", func(s *Settings) { s.Types = []string{} }), "audit.ship[0].types: names no type", true},
		"unknown format": {change("journald:", func(s *Settings) { s.Format = "xml" }), "audit.ship[0].format: ", true},
		"csv":            {change("journald:", func(s *Settings) { s.Format = "csv" }), "audit.ship[0].format: ", true},
		"no spool":       {change("journald:", func(s *Settings) { s.Spool = 0 }), "audit.ship[0].spool: ", true},
	} {
		t.Run(name, func(t *testing.T) {
			p, faults := Understand([]Settings{c.settings}, filepath.Join(dir, "audit.jsonl"), "")
			if (len(faults) > 0) != (c.want != "") || (len(faults.Fatal()) > 0) != c.fatal || (len(p.receivers) == 0) != c.fatal {
				t.Fatalf("%v", faults)
			}
			if len(faults) > 0 && !strings.Contains(faults[0].String(), c.want) || strings.Contains(fmt.Sprint(faults), "canary") {
				t.Errorf("%v, want %s", faults, c.want)
			}
		})
	}
}

func TestReceiversThatAreInEachOthersWay(t *testing.T) {
	a := Settings{Name: "a", To: "file:/var/log/x", Format: "json", Spool: 1}
	b := a
	b.Name, b.To = "A", "file:/var/log/./x"
	_, faults := Understand([]Settings{a, b}, "/audit.jsonl", "")
	if len(faults) != 2 || faults[0].Key != "audit.ship[1].name" || faults[1].Key != "audit.ship[1].to" {
		t.Errorf("%v", faults)
	}
	if _, faults := Understand(nil, "/audit.jsonl", ""); len(faults) > 0 {
		t.Error(faults)
	}
}
