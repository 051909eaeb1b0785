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

// TestCredentials: the service manager hands over the API key, the key of sealed secrets, which a passphrase protects, and that
// passphrase; nothing of them stands in the settings.
func TestCredentials(t *testing.T) {
	t.Parallel()
	site := blackbox.NewSite(t)
	handed := t.TempDir()
	phrase := secret.New("kettle rumour obtain fjord elbow mud")
	key, err := seal.Create(filepath.Join(handed, "seal.key"), &phrase)
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := key.Seal(secret.New(blackbox.Secret))
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"api-key": blackbox.APIKey, "passphrase": phrase.Reveal()} {
		if err := os.WriteFile(filepath.Join(handed, name), []byte(text+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	site.Settings.Clients = fmt.Sprintf("\n  - {name: gateway, networks: [%s/32], secrets: [%q], answer_within: 30s}", blackbox.Source, sealed)
	site.Settings.More = "secrets: {passphrase: \"credential:passphrase\"}"
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
	for _, hidden := range []string{blackbox.Secret, blackbox.APIKey, phrase.Reveal()} {
		if strings.Contains(settings+said, hidden) {
			t.Errorf("%q stands somewhere", hidden)
		}
	}

	without := blackbox.Start(t, []string{"CREDENTIALS_DIRECTORY=" + t.TempDir()}, "serve", "--config", site.Config())
	if code := without.Exit(t); code != 1 || !strings.Contains(without.Output(), "ivalt.api_key") || !strings.Contains(without.Output(), "secrets.passphrase") {
		t.Errorf("without credentials: exit %d: %s", code, without.Output())
	}
}
