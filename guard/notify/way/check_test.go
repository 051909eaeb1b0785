package way

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ivalt-radius/fault"
	"ivalt-radius/secret"
)

func script(t *testing.T, mode os.FileMode, text string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "bin")
	must(t, os.Mkdir(dir, 0o700))
	path := filepath.Join(dir, "page")
	must(t, os.WriteFile(path, []byte(text), 0o600))
	must(t, os.Chmod(path, mode))
	return path
}

// judged is settings and what Check says of them: key and the message's beginning, a line each, "w " before a warning.
type judged struct {
	settings Settings
	want     string
}

func checkAll(t *testing.T, cases map[string]judged) {
	t.Helper()
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			found := c.settings.Check("k")
			var want []string
			if c.want != "" {
				want = strings.Split(c.want, "\n")
			}
			if len(found) != len(want) {
				t.Fatalf("%v, want %q", found, want)
			}
			for i, f := range found {
				noCanary(t, f.String())
				if got := map[bool]string{true: "w "}[f.Warning] + strings.TrimPrefix(f.Key, "k.") + ": " + f.Message; !strings.HasPrefix(got, want[i]) {
					t.Errorf("%q, want %q", got, want[i])
				}
			}
			sound(t, c.settings, found)
		})
	}
}

func TestCheckPosts(t *testing.T) {
	_, ca := identityOf(t)
	noPEM := filepath.Join(t.TempDir(), "x")
	must(t, os.WriteFile(noPEM, []byte("no PEM"), 0o600))
	url := func(text string) Settings {
		return Settings{Kind: Webhook, URL: secret.New(text), SigningSecret: secret.New("x")}
	}
	checkAll(t, map[string]judged{
		"webhook":              {url("https://hooks.example.com/x?y=z"), ""},
		"with a port":          {url("https://hooks.example.com:8443"), ""},
		"with an account":      {url("https://a:b@hooks.example.com/"), ""},
		"plain, here":          {url("http://127.0.0.1:8080/x"), ""},
		"plain, here, by name": {url("http://localhost/x"), ""},
		"plain, here, IPv6":    {url("http://[::1]/x"), ""},
		"plain, elsewhere":     {url("http://hooks.example.com/x"), "url: is http to a host"},
		"plain, by address":    {url("http://192.0.2.1/x"), "url: is http to a host"},
		"plain, like here":     {url("http://localhost.example.com/"), "url: is http to a host"},
		"plain, octal":         {url("http://0177.0.0.1/"), "url: is http to a host"},
		"another scheme":       {url("ftp://hooks.example.com/x"), "url: is no https"},
		"no host":              {url("https:///x"), "url: is no https"},
		"opaque":               {url("https:x"), "url: is no https"},
		"port of letters":      {url("https://a:" + urlCanary), "url: is no https"},
		"port beyond":          {url("https://a:70000"), "url: is no https"},
		"a fragment":           {url("https://a/#" + urlCanary), "url: is no https"},
		"broken":               {url("https://a/%zz" + urlCanary), "url: is no https"},
		"a line's end":         {url("https://a/\r\nX: " + urlCanary), "url: is no https"},
		"not signed":           {Settings{Kind: Webhook, URL: secret.New("https://a/")}, "w signing_secret: is not set"},
		"no url":               {Settings{Kind: Slack}, "url: is missing"},
		"slack, signed":        {Settings{Kind: Slack, URL: secret.New("https://a/"), SigningSecret: secret.New("x")}, "signing_secret: is for kind webhook"},
		"ca_file":              {Settings{Kind: Slack, URL: secret.New("https://a/"), CAFile: ca}, ""},
		"no PEM":               {Settings{Kind: Slack, URL: secret.New("https://a/"), CAFile: noPEM}, "ca_file: cannot be used: ca_file holds no certificate"},
		"no such ca_file":      {Settings{Kind: Slack, URL: secret.New("https://a/"), CAFile: noPEM + "x"}, "ca_file: cannot be used"},
		"webhook with a mail": {
			Settings{Kind: Slack, URL: secret.New("https://a/"), Server: "x", From: "x", Recipients: []string{"x"}, InsecurePlaintext: true, Username: "x", Password: secret.New("x"), Command: "x"},
			"server: is for kind email\ninsecure_plaintext: is for kind email\nusername: is for kind email\npassword: is for kind email\n" +
				"from: is for kind email\nrecipients: is for kind email\ncommand: is for kind command",
		},
	})
}

func TestCheckMail(t *testing.T) {
	mail := func(change func(*Settings)) Settings {
		s := Settings{Kind: Email, Server: "mail.example.com:587", From: "a@example.com", Recipients: []string{"b@example.com"}}
		change(&s)
		return s
	}
	checkAll(t, map[string]judged{
		"mail":             {mail(func(*Settings) {}), ""},
		"mail, nothing":    {Settings{Kind: Email}, "server: is missing\nfrom: is missing\nrecipients: is missing"},
		"mail, no port":    {mail(func(s *Settings) { s.Server = "mail.example.com" }), "server: wants a host and a port"},
		"mail, port 0":     {mail(func(s *Settings) { s.Server = "mail.example.com:0" }), "server: wants a host and a port"},
		"mail, no host":    {mail(func(s *Settings) { s.Server = ":25" }), "server: wants a host and a port"},
		"mail, from":       {mail(func(s *Settings) { s.From = "Alarm <a@example.com>" }), "from: is no mail address"},
		"mail, two lines":  {mail(func(s *Settings) { s.From = "a@example.com\r\nBcc: b@example.com" }), "from: is no mail address"},
		"mail, recipients": {mail(func(s *Settings) { s.Recipients = []string{"b@example.com", "é@example.com"} }), "recipients[1]: is no mail address"},
		"mail, many":       {mail(func(s *Settings) { s.Recipients = strings.Fields(strings.Repeat("b@example.com ", 51)) }), "recipients: are 51, 50 at most"},
		"mail, long":       {mail(func(s *Settings) { s.From = strings.Repeat("a", 250) + "@b.com" }), "from: is no mail address"},
		"mail, no user":    {mail(func(s *Settings) { s.Password = secret.New("x") }), "password: goes with username"},
		"mail, no pass":    {mail(func(s *Settings) { s.Username = "x" }), "password: goes with username"},
		"mail, plain text": {mail(func(s *Settings) { s.InsecurePlaintext = true }), "w insecure_plaintext: lets login names"},
		"mail, plain login": {
			mail(func(s *Settings) { s.InsecurePlaintext, s.Username, s.Password = true, "x", secret.New("x") }),
			"w insecure_plaintext: lets login names\nw username: is used only where",
		},
	})
}

func TestCheckCommand(t *testing.T) {
	_, ca := identityOf(t)
	runs := script(t, 0o700, "#!/bin/sh\n")
	link := filepath.Join(t.TempDir(), "link")
	must(t, os.Symlink(script(t, 0o755, "#!/bin/sh\n"), link))
	loose := script(t, 0o755, "#!/bin/sh\n")
	must(t, os.Chmod(filepath.Dir(loose), 0o777))
	checkAll(t, map[string]judged{
		"command":             {Settings{Kind: Command, Command: runs}, ""},
		"command by a link":   {Settings{Kind: Command, Command: link}, ""},
		"command, none":       {Settings{Kind: Command}, "command: is missing"},
		"command, relative":   {Settings{Kind: Command, Command: "page"}, "command: wants an absolute path"},
		"command, arguments":  {Settings{Kind: Command, Command: runs + " now"}, "command: is no file that can be run"},
		"command, directory":  {Settings{Kind: Command, Command: filepath.Dir(runs)}, "command: is no file that can be run"},
		"command, not to run": {Settings{Kind: Command, Command: script(t, 0o600, "")}, "command: is no file that can be run"},
		"command, of all":     {Settings{Kind: Command, Command: script(t, 0o777, "")}, "command: can be written by others"},
		"command, of a group": {Settings{Kind: Command, Command: script(t, 0o775, "")}, "command: can be written by others"},
		"command, loose":      {Settings{Kind: Command, Command: loose}, "command: can be written by others"},
		"command, ca_file":    {Settings{Kind: Command, Command: runs, CAFile: ca}, "ca_file: is for kind webhook or slack or email"},
		"another kind":        {Settings{Kind: "pigeon"}, "kind: \"pigeon\" is not webhook"},
		"no kind":             {Settings{}, "kind: \"\" is not webhook"},
	})
}

// sound: what has no fault makes a way, and what cannot make one does not.
func sound(t *testing.T, s Settings, found fault.List) {
	t.Helper()
	w, err := New(s)
	if len(found.Fatal()) == 0 && (err != nil || w == nil) {
		t.Errorf("it makes no way: %v", err)
	}
	if err != nil {
		noCanary(t, err.Error())
	}
	if broken := s.Kind != Command && len(found.Fatal()) > 0 && strings.Contains(found.Fatal()[0].Message, "cannot be used"); broken && err == nil {
		t.Error("it makes a way without its authorities")
	}
}

func TestPatienceIsBounded(t *testing.T) {
	if got := patience("Thu, 26 Nov 2026 03:04:35 GMT", time.Date(2026, 11, 26, 3, 4, 5, 0, time.UTC)); got != 30*time.Second {
		t.Errorf("%s", got)
	}
}
