package checkpoint

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSignatures(t *testing.T) {
	dir := t.TempDir()
	k, err := OpenOrMake(dir)
	if err != nil {
		t.Fatal(err)
	}
	again, err := OpenOrMake(dir)
	if err != nil || !again.private.Equal(k.private) {
		t.Fatalf("another key: %v", err)
	}
	public, err := ReadPublic(filepath.Join(dir, PublicFile))
	if err != nil || public.Fingerprint() != k.Public().Fingerprint() || len(public.Fingerprint()) != 32 {
		t.Fatalf("%v %q", err, public.Fingerprint())
	}
	other, err := OpenOrMake(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	signature := k.Sign(7, "ab")
	for name, ok := range map[string]bool{
		"as signed":         public.Verify(7, "ab", signature),
		"another number":    !public.Verify(8, "ab", signature),
		"another hash":      !public.Verify(7, "ac", signature),
		"another key":       !other.Public().Verify(7, "ab", signature),
		"no key":            !Public{}.Verify(7, "ab", signature),
		"no signature":      !public.Verify(7, "ab", ""),
		"no base64":         !public.Verify(7, "ab", "*"),
		"a line break":      !public.Verify(7, "ab", signature[:20]+"\n"+signature[20:]),
		"the zero key":      Key{}.Sign(7, "ab") == "" && Key{}.Zero() && Key{}.Public().Zero() && Public{}.Fingerprint() == "",
		"a moved line feed": !public.Verify(7, "ab\n", signature),
	} {
		if !ok {
			t.Error(name)
		}
	}
}

func TestKeyFiles(t *testing.T) {
	dir := t.TempDir()
	if _, err := OpenOrMake(dir); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, KeyFile)
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	if err := os.WriteFile(filepath.Join(dir, PublicFile), []byte("another one's"), 0o600); err != nil {
		t.Fatal(err)
	}
	k, err := OpenOrMake(dir)
	if err != nil {
		t.Fatal(err)
	}
	if p, err := ReadPublic(filepath.Join(dir, PublicFile)); err != nil || p.Fingerprint() != k.Public().Fingerprint() {
		t.Errorf("the public half is not written anew: %v", err)
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenOrMake(dir); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("a key that others can read: %v", err)
	}
	for name, text := range map[string]string{
		"text": "x", "another block": "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
		"no key": strings.ReplaceAll("-----BEGIN X-----\nAAAA\n-----END X-----\n", "X", privateBlock),
	} {
		bad := t.TempDir()
		for _, file := range []string{KeyFile, PublicFile} {
			if err := os.WriteFile(filepath.Join(bad, file), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := OpenOrMake(bad); err == nil {
			t.Errorf("%s: a key", name)
		}
		if _, err := ReadPublic(filepath.Join(bad, PublicFile)); err == nil {
			t.Errorf("%s: a public key", name)
		}
	}
	if _, err := OpenOrMake(filepath.Join(dir, "none")); err == nil {
		t.Error("a directory that is not there")
	}
}

func TestKeysNeverPrint(t *testing.T) {
	k, err := OpenOrMake(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	out, err := json.Marshal(map[string]any{"k": k})
	if err != nil {
		t.Fatal(err)
	}
	text := string(out) + k.String() + k.GoString() + fmt.Sprintf("%v %+v %#v %x %s %q", k, k, k, k, &k, struct{ K Key }{k})
	if n := strings.Count(text, "[redacted]"); n != 9 || strings.Contains(text, fmt.Sprintf("%x", []byte(k.private)[:4])) {
		t.Errorf("%d in %s", n, text)
	}
}
