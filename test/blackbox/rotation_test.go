package blackbox_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"ivalt-radius/config/seal"
	"ivalt-radius/ivalt/ivalttest"
	"ivalt-radius/secret"
	"ivalt-radius/test/blackbox"
)

const (
	newSecret = "pW4jH7sN2xK9fD3gT6vB8zMq"
	newAPIKey = "Mb5nC9xV2kJ7hG4fD1sA8pO3iU6yT0rE_w"
)

// reloaded writes the settings, sends SIGHUP and waits until they are in force.
func reloaded(t *testing.T, site *blackbox.Site, n int) {
	t.Helper()
	site.Write(t)
	site.Server.Signal(syscall.SIGHUP)
	site.Server.AwaitLines(t, "reloaded", n)
}

// waiting sends a login whose person approves in three seconds, and waits until the phone has rung.
func waiting(t *testing.T, site *blackbox.Site, shared, user string) (finish func()) {
	t.Helper()
	site.Enrol(user, ivalttest.Approve, 3*time.Second)
	nas := blackbox.NewNAS(t, blackbox.Source, site.Authentication(), shared)
	r := nas.Request(blackbox.Login{User: user, Password: password, CallingStation: "198.51.100.7"})
	nas.Send(r)
	pushed(t, site, user)
	return func() {
		t.Helper()
		accepted(t, nas.Answer(t, r)) // signed with the secret that it was asked with
		if n := site.Pushes(user); n != 1 {
			t.Errorf("%s: %d pushes, want 1", user, n)
		}
	}
}

// TestSharedSecretRotated: the new one beside the old, the gateway switches, the old one goes; logins wait across every step, and each is
// answered under the secret that it came with.
func TestSharedSecretRotated(t *testing.T) {
	t.Parallel()
	site := blackbox.NewSite(t)
	secrets := func(list string) {
		site.Settings.Clients = fmt.Sprintf("\n  - {name: gateway, networks: [%s/32], secrets: [%s], answer_within: 30s}", blackbox.Source, list)
	}
	secrets(blackbox.Secret)
	site.Start(t)
	first := waiting(t, site, blackbox.Secret, "before")
	secrets(blackbox.Secret + ", " + newSecret)
	reloaded(t, site, 1)
	old, switched := waiting(t, site, blackbox.Secret, "old"), waiting(t, site, newSecret, "switched")
	secrets(newSecret)
	reloaded(t, site, 2)
	last := waiting(t, site, newSecret, "after")
	for _, finish := range []func(){first, old, switched, last} {
		finish()
	}
	nas := site.NAS(t)
	r := nas.Request(blackbox.Login{User: "late", Password: password})
	nas.Send(r)
	nas.Silent(t, r, 500*time.Millisecond) // the old secret is nobody's now
}

// keys are the API keys of the calls that a cloud gets.
type keys struct {
	mu  sync.Mutex
	got []string
}

func (k *keys) all() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Clone(k.got)
}

// TestAPIKeyRotated: another key in the file, SIGHUP, while a push is open: that login ends well, and later calls carry the new key.
func TestAPIKeyRotated(t *testing.T) {
	t.Parallel()
	site := blackbox.NewSite(t)
	// While a key is changed the vendor takes both.
	if err := site.Cloud.Change(func(o *ivalttest.Options) { o.APIKey = secret.Secret{} }); err != nil {
		t.Fatal(err)
	}
	var seen keys
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen.mu.Lock()
		seen.got = append(seen.got, r.Header.Get("X-Api-Key"))
		seen.mu.Unlock()
		site.Cloud.ServeHTTP(w, r)
	}))
	t.Cleanup(front.Close)
	site.CloudURL = front.URL
	file := filepath.Join(site.Dir, "api-key")
	key := func(text string) {
		if err := os.WriteFile(file, []byte(text+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	key(blackbox.APIKey)
	site.Write(t)
	text, err := os.ReadFile(site.Config())
	if err != nil {
		t.Fatal(err)
	}
	settings := strings.Replace(string(text), fmt.Sprintf("api_key: %q", blackbox.APIKey), "api_key: file:"+file, 1)
	if err := os.WriteFile(site.Config(), []byte(settings), 0o600); err != nil { //nolint:gosec // the test's own file
		t.Fatal(err)
	}
	site.Server = blackbox.Start(t, nil, "serve", "--config", site.Config())
	site.Server.AwaitLines(t, "ready", 1)

	finish := waiting(t, site, blackbox.Secret, "open")
	key(newAPIKey)
	site.Server.Signal(syscall.SIGHUP)
	site.Server.AwaitLines(t, "reloaded", 1)
	finish()
	before := len(seen.all())
	site.Enrol("later", ivalttest.Approve, time.Second)
	accepted(t, site.NAS(t).Login(t, blackbox.Login{User: "later", Password: password}))
	calls := seen.all()
	if len(calls) == before || calls[0] != blackbox.APIKey {
		t.Errorf("%d calls, %d before the second login", len(calls), before)
	}
	for i, got := range calls[before:] {
		if got != newAPIKey {
			t.Errorf("call %d behind the change carries another key", i)
		}
	}
	if out := site.Server.Output(); strings.Contains(out, newAPIKey) || strings.Contains(out, blackbox.APIKey) {
		t.Error("a key stands in the log")
	}
}

// TestSealingKeyRotated: another key, first one that a passphrase opens, and every secret sealed anew; a half done change is refused and
// takes nothing away.
func TestSealingKeyRotated(t *testing.T) {
	t.Parallel()
	site := blackbox.NewSite(t)
	site.Settings.Policy = " {default: exempt}"
	settings := func(file string, with seal.Key) {
		sealed, err := with.Seal(secret.New(blackbox.Secret))
		if err != nil {
			t.Fatal(err)
		}
		site.Settings.Clients = fmt.Sprintf("\n  - {name: gateway, networks: [%s/32], secrets: [%q], answer_within: 30s}", blackbox.Source, sealed)
		site.Settings.More = fmt.Sprintf("secrets: {key_file: %q, passphrase: \"file:%s/passphrase\"}", file, site.Dir)
	}
	passphrase := secret.New("kettle rumour obtain fjord elbow mud")
	if err := os.WriteFile(filepath.Join(site.Dir, "passphrase"), []byte(passphrase.Reveal()), 0o600); err != nil {
		t.Fatal(err)
	}
	oldFile, newFile := filepath.Join(site.Dir, "old.key"), filepath.Join(site.Dir, "new.key")
	oldKey, err := seal.Create(oldFile, nil)
	if err != nil {
		t.Fatal(err)
	}
	newKey, err := seal.Create(newFile, &passphrase)
	if err != nil {
		t.Fatal(err)
	}
	id := byte(0)
	works := func() {
		t.Helper()
		id++
		accepted(t, site.NAS(t).Login(t, blackbox.Login{User: "oscar", Password: password, ID: id}))
	}
	settings(oldFile, oldKey)
	site.Start(t)
	works()
	settings(newFile, oldKey) // the secrets are still sealed for the old one
	site.Write(t)
	site.Server.Signal(syscall.SIGHUP)
	site.Server.AwaitLines(t, "reload refused", 1)
	works()
	settings(newFile, newKey)
	reloaded(t, site, 1)
	works()
	reloaded(t, site, 2) // from memory
	works()
}
