package config

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ivalt-radius/config/seal"
	"ivalt-radius/fault"
	"ivalt-radius/secret"
)

// sealing is a world with a key in seal.key.
type sealing struct {
	t       *testing.T
	key     seal.Key
	files   map[string]string
	environ []string
}

func sealedWorld(t *testing.T, files map[string]string, environ ...string) sealing {
	t.Helper()
	path := filepath.Join(t.TempDir(), "seal.key")
	key, _, err := seal.OpenOrMake(path)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{"seal.key": string(text)}
	maps.Copy(all, files)
	return sealing{t, key, all, environ}
}

func (w sealing) sealed(text string) string {
	w.t.Helper()
	sealed, err := w.key.Seal(secret.New(text))
	if err != nil {
		w.t.Fatal(err)
	}
	return sealed
}

func (w sealing) load(settings, people string) (*Settings, fault.List) {
	w.files["c.yaml"], w.files["people.yaml"] = settings, people
	return Load("c.yaml", world(w.files, w.environ...))
}

// TestSealedSecrets: sealed secrets work wherever a secret stands, from file and environment.
func TestSealedSecrets(t *testing.T) {
	w := sealedWorld(t, nil)
	text := strings.Replace(sound, "env:SHARED", w.sealed(long), 1)
	text = strings.Replace(text, `"env:KEY"`, `"`+w.sealed(apiKey)+`", signing_secret: "`+w.sealed(long+"2")+`", proxy: "`+w.sealed("http://u:p@localhost:1")+`"`, 1)
	s, faults := w.load(text, "")
	if s == nil || len(faults) != 0 {
		t.Fatal(faults)
	}
	if s.Clients[0].Secrets[0].Reveal() != long || s.IVALT.APIKey.Reveal() != apiKey || s.IVALT.SigningSecret.Reveal() != long+"2" ||
		s.IVALT.Proxy.Reveal() != "http://u:p@localhost:1" {
		t.Error("other secrets than were sealed")
	}
	w.environ = []string{"IVALT_RADIUS_CLIENTS__0__SECRETS__0=" + w.sealed(long+"3")}
	if s, faults = w.load(text, ""); s == nil || s.Clients[0].Secrets[0].Reveal() != long+"3" {
		t.Errorf("from the environment: %v", faults)
	}
	// Named elsewhere, in file and environment.
	w.environ, w.files["k"] = nil, w.files["seal.key"]
	delete(w.files, "seal.key")
	if s, faults = w.load(text+"secrets: {key_file: k}\n", ""); s == nil {
		t.Error(faults)
	}
}

// TestKeyBesideTheFile: the key of /etc/x/c.yaml is /etc/x/seal.key, wherever the process stands.
func TestKeyBesideTheFile(t *testing.T) {
	w := sealedWorld(t, nil)
	files := map[string]string{"etc/x/c.yaml": strings.Replace(sound, "env:SHARED", w.sealed(long), 1), "etc/x/seal.key": w.files["seal.key"]}
	if s, faults := Load("etc/x/c.yaml", world(files)); s == nil {
		t.Error(faults)
	}
}

func TestFaultsOfSealedSecrets(t *testing.T) {
	w := sealedWorld(t, nil)
	sealed, other := w.sealed(long), sealedWorld(t, nil)
	for _, c := range []struct {
		title, shared, key string
		at                 string // of the fault; empty: the shared secret
		words              string
	}{
		{"no key", sealed, "", keyFile, `"seal.key" cannot be read`},
		{"a key that is none", sealed, "cAnArY", keyFile, `"seal.key" is none: it holds no key`},
		{"two keys", sealed, w.files["seal.key"] + other.files["seal.key"], keyFile, "more than one"},
		{"another key", sealed, other.files["seal.key"], "", "sealed for another key"},
		{"damaged", sealed[:60] + "A" + sealed[60:], w.files["seal.key"], "", "damaged"},
		{"nothing sealed", "sealed:", w.files["seal.key"], "", "damaged"},
		{"short secret", w.sealed("b7Rk2vXw9"), w.files["seal.key"], "", "shorter than 16"},
	} {
		t.Run(c.title, func(t *testing.T) {
			// Two of them, and each fault of the key is told once.
			text := strings.Replace(sound, `"env:SHARED"`, `"`+c.shared+`", "`+c.shared+`"`, 1)
			files := map[string]string{"c.yaml": text}
			if c.key != "" {
				files["seal.key"] = c.key
			}
			s, faults := Load("c.yaml", world(files))
			want := fault.Fault{Key: c.at, Message: c.words}
			if c.at == "" {
				want.Key, want.Line = "clients[0].secrets[1]", 4
			}
			if s != nil || !has(faults, want) {
				t.Errorf("%q is not in\n%v", c.words, faults)
			}
			if n := len(faults.Fatal()); c.at != "" && n != 1 || c.at == "" && n != 2 {
				t.Errorf("%d faults: %v", n, faults)
			}
			if out := fmt.Sprint(faults); strings.Contains(out, "cAnArY") || strings.Contains(out, sealed[20:40]) || strings.Contains(out, "b7Rk2vXw9") {
				t.Errorf("quoted: %v", faults)
			}
		})
	}
	if s, faults := LoadWithoutSecrets("c.yaml", world(map[string]string{"c.yaml": strings.Replace(sound, "env:SHARED", sealed, 1)})); s == nil {
		t.Errorf("a command that needs no secrets needs the key: %v", faults)
	}
}

// TestKeyThatOthersRead is a fault: the key would protect nothing.
func TestKeyThatOthersRead(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "seal.key")
	key, _, err := seal.OpenOrMake(path)
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := key.Seal(secret.New(long))
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "c.yaml")
	if err := os.WriteFile(file, []byte(strings.Replace(sound, "env:SHARED", sealed, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	for mode, words := range map[os.FileMode]string{0o600: "", 0o400: "", 0o640: "chmod 600 " + path, 0o604: "chmod 600 " + path, 0o620: "chmod 600 " + path} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		s, faults := Load(file, Options{Environ: []string{"KEY=" + apiKey}})
		if (s != nil) != (words == "") || words != "" && !has(faults, fault.Fault{Key: keyFile, Message: words}) {
			t.Errorf("mode %v: %v", mode, faults)
		}
	}
}

// TestPassphraseOfTheKey: testdata/locked.key is encrypted with the passphrase, as `age -p -a` does, but with little work.
func TestPassphraseOfTheKey(t *testing.T) {
	w := sealedWorld(t, nil)
	locked, err := os.ReadFile(filepath.Join("testdata", "locked.key"))
	if err != nil {
		t.Fatal(err)
	}
	public, err := os.ReadFile(filepath.Join("testdata", "locked.pub"))
	if err != nil {
		t.Fatal(err)
	}
	to, err := seal.ParseRecipient(string(public))
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := to.Seal(secret.New(long))
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(sound, "env:SHARED", sealed, 1)
	const right = "correct cAnArY battery"
	for name, c := range map[string]struct {
		passphrase, environ string
		at, words           string // of the one fault; empty: none
	}{
		"from the environment": {"env:PHRASE", "PHRASE=" + right, "", ""},
		"from a file":          {"file:phrase", "", "", ""},
		"from a credential":    {"credential:phrase", "CREDENTIALS_DIRECTORY=creds", "", ""},
		"none":                 {"", "", keyFile, "is encrypted with a passphrase: set secrets.passphrase"},
		"a wrong one":          {"env:PHRASE", "PHRASE=cAnArY", passphrase, "does not open it"},
		"in the settings":      {right, "", passphrase, "must not stand in the settings"},
		"sealed":               {w.sealed(right), "", passphrase, "cannot be sealed"},
		"unset":                {"env:PHRASE", "", passphrase, "PHRASE is not set"},
	} {
		settings := text
		if c.passphrase != "" {
			settings += "secrets: {passphrase: \"" + c.passphrase + "\"}\n"
		}
		files := map[string]string{"c.yaml": settings, "seal.key": string(locked), "phrase": right + "\n", "creds/phrase": right}
		var environ []string
		if c.environ != "" {
			environ = []string{c.environ}
		}
		s, faults := Load("c.yaml", world(files, environ...))
		if (s != nil) != (c.words == "") || s != nil && s.Clients[0].Secrets[0].Reveal() != long {
			t.Errorf("%s: %v", name, faults)
		}
		fatal := faults.Fatal()
		if c.words != "" && (len(fatal) != 1 || fatal[0].Key != c.at || !strings.Contains(fatal[0].Message, c.words)) {
			t.Errorf("%s: %q is not the one fault of\n%v", name, c.words, faults)
		}
		if strings.Contains(fmt.Sprint(faults), "cAnArY") {
			t.Errorf("%s: quoted in %v", name, faults)
		}
		if s, faults := LoadWithoutSecrets("c.yaml", world(files, environ...)); s == nil {
			t.Errorf("%s: a command that needs no secrets needs the passphrase: %v", name, faults)
		}
	}
}
