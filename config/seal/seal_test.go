package seal

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ivalt-radius/secret"
)

const canary = "cAnArY-b7Rk2vXw9"

func mustMake(t *testing.T) Key {
	t.Helper()
	k, err := Make()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func mustSeal(t *testing.T, k Key, text string) string {
	t.Helper()
	sealed, err := k.Seal(secret.New(text))
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

func TestSealedOpens(t *testing.T) {
	k := mustMake(t)
	for _, text := range []string{"x", canary, "pässwörd mit Leerzeichen ", strings.Repeat("x", mostSecret)} {
		sealed := mustSeal(t, k, text)
		if !strings.HasPrefix(sealed, Prefix) || strings.ContainsAny(sealed, "\r\n ") || strings.Contains(sealed, text) && len(text) > 1 {
			t.Errorf("sealed as %q", sealed)
		}
		if opened, err := k.Open(sealed); err != nil || opened.Reveal() != text {
			t.Errorf("%q opens as %q, %v", text, opened.Reveal(), err)
		}
	}
	if again := mustSeal(t, k, canary); again == mustSeal(t, k, canary) {
		t.Error("one secret is sealed alike twice, which tells that two are equal")
	}
}

func TestNoSecretToSeal(t *testing.T) {
	for _, text := range []string{"", "a\nb", "a\x00", "\xff", strings.Repeat("x", mostSecret+1)} {
		if sealed, err := mustMake(t).Seal(secret.New(text)); !errors.Is(err, ErrSecret) || sealed != "" {
			t.Errorf("%.9q: %q, %v", text, sealed, err)
		}
	}
	if _, err := (Key{}).Seal(secret.New("x")); err == nil {
		t.Error("the zero Key seals")
	}
}

// TestOpenRefuses: another key, and every octet and end of a sealed secret that is not as it was sealed.
func TestOpenRefuses(t *testing.T) {
	k := mustMake(t)
	sealed := mustSeal(t, k, canary)
	for name, c := range map[string]struct {
		key  Key
		text string
		want error
	}{
		"another key":   {mustMake(t), sealed, ErrKey},
		"no key":        {Key{}, sealed, ErrKey},
		"nothing":       {k, Prefix, ErrDamaged},
		"no base64":     {k, Prefix + canary, ErrDamaged},
		"no age":        {k, Prefix + base64.StdEncoding.EncodeToString([]byte(canary)), ErrDamaged},
		"a line break":  {k, sealed[:40] + "\n" + sealed[40:], ErrDamaged},
		"a blank":       {k, sealed + " ", ErrDamaged},
		"too much":      {k, Prefix + strings.Repeat("A", mostSealed+4), ErrDamaged},
		"sealed twice":  {k, Prefix + sealed, ErrDamaged},
		"cut in quanta": {k, sealed[:len(sealed)-8], ErrDamaged},
	} {
		opened, err := c.key.Open(c.text)
		if !errors.Is(err, c.want) || !opened.Empty() {
			t.Errorf("%s: %v", name, err)
		}
		if strings.Contains(fmt.Sprint(err), canary) || strings.Contains(fmt.Sprint(err), sealed[10:30]) {
			t.Errorf("%s: quoted in %v", name, err)
		}
	}
	octets, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(sealed, Prefix))
	if err != nil {
		t.Fatal(err)
	}
	for i := range octets {
		octets[i] ^= 1
		if _, err := k.Open(base64.StdEncoding.EncodeToString(octets)); err == nil {
			t.Errorf("octet %d is another, and it opens", i)
		}
		octets[i] ^= 1
		if _, err := k.Open(base64.StdEncoding.EncodeToString(octets[:i])); err == nil {
			t.Errorf("cut at %d, and it opens", i)
		}
	}
}

// TestTooLongSecretIsNotOpened: age seals anything; what is longer than a secret does not come back.
func TestTooLongSecretIsNotOpened(t *testing.T) {
	k := mustMake(t)
	const long = 9000 // octets, the sealed form of which is short enough
	sealed, err := k.Recipient().sealAny(strings.Repeat("x", long))
	if err != nil {
		t.Fatal(err)
	}
	if opened, err := k.Open(sealed); !errors.Is(err, ErrDamaged) || !opened.Empty() {
		t.Errorf("%d octets, %v", opened.Len(), err)
	}
}

func TestKeyFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "seal.key")
	k, made, err := OpenOrMake(path)
	if err != nil || !made {
		t.Fatalf("made %v, %v", made, err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	sealed := mustSeal(t, k, canary)
	again, made, err := OpenOrMake(path)
	if err != nil || made {
		t.Fatalf("made %v again, %v", made, err)
	}
	if opened, err := again.Open(sealed); err != nil || opened.Reveal() != canary {
		t.Errorf("the file's key does not open: %v", err)
	}
	if after, err := os.ReadFile(path); err != nil || string(after) != string(before) {
		t.Error("the file was written again")
	}
	for _, mode := range []os.FileMode{0o640, 0o604, 0o620, 0o602} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		if _, made, err := OpenOrMake(path); err == nil || made || !strings.Contains(err.Error(), "chmod 600 "+path) {
			t.Errorf("mode %v: %v", mode, err)
		}
	}
	if _, _, err := OpenOrMake(t.TempDir()); err == nil {
		t.Error("a key that is a directory")
	}
	if _, _, err := OpenOrMake(filepath.Join(path, "x")); err == nil {
		t.Error("a key below a file")
	}
	if _, _, err := OpenOrMake(filepath.Join(t.TempDir(), "none", "seal.key")); err == nil {
		t.Error("a key in a directory that is not there")
	}
}

func TestFilesThatAreNoKeys(t *testing.T) {
	key := mustMake(t).identity.String()
	if _, err := Parse([]byte("# created: today\r\n# public key: age1...\r\n\r\n" + key + "\r\n")); err != nil {
		t.Errorf("age-keygen's own: %v", err)
	}
	for name, text := range map[string]string{
		"empty": "", "comment": "# " + key, "two": key + "\n" + key, "no key": canary, "public": mustMake(t).identity.Recipient().String(),
		"cut": key[:len(key)-1], "typed wrong": strings.Replace(key, key[30:31], "1", 1), "large": key + "\n#" + strings.Repeat(" ", MostFile),
	} {
		if _, err := Parse([]byte(text)); !errors.Is(err, ErrFile) || strings.Contains(err.Error(), canary) {
			t.Errorf("%s: %v", name, err)
		}
		path := filepath.Join(t.TempDir(), "k")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, made, err := OpenOrMake(path); !errors.Is(err, ErrFile) || made {
			t.Errorf("%s: made %v, %v", name, made, err)
		}
	}
}

func TestKeysNeverPrint(t *testing.T) {
	k := mustMake(t)
	out, err := json.Marshal(map[string]any{"k": k})
	if err != nil {
		t.Fatal(err)
	}
	asText, err := k.MarshalText()
	if err != nil {
		t.Fatal(err)
	}
	all := string(out) + string(asText) + k.String() + k.GoString()
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%p"} {
		all += fmt.Sprintf(verb+verb+verb, k, &k, struct{ K Key }{k})
	}
	if strings.Contains(all, "SECRET-KEY") || strings.Contains(all, k.identity.String()) {
		t.Errorf("the key stands in %s", all)
	}
}

// FuzzOpen: no text but a sealed one opens, and none makes it panic.
func FuzzOpen(f *testing.F) {
	k, err := Make()
	if err != nil {
		f.Fatal(err)
	}
	sealed, err := k.Seal(secret.New(canary))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(sealed)
	f.Add(Prefix + base64.StdEncoding.EncodeToString([]byte("age-encryption.org/v1\n-> X25519 AA\nAA\n--- AA\n")))
	f.Fuzz(func(t *testing.T, text string) {
		opened, err := k.Open(text)
		if err == nil && opened.Reveal() != canary {
			t.Errorf("%q opens as %q", text, opened.Reveal())
		}
		if err != nil && !opened.Empty() {
			t.Error("a secret in spite of an error")
		}
	})
}
