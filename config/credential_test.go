package config

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ivalt-radius/config/seal"
	"ivalt-radius/fault"
	"ivalt-radius/secret"
)

// TestCredentials: systemd's credentials work wherever a secret stands.
func TestCredentials(t *testing.T) {
	files := map[string]string{
		"c.yaml":      strings.NewReplacer("env:SHARED", "credential:shared", "env:KEY", "credential:api.key").Replace(sound) + "users: {file: people.yaml}\n",
		"people.yaml": "bob: {nt_hash: \"credential:bob\"}\n",
		"run/shared":  long + "\n", "run/api.key": apiKey, "run/bob": "8846f7eaee8fb117ad06bdd830b7586c\r\n", "run/empty": "\n", "secret": long,
	}
	s, faults := Load("c.yaml", world(files, "CREDENTIALS_DIRECTORY=run"))
	if s == nil || len(faults) > 0 {
		t.Fatal(faults)
	}
	if s.Clients[0].Secrets[0].Reveal() != long || s.IVALT.APIKey.Reveal() != apiKey || s.Users.People[0].NTHash.Reveal() != "8846f7eaee8fb117ad06bdd830b7586c" {
		t.Error("other secrets than the credentials")
	}
	if s.Origin("clients[0].secrets[0]") != FromCredential || s.Origin("clients[0].secrets[1]") != "" {
		t.Error("the origin is another")
	}
	const outside, one = "runs outside of systemd", "without a slash"
	for name, c := range map[string]struct{ written, environ, words string }{
		"outside":     {"credential:shared", "OTHER=run", outside},
		"empty":       {"credential:shared", "CREDENTIALS_DIRECTORY=", outside},
		"missing":     {"credential:none", "CREDENTIALS_DIRECTORY=run", "the credential none cannot be read"},
		"an empty":    {"credential:empty", "CREDENTIALS_DIRECTORY=run", "the credential empty is empty"},
		"no name":     {"credential:", "CREDENTIALS_DIRECTORY=run", one},
		"above":       {"credential:..", "CREDENTIALS_DIRECTORY=run", one},
		"itself":      {"credential:.", "CREDENTIALS_DIRECTORY=run", one},
		"a path":      {"credential:../secret", "CREDENTIALS_DIRECTORY=run", one},
		"an absolute": {"credential:/secret", "CREDENTIALS_DIRECTORY=run", one},
	} {
		files["c.yaml"] = strings.Replace(sound, "env:SHARED", c.written, 1)
		s, faults := Load("c.yaml", world(files, c.environ))
		if s != nil || !has(faults, fault.Fault{Key: "clients[0].secrets[0]", Line: 4, Message: c.words}) {
			t.Errorf("%s: %q is not in\n%v", name, c.words, faults)
		}
	}
}

// TestKeyAsACredential: named, or by its own name where the settings name none; then no file beside the settings counts.
func TestKeyAsACredential(t *testing.T) {
	w := sealedWorld(t, nil)
	text := strings.Replace(sound, "env:SHARED", w.sealed(long), 1)
	key, other := w.files["seal.key"], sealedWorld(t, nil).files["seal.key"]
	for name, c := range map[string]struct {
		more  string
		files map[string]string
		words string // of the fault at keyFile; empty: none
	}{
		"unset, and there":         {"", map[string]string{"run/seal.key": key, "seal.key": other}, ""},
		"unset, and not there":     {"", map[string]string{"run/x": "", "seal.key": key}, ""},
		"unset, and none":          {"", map[string]string{"run/x": ""}, `"seal.key" cannot be read`},
		"named":                    {"secrets: {key_file: \"credential:k\"}\n", map[string]string{"run/k": key, "seal.key": other}, ""},
		"named, and not there":     {"secrets: {key_file: \"credential:k\"}\n", map[string]string{"seal.key": key}, `"run/k" cannot be read`},
		"named badly":              {"secrets: {key_file: \"credential:../seal.key\"}\n", map[string]string{"seal.key": key}, "without a slash"},
		"a file, in spite of one":  {"secrets: {key_file: f}\n", map[string]string{"run/seal.key": other, "f": key}, ""},
		"there, and no key at all": {"", map[string]string{"run/seal.key": "x", "seal.key": key}, `"run/seal.key" is none`},
	} {
		files := map[string]string{"c.yaml": text + c.more}
		for path, text := range c.files {
			files[path] = text
		}
		s, faults := Load("c.yaml", world(files, "CREDENTIALS_DIRECTORY=run"))
		if (s != nil) != (c.words == "") || c.words != "" && !strings.Contains(fmt.Sprint(faults), c.words) {
			t.Errorf("%s: %v", name, faults)
		}
	}
}

// TestModeOfACredential: where systemd lets the unit's user in by a list of access rights, the mode shows a group that may read.
func TestModeOfACredential(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "seal.key")
	key, err := seal.Create(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := key.Seal(secret.New(long))
	if err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(t.TempDir(), "c.yaml")
	if err := os.WriteFile(config, []byte(strings.Replace(sound, "env:SHARED", sealed, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o440); err != nil {
		t.Fatal(err)
	}
	s, faults := Load(config, Options{Environ: []string{"KEY=" + apiKey, "CREDENTIALS_DIRECTORY=" + dir}})
	if s == nil {
		t.Error(faults)
	}
}

// TestWeakSecrets: each secret that a person may have chosen is judged, at its key, and never quoted.
func TestWeakSecrets(t *testing.T) {
	const weak = "Zimmermann-2024-Zimmermann"
	text := strings.Replace(sound, "env:SHARED", weak, 1)
	text = strings.Replace(text, `"env:KEY"`, `"env:KEY", signing_secret: `+weak+`0`, 1) +
		"primary: {method: none, ldap: {urls: [\"ldaps://a\"], base: b, bind_dn: c, bind_password: " + weak + "1}, radius: {servers: [{address: \"192.0.2.1:1812\", secret: " + weak + "2}]}}\n"
	_, faults := Inspect("c.yaml", world(map[string]string{"c.yaml": text}))
	for _, key := range []string{"clients[0].secrets[0]", "ivalt.signing_secret", "primary.ldap.bind_password", "primary.radius.servers[0].secret"} {
		found := false
		for _, f := range faults.Warnings() {
			found = found || f.Key == key && strings.Contains(f.Message, "is weak") && strings.Contains(f.Message, "openssl rand -base64 24")
		}
		if !found {
			t.Errorf("%s is not called weak in\n%v", key, faults)
		}
	}
	if strings.Contains(fmt.Sprint(faults), "Zimmermann") {
		t.Errorf("quoted: %v", faults)
	}
}
