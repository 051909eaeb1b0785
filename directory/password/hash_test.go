package password

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"ivalt-radius/secret"
)

const (
	// reference is a vector of the reference implementation's own test: the word "password", the salt "somesalt".
	reference = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"

	salt8 = "c29tZXNhbHQ"
	key16 = "AAAAAAAAAAAAAAAAAAAAAA"
)

func TestReference(t *testing.T) {
	h, err := Parse(reference)
	if err != nil || !h.matches(secret.New("password")) {
		t.Errorf("%v, or the password does not match", err)
	}
}

func TestMakeIsParsedAndMatches(t *testing.T) {
	password := secret.New("correct horse")
	made := Make(password)
	read, err := Parse(made.Text().Reveal())
	if err != nil || read.Text().Reveal() != made.Text().Reveal() || read.Cost() != Standard() {
		t.Fatalf("%v, cost %v", err, read.Cost())
	}
	if !read.matches(password) || read.matches(secret.New("correct horsf")) || read.matches(secret.Secret{}) {
		t.Error("it matches what it must not, or not what it must")
	}
	if Make(password).Text().Equal(made.Text()) {
		t.Error("two hashes of one password are the same: no salt")
	}
	if !strings.HasPrefix(made.Text().Reveal(), "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Error("not the standard cost")
	}
}

// TestNobodysHash: without a key nothing matches, not even the password whose key is that of no octets.
func TestNobodysHash(t *testing.T) {
	for name, h := range map[string]Hash{"zero": {}, "decoy": Decoy(Standard())} {
		if h.matches(secret.Secret{}) || !h.Empty() || !h.Text().Empty() || h.Cost() != Standard() {
			t.Errorf("%s: is somebody's, or costs %v", name, h.Cost())
		}
	}
}

func TestParse(t *testing.T) {
	form := func(m, t, p, salt, key string) string {
		return "$argon2id$v=19$m=" + m + ",t=" + t + ",p=" + p + "$" + salt + "$" + key
	}
	for _, c := range []struct{ title, text, words string }{
		{"least of all", form("7168", "1", "1", salt8, key16), ""},
		{"most of all", form("262144", "10", "4", strings.Repeat("AAAA", 21)+"AA", strings.Repeat("AAAA", 21)+"AA"), ""},
		{"empty", "", "is no hash"},
		{"a password", "cAnArY", "is no hash"},
		{"argon2i", "$argon2i$v=19$m=7168,t=1,p=1$" + salt8 + "$" + key16, "is no hash"},
		{"argon2d", "$argon2d$v=19$m=7168,t=1,p=1$" + salt8 + "$" + key16, "is no hash"},
		{"bcrypt", "$2b$12$cAnArYcAnArYcAnArYcAnArYcAnArYcAnArYcAnArYcAnArYcAnAr", "is no hash"},
		{"old version", "$argon2id$v=16$m=7168,t=1,p=1$" + salt8 + "$" + key16, "is no hash"},
		{"no version", "$argon2id$m=7168,t=1,p=1$" + salt8 + "$" + key16, "is no hash"},
		{"keyed", "$argon2id$v=19$m=7168,t=1,p=1,keyid=AA$" + salt8 + "$" + key16, "is no hash"},
		{"other order", "$argon2id$v=19$t=1,m=7168,p=1$" + salt8 + "$" + key16, "is no hash"},
		{"no memory", form("7167", "1", "1", salt8, key16), "m of the hash must be 7168 to 262144"},
		{"too much memory", form("262145", "1", "1", salt8, key16), "m of the hash must be"},
		{"memory without end", form("99999999999", "1", "1", salt8, key16), "is no hash"},
		{"no pass", form("7168", "0", "1", salt8, key16), "is no hash"},
		{"too many passes", form("7168", "11", "1", salt8, key16), "t of the hash must be 1 to 10"},
		{"no lane", form("7168", "1", "0", salt8, key16), "is no hash"},
		{"too many lanes", form("7168", "1", "5", salt8, key16), "p of the hash must be 1 to 4"},
		{"leading zero", form("07168", "1", "1", salt8, key16), "is no hash"},
		{"sign", form("+7168", "1", "1", salt8, key16), "is no hash"},
		{"short salt", form("7168", "1", "1", "c29tZXNhbA", key16), "salt must have 8 to 64"},
		{"long salt", form("7168", "1", "1", strings.Repeat("AAAA", 21)+"AAA", key16), "salt must have"},
		{"no salt", form("7168", "1", "1", "", key16), "is no hash"},
		{"short hash", form("7168", "1", "1", salt8, "AAAAAAAAAAAAAAAAAAAA"), "hash must have 16 to 64"},
		{"long hash", form("7168", "1", "1", salt8, strings.Repeat("AAAA", 21)+"AAA"), "hash must have"},
		{"padding", form("7168", "1", "1", salt8+"=", key16), "is no hash"},
		{"bits behind the octets", form("7168", "1", "1", salt8, "AAAAAAAAAAAAAAAAAAAAAB"), "hash must have"},
		{"base64 of URLs", form("7168", "1", "1", salt8, "__AAAAAAAAAAAAAAAAAAAA"), "is no hash"},
		{"line break", form("7168", "1", "1", salt8, key16) + "\n", "is no hash"},
		{"very long", form("7168", "1", "1", salt8, strings.Repeat("A", longest)), "is no hash"},
	} {
		t.Run(c.title, func(t *testing.T) {
			h, err := Parse(c.text)
			if c.words == "" {
				if err != nil || h.Text().Reveal() != c.text {
					t.Errorf("%v, or another text", err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), c.words) || !h.Text().Empty() {
				t.Errorf("got %v, want %q", err, c.words)
			}
			if strings.Contains(fmt.Sprint(err), "cAnArY") {
				t.Errorf("the text stands in %v", err)
			}
		})
	}
}

// TestHashesNeverPrint looks for the hash in every print of it.
func TestHashesNeverPrint(t *testing.T) {
	h := Make(secret.New("cAnArY"))
	asJSON, err := json.Marshal(map[string]any{"h": h, "p": &h})
	if err != nil {
		t.Fatal(err)
	}
	asYAML, err := yaml.Marshal(map[string]any{"h": h})
	if err != nil {
		t.Fatal(err)
	}
	out := string(asJSON) + string(asYAML)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%p"} {
		out += fmt.Sprintf(verb+verb+verb, h, &h, struct{ H Hash }{h})
	}
	out += h.String() + h.GoString()
	text := h.Text().Reveal()
	key := text[strings.LastIndexByte(text, '$')+1:]
	for _, canary := range []string{"cAnArY", key, "argon2id", fmt.Sprintf("%x", h.parts.key), strings.Trim(fmt.Sprintf("%d", h.parts.key), "[]")} {
		if strings.Contains(out, canary) {
			t.Errorf("%s stands in\n%s", canary, out)
		}
	}
}

// FuzzParse: what is taken is within the bounds, and is written as it was read; what is not is not quoted.
func FuzzParse(f *testing.F) {
	f.Add(reference)
	f.Add("$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
	f.Add("$argon2id$v=19$m=262144,t=10,p=4$" + salt8 + "$" + strings.Repeat("AAAA", 21) + "AA")
	f.Add("$argon2i$v=19$m=8,t=1,p=1$$")
	f.Fuzz(func(t *testing.T, text string) {
		h, err := Parse(text)
		if err != nil {
			if !h.Text().Empty() {
				t.Error("a hash in spite of an error")
			}
			return
		}
		if h.Text().Reveal() != text {
			t.Errorf("%q is written %q", text, h.Text().Reveal())
		}
		c := h.Cost()
		if c.Memory < leastMemory || c.Memory > mostMemory || c.Passes < 1 || c.Passes > mostPasses || c.Lanes < 1 || c.Lanes > mostLanes {
			t.Errorf("cost %v", c)
		}
		if n := len(h.parts.salt); n < leastSalt || n > mostSalt {
			t.Errorf("a salt of %d octets", n)
		}
		if n := len(h.parts.key); n < leastKey || n > mostKey {
			t.Errorf("a hash of %d octets", n)
		}
	})
}
