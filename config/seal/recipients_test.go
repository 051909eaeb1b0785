package seal

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"filippo.io/age"
)

func TestEncryptTo(t *testing.T) {
	one, two, other := mustMake(t), mustMake(t), mustMake(t)
	recipient := func(k Key) string { return k.identity.Recipient().String() }
	file := filepath.Join(t.TempDir(), "recipients")
	if err := os.WriteFile(file, []byte("# who may read\r\n\n "+recipient(two)+"\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	named, err := Recipients([]string{recipient(one), file})
	if err != nil || !slices.Equal(named, []string{recipient(one), recipient(two)}) {
		t.Fatalf("%v, %v", named, err)
	}
	var sealed bytes.Buffer
	w, err := EncryptTo(&sealed, named)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Repeat(canary, 10_000) // more than one chunk of age's
	_, err = io.WriteString(w, text)
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(sealed.String(), canary) {
		t.Error("it can be read")
	}
	for i, k := range []Key{one, two, other} {
		r, err := age.Decrypt(bytes.NewReader(sealed.Bytes()), k.identity)
		if i == 2 {
			if err == nil {
				t.Error("another key decrypts it")
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(r); err != nil || string(got) != text {
			t.Errorf("key %d: %d octets, %v", i, len(got), err)
		}
	}
}

func TestNoRecipients(t *testing.T) {
	key := mustMake(t)
	write := func(text string) string {
		path := filepath.Join(t.TempDir(), "recipients")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good := key.identity.Recipient().String()
	for name, named := range map[string]string{
		"cut": good[:61], "a secret key": key.identity.String(), "one in small letters": strings.ToLower(key.identity.String()), "no file": filepath.Join(t.TempDir(), "none"),
		"a directory": t.TempDir(), "empty": write("\n# nobody\n"), "a file of a secret key": write(key.identity.String()), "noise": write(canary), "large": write(strings.Repeat(good+"\n", 1100)),
		"nothing": "",
	} {
		found, err := Recipients([]string{good, named})
		if err == nil || strings.Contains(err.Error(), canary) || strings.Contains(strings.ToUpper(err.Error()), key.identity.String()) {
			t.Errorf("%s: %v, %v", name, found, err)
		}
	}
	for _, none := range [][]string{nil, {"age1"}, {canary}} {
		if _, err := EncryptTo(io.Discard, none); err == nil {
			t.Errorf("%q: it encrypts", none)
		}
	}
	if _, err := EncryptTo(broken{}, []string{good}); err == nil {
		t.Error("a disk that is full")
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("full") }
