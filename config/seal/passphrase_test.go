package seal

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"

	"ivalt-radius/secret"
)

// cheap is a work factor for tests.
const cheap = 4

const phrase = "correct cAnArY battery"

func mustLock(t *testing.T, k Key) []byte {
	t.Helper()
	text, err := lock(k, secret.New(phrase), cheap)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// binary is a key's file as `age -p` writes it, with this text and work factor.
func binary(t *testing.T, text string, factor int) []byte {
	t.Helper()
	r, err := age.NewScryptRecipient(phrase)
	if err != nil {
		t.Fatal(err)
	}
	r.SetWorkFactor(factor)
	return encrypted(t, text, r)
}

func encrypted(t *testing.T, text string, to age.Recipient) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := age.Encrypt(&out, to)
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.WriteString(w, text)
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestUnlock(t *testing.T) {
	k := mustMake(t)
	sealed := mustSeal(t, k, canary)
	for name, text := range map[string][]byte{
		"armored": mustLock(t, k), "armored, blank before": append([]byte("\n\n"), mustLock(t, k)...),
		"binary": binary(t, string(k.file()), cheap), "plain": k.file(),
	} {
		opened, err := Unlock(text, secret.New(phrase))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if s, err := opened.Open(sealed); err != nil || s.Reveal() != canary {
			t.Errorf("%s is another key: %v", name, err)
		}
		if Locked(text) == (name == "plain") {
			t.Errorf("%s: locked %v", name, Locked(text))
		}
	}
}

func TestUnlockRefuses(t *testing.T) {
	k := mustMake(t)
	locked := mustLock(t, k)
	// The stanza's number alone is what is read before any work: the file was made with another.
	hostile := bytes.Replace(binary(t, string(k.file()), 9), []byte(" 9\n"), []byte(" 21\n"), 1)
	for name, c := range map[string]struct {
		text       []byte
		passphrase string
		want       error
	}{
		"no passphrase":        {locked, "", ErrLocked},
		"another":              {locked, phrase + " ", ErrPassphrase},
		"cut":                  {locked[:len(locked)/2], phrase, ErrPassphrase},
		"much work":            {hostile, phrase, ErrWork},
		"no key in it":         {binary(t, "cAnArY", cheap), phrase, ErrFile},
		"too much in it":       {binary(t, strings.Repeat("#\n", MostFile), cheap), phrase, ErrFile},
		"too large":            {append(locked, make([]byte, MostFile)...), phrase, ErrFile},
		"locked twice":         {binary(t, string(locked), cheap), phrase, ErrFile},
		"for a key":            {encrypted(t, string(k.file()), k.identity.Recipient()), phrase, ErrPassphrase},
		"no key, and none due": {[]byte("cAnArY"), phrase, ErrFile},
	} {
		opened, err := Unlock(c.text, secret.New(c.passphrase))
		if !errors.Is(err, c.want) || opened.identity != nil || strings.Contains(fmt.Sprint(err), "cAnArY") {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	if _, err := lock(k, secret.Secret{}, cheap); err == nil {
		t.Error("an empty passphrase")
	}
	if _, err := Lock(Key{}, secret.New(phrase)); err == nil {
		t.Error("the zero Key")
	}
}

// TestRing: a file that was opened once opens again without work, and no other file or passphrase does.
func TestRing(t *testing.T) {
	k := mustMake(t)
	locked := mustLock(t, k)
	var ring Ring
	if _, err := ring.Unlock(locked, secret.New(phrase)); err != nil {
		t.Fatal(err)
	}
	known := mustMake(t)
	ring.last = known // what comes from memory is this one
	if got, err := ring.Unlock(locked, secret.New(phrase)); err != nil || got != known {
		t.Errorf("derived again: %v", err)
	}
	if got, err := ring.Unlock(locked, secret.New("x")); !errors.Is(err, ErrPassphrase) || got == known {
		t.Errorf("another passphrase: %v", err)
	}
	if got, err := ring.Unlock(mustLock(t, k), secret.New(phrase)); err != nil || got == known {
		t.Errorf("another file: %v", err)
	}
	if got, err := (*Ring)(nil).Unlock(locked, secret.New(phrase)); err != nil || got.identity == nil {
		t.Errorf("no ring: %v", err)
	}
	if got, err := ring.Unlock(known.file(), secret.Secret{}); err != nil || got.identity.String() != known.identity.String() {
		t.Errorf("a plain file: %v", err)
	}
	if _, err := new(Ring).Unlock(nil, secret.New("x")); !errors.Is(err, ErrFile) {
		t.Errorf("nothing: %v", err)
	}
}

func TestLockedFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "seal.key")
	asked := 0
	ask := func() (secret.Secret, error) { asked++; return secret.New(phrase), nil }
	if _, err := OpenFile(path, ask); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	k := mustMake(t)
	if err := write(path, mustLock(t, k)); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil || !Locked(text) || bytes.Contains(text, []byte("SECRET-KEY")) {
		t.Errorf("%v, %s", err, text)
	}
	if got, err := OpenFile(path, ask); err != nil || got.Recipient().String() != k.Recipient().String() || asked != 1 {
		t.Errorf("asked %d times, %v", asked, err)
	}
	if _, err := OpenFile(path, func() (secret.Secret, error) { return secret.Secret{}, io.ErrUnexpectedEOF }); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("nobody answers: %v", err)
	}
	if _, _, err := OpenOrMake(path); !errors.Is(err, ErrLocked) {
		t.Errorf("nobody is asked: %v", err)
	}
	if _, err := Create(path, nil); !errors.Is(err, os.ErrExist) {
		t.Errorf("overwritten: %v", err)
	}
	if _, err := Create(path+"2", &secret.Secret{}); err == nil {
		t.Error("an empty passphrase")
	}
}

func TestRecipient(t *testing.T) {
	k := mustMake(t)
	r, err := ParseRecipient(k.Recipient().String() + "\n")
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := r.Seal(secret.New(canary))
	if err != nil {
		t.Fatal(err)
	}
	if opened, err := k.Open(sealed); err != nil || opened.Reveal() != canary {
		t.Errorf("%v", err)
	}
	if _, err := r.Seal(secret.New("a\nb")); !errors.Is(err, ErrSecret) {
		t.Errorf("two lines: %v", err)
	}
	for _, text := range []string{"", "age1", k.identity.String(), canary} {
		if r, err := ParseRecipient(text); !errors.Is(err, ErrRecipient) || r.String() != "" {
			t.Errorf("%v", err)
		}
	}
	if _, err := (Recipient{}).Seal(secret.New(canary)); err == nil || (Key{}).Recipient().String() != "" {
		t.Error("the zero Recipient seals")
	}
}

func TestDecryptWith(t *testing.T) {
	k, other := mustMake(t), mustMake(t)
	var out bytes.Buffer
	w, err := EncryptTo(&out, []string{other.Recipient().String(), k.Recipient().String()})
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.WriteString(w, canary)
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	for _, key := range []Key{k, other} {
		r, err := DecryptWith(bytes.NewReader(out.Bytes()), key)
		if err != nil {
			t.Fatal(err)
		}
		if text, err := io.ReadAll(r); err != nil || string(text) != canary {
			t.Errorf("%q, %v", text, err)
		}
	}
	r, err := DecryptWith(bytes.NewReader(out.Bytes()[:out.Len()-1]), k)
	if err == nil {
		_, err = io.ReadAll(r)
	}
	if err == nil {
		t.Error("cut off, and it ends as if whole")
	}
	for _, c := range []struct {
		text []byte
		key  Key
		want error
	}{
		{out.Bytes(), mustMake(t), ErrForOther},
		{out.Bytes(), Key{}, ErrForOther},
		{[]byte(canary), k, ErrDecrypt},
		{nil, k, ErrDecrypt},
		{[]byte("-----BEGIN AGE ENCRYPTED FILE-----\n" + canary), k, ErrDecrypt},
	} {
		if _, err := DecryptWith(bytes.NewReader(c.text), c.key); !errors.Is(err, c.want) {
			t.Errorf("%v, want %v", err, c.want)
		}
	}
	if _, err := EncryptTo(&out, []string{canary}); !errors.Is(err, errRecipient) {
		t.Errorf("%v", err)
	}
	if _, err := EncryptTo(&out, nil); err == nil {
		t.Error("to nobody")
	}
}

// FuzzUnlock: no hostile file opens, takes long or is quoted.
func FuzzUnlock(f *testing.F) {
	k, err := Make()
	if err != nil {
		f.Fatal(err)
	}
	locked, err := lock(k, secret.New(phrase), cheap)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(locked)
	f.Add([]byte(ageHeader + "-> scrypt AAAAAAAAAAAAAAAAAAAAAA 30\nAAAA\n--- AAAA\n"))
	f.Add([]byte("-----BEGIN AGE ENCRYPTED FILE-----\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if bytes.Contains(text, []byte(" scrypt ")) && len(text) < MostFile {
			return // an honest file of little work opens, and one of more work takes long: TestUnlockRefuses has the bound
		}
		if opened, err := Unlock(text, secret.New("another")); err == nil && !bytes.Contains(text, []byte("AGE-SECRET-KEY-1")) {
			t.Errorf("%q opens as %v", text, opened.Recipient())
		}
	})
}
