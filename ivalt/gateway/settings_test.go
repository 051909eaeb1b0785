package gateway

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ivalt-radius/secret"
)

const somePin = "sha256/47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="

// sound are settings that nothing is wrong with.
func sound() Settings {
	return Settings{URL: "https://api.ivalt.com", APIKey: secret.New(testKey)}
}

// settingCase is a change of sound settings, and the key of the one fault that it makes; empty: none.
type settingCase struct {
	name   string
	change func(*Settings)
	key    string
}

func TestSettings(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty.pem")
	if err := os.WriteFile(empty, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tc := range append(waySettings(), []settingCase{
		{"as they are", func(*Settings) {}, ""},
		{"http on loopback", func(s *Settings) { s.URL = "http://127.0.0.1:8080" }, ""},
		{"http on loopback, IPv6", func(s *Settings) { s.URL = "http://[::1]:8080/" }, ""},
		{"http elsewhere", func(s *Settings) { s.URL = "http://api.ivalt.com" }, "ivalt.url"},
		{"no URL", func(s *Settings) { s.URL = "" }, "ivalt.url"},
		{"no scheme", func(s *Settings) { s.URL = "api.ivalt.com" }, "ivalt.url"},
		{"ftp", func(s *Settings) { s.URL = "ftp://api.ivalt.com" }, "ivalt.url"},
		{"control character", func(s *Settings) { s.URL = "https://api\n.ivalt.com" }, "ivalt.url"},
		{"user in the URL", func(s *Settings) { s.URL = "https://u:p@api.ivalt.com" }, "ivalt.url"},
		{"query", func(s *Settings) { s.URL = "https://api.ivalt.com?x=1" }, "ivalt.url"},
		{"the other dialect", func(s *Settings) { s.URL = "https://api.ivalt.com/admin/public/api" }, "ivalt.url"},
		{"no key", func(s *Settings) { s.APIKey = secret.Secret{} }, "ivalt.api_key"},
		{"short key", func(s *Settings) { s.APIKey = secret.New("abc123") }, "ivalt.api_key"},
		{"key with a blank", func(s *Settings) { s.APIKey = secret.New(testKey + " ") }, "ivalt.api_key"},
		{"key with a line end", func(s *Settings) { s.APIKey = secret.New(testKey + "\nX-Evil: 1") }, "ivalt.api_key"},
		{"placeholder", func(s *Settings) { s.APIKey = secret.New("your_ivalt_secret_key_here_0123456789") }, "ivalt.api_key"},
		{"short placeholder", func(s *Settings) { s.APIKey = secret.New("test_key") }, "ivalt.api_key"},
		{"no CA file", func(s *Settings) { s.CAFile = empty + "x" }, "ivalt.ca_file"},
		{"empty CA file", func(s *Settings) { s.CAFile = empty }, "ivalt.ca_file"},
		{"too many connections", func(s *Settings) { s.Connections = 5000 }, "ivalt.connections"},
		{"negative connections", func(s *Settings) { s.Connections = -1 }, "ivalt.connections"},
	}...) {
		t.Run(tc.name, func(t *testing.T) {
			s := sound()
			tc.change(&s)
			var keys []string
			var text strings.Builder
			for _, f := range s.Check().Fatal() {
				keys = append(keys, f.Key)
				text.WriteString(f.String())
			}
			if got := strings.Join(keys, " "); got != tc.key {
				t.Errorf("faults of %q, want %q: %s", got, tc.key, text.String())
			}
			if key := s.APIKey.Reveal(); key != "" && strings.Contains(text.String(), key) {
				t.Errorf("a fault tells the key: %s", text.String())
			}
			if all := fmt.Sprintf("%v %+v %#v", s.Check(), s, s); strings.Contains(all, proxyPassword) {
				t.Errorf("the proxy's password stands in %s", all)
			}
		})
	}
}

// waySettings are about the paths and the transport.
func waySettings() []settingCase {
	return []settingCase{
		{"the other dialect, escaped", func(s *Settings) { s.URL = "https://api.ivalt.com/admin%2Fpublic/api" }, "ivalt.url"},
		{"the other dialect, roundabout", func(s *Settings) { s.URL = "https://api.ivalt.com/Admin/.//x/../public" }, "ivalt.url"},
		{"Laravel, its base", func(s *Settings) { s.Dialect, s.URL = DialectLaravel, "https://api.ivalt.com/admin/public/api" }, ""},
		{"Laravel, the bare host", func(s *Settings) { s.Dialect = DialectLaravel }, ""},
		{"no dialect", func(s *Settings) { s.Dialect = "klingon" }, "ivalt.dialect"},
		{"no endpoint", func(s *Settings) { s.Endpoint = "x" }, "ivalt.endpoint"},
		{"pending", func(s *Settings) { s.Pending = []string{"404", "422"} }, ""},
		{"pending that approves", func(s *Settings) { s.Pending = []string{"404", "200"} }, "ivalt.pending[1]"},
		{"pending that is none", func(s *Settings) { s.Pending = []string{"x"} }, "ivalt.pending[0]"},
		{"short signing secret", func(s *Settings) { s.SigningSecret = secret.New("0123456789012345678901234567890") }, "ivalt.signing_secret"},
		{"signing secret", func(s *Settings) { s.SigningSecret = secret.New(testKey) }, ""},
		{"own roots without any", func(s *Settings) { s.OwnRoots = true }, "ivalt.system_roots"},
		{"pin", func(s *Settings) { s.Pins = []string{somePin} }, ""},
		{"pin of another digest", func(s *Settings) { s.Pins = []string{"sha1/" + somePin[7:]} }, "ivalt.pins[0]"},
		{"short pin", func(s *Settings) { s.Pins = []string{somePin, "sha256/AAAA"} }, "ivalt.pins[1]"},
		{"pin that is no base64", func(s *Settings) { s.Pins = []string{"sha256/" + strings.Repeat("-", 44)} }, "ivalt.pins[0]"},
		{"pin without TLS", func(s *Settings) { s.URL, s.Pins = "http://127.0.0.1", []string{somePin} }, "ivalt.pins"},
		{"proxy", func(s *Settings) { s.Proxy = secret.New("http://proxy.example:3128/") }, ""},
		{"proxy with a password", func(s *Settings) { s.Proxy = secret.New("https://me:" + proxyPassword + "@proxy.example") }, ""},
		{"proxy of another kind", func(s *Settings) { s.Proxy = secret.New("socks5://me:" + proxyPassword + "@proxy.example") }, "ivalt.proxy"},
		{"proxy that is no URL", func(s *Settings) { s.Proxy = secret.New("http://me:" + proxyPassword + "@[") }, "ivalt.proxy"},
		{"proxy with a path", func(s *Settings) { s.Proxy = secret.New("http://proxy.example/" + proxyPassword) }, "ivalt.proxy"},
		{"proxy that would read the key", func(s *Settings) {
			s.URL, s.Proxy = "http://127.0.0.1", secret.New("http://me:"+proxyPassword+"@proxy.example")
		}, "ivalt.proxy"},
	}
}

func TestWarnings(t *testing.T) {
	for _, tc := range []struct {
		name   string
		change func(*Settings)
		keys   string
	}{
		{"nothing", func(*Settings) {}, ""},
		{"plain", func(s *Settings) { s.Endpoint = EndpointPlain }, "ivalt.endpoint"},
		{"plain, of Laravel", func(s *Settings) { s.Endpoint, s.Dialect = EndpointPlain, DialectLaravel }, "ivalt.endpoint ivalt.dialect"},
		{"one pin", func(s *Settings) { s.Pins = []string{somePin} }, "ivalt.pins"},
		{"two pins", func(s *Settings) { s.Pins = []string{somePin, somePin} }, ""},
		{"a password in the clear", func(s *Settings) { s.Proxy = secret.New("http://me:x@proxy.example") }, "ivalt.proxy"},
		{"a password that leaves no machine", func(s *Settings) { s.Proxy = secret.New("http://me:x@127.0.0.1:3128") }, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := sound()
			tc.change(&s)
			var keys []string
			for _, f := range s.Check().Warnings() {
				keys = append(keys, f.Key)
			}
			if got := strings.Join(keys, " "); got != tc.keys {
				t.Errorf("warnings of %q, want %q", got, tc.keys)
			}
		})
	}
}

// TestOptions: every setting reaches the client.
func TestOptions(t *testing.T) {
	s := sound()
	s.Dialect, s.Endpoint, s.Pending = DialectLaravel, EndpointPlain, []string{"404", "202"}
	s.SigningSecret, s.Proxy, s.SendClientAddress, s.Version, s.Connections = secret.New(testKey+"s"), secret.New("http://p.example"), true, "v1", 7
	o, faults := s.Options()
	if err := faults.Err(); err != nil {
		t.Fatal(err)
	}
	c := New(o)
	if c.paths != pathsOf(DialectLaravel, EndpointPlain) || !c.signing.Equal(s.SigningSecret) || !c.tellAddress || c.agent != "ivalt-radius/v1" ||
		c.own.Proxy == nil || c.own.MaxConnsPerHost != 7 || c.refused != statusOf(204)|statusOf(400)|statusOf(422) {
		t.Errorf("%+v", c)
	}
	if o, _ = sound().Options(); o.Connections != DefaultConnections || len(o.Refused) != 0 {
		t.Errorf("%+v", o)
	}
}
