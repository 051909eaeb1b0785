package gateway

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ivalt-radius/secret"
)

// sound are settings that nothing is wrong with.
func sound() Settings {
	return Settings{URL: "https://api.ivalt.com", APIKey: secret.New(testKey)}
}

func TestSettings(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty.pem")
	if err := os.WriteFile(empty, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name   string
		change func(*Settings)
		key    string // of the one fault; empty: sound
	}{
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
	} {
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
		})
	}
}
