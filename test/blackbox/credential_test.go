package blackbox_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ivalt-radius/config/seal"
	"ivalt-radius/ivalt/ivalttest"
	"ivalt-radius/secret"
	"ivalt-radius/test/blackbox"
)

// TestCredentials: the service manager hands over the API key, and the key of sealed secrets; nothing of them stands in the settings.
func TestCredentials(t *testing.T) {
	t.Parallel()
	site := blackbox.NewSite(t)
	handed := t.TempDir()
	key, err := seal.Create(filepath.Join(handed, "seal.key"), nil)
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := key.Seal(secret.New(blackbox.Secret))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(handed, "api-key"), []byte(blackbox.APIKey+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	site.Settings.Clients = fmt.Sprintf("\n  - {name: gateway, networks: [%s/32], secrets: [%q], answer_within: 30s}", blackbox.Source, sealed)
	site.Write(t)
	text, err := os.ReadFile(site.Config())
	if err != nil {
		t.Fatal(err)
	}
	settings := strings.Replace(string(text), fmt.Sprintf("api_key: %q", blackbox.APIKey), "api_key: credential:api-key", 1)
	if err := os.WriteFile(site.Config(), []byte(settings), 0o600); err != nil { //nolint:gosec // the test's own file
		t.Fatal(err)
	}
	site.Server = blackbox.Start(t, []string{"CREDENTIALS_DIRECTORY=" + handed}, "serve", "--config", site.Config())
	site.Server.AwaitLines(t, "ready", 1)
	site.Enrol("handed", ivalttest.Approve, time.Second)
	accepted(t, site.NAS(t).Login(t, blackbox.Login{User: "handed", Password: password}))
	said := site.Server.Output() + string(site.TrailText(t))
	for _, hidden := range []string{blackbox.Secret, blackbox.APIKey} {
		if strings.Contains(settings+said, hidden) {
			t.Errorf("%q stands somewhere", hidden)
		}
	}

	without := blackbox.Start(t, []string{"CREDENTIALS_DIRECTORY=" + t.TempDir()}, "serve", "--config", site.Config())
	if code := without.Exit(t); code != 1 || !strings.Contains(without.Output(), `"key":"secrets.key_file"`) {
		t.Errorf("without credentials: exit %d: %s", code, without.Output())
	}
}
