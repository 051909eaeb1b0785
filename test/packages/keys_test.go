//go:build packages

package packages_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// keys are thrown away after the test.
type keys struct{ home, openPGP, rsa, public string }

func newKeys(dir string) (keys, error) {
	k := keys{home: filepath.Join(dir, "gnupg"), openPGP: filepath.Join(dir, "key.asc"), rsa: filepath.Join(dir, "apk.rsa"), public: filepath.Join(dir, "public.asc")}
	if err := os.MkdirAll(k.home, 0o700); err != nil {
		return k, err
	}
	for _, args := range [][]string{
		{"gpg", "--batch", "--passphrase", "", "--quick-gen-key", "packages-test", "rsa3072", "sign", "1d"},
		{"gpg", "--batch", "--armor", "--output", k.openPGP, "--export-secret-keys", "packages-test"},
		{"gpg", "--batch", "--armor", "--output", k.public, "--export", "packages-test"},
		{"openssl", "genrsa", "-traditional", "-out", k.rsa, "2048"},
	} {
		if _, err := run(context.Background(), dir, k.environ(), args[0], args[1:]...); err != nil {
			return k, err
		}
	}
	return k, nil
}

func (k keys) environ() []string { return append(os.Environ(), "GNUPGHOME="+k.home) }

// TestSign: `make sign` signs the sums, whoever has the public key verifies them, and a file that was changed is found.
func TestSign(t *testing.T) {
	dist := t.TempDir()
	must(t, "cp", "-r", built.first+"/.", dist)
	env := append(built.keys.environ(), "KEY=packages-test", "DIST="+dist)
	if out, err := run(t.Context(), root, env, "packaging/sign.sh"); err != nil {
		t.Fatal(out, err)
	}
	verify := func() error {
		_, err := run(t.Context(), dist, built.keys.environ(), "gpg", "--batch", "--verify", "SHA256SUMS.asc", "SHA256SUMS")
		return err
	}
	check := func() error {
		_, err := run(t.Context(), dist, nil, "sha256sum", "--check", "--quiet", "SHA256SUMS")
		return err
	}
	if verify() != nil || check() != nil {
		t.Errorf("%v, %v", verify(), check())
	}
	for _, spoiled := range []struct {
		file   string
		missed func() error
	}{{one(t, dist, "*.deb"), check}, {filepath.Join(dist, "SHA256SUMS"), verify}} {
		file, err := os.OpenFile(spoiled.file, os.O_WRONLY|os.O_APPEND, 0)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = file.WriteString("x")
		_ = file.Close()
		if spoiled.missed() == nil {
			t.Errorf("%s was changed, and nobody notices", spoiled.file)
		}
	}
	if _, err := run(t.Context(), root, env, "packaging/sign.sh"); err == nil {
		t.Error("changed files are signed")
	}
}

// TestSignedPackages carry the signatures of their own kinds.
func TestSignedPackages(t *testing.T) {
	db := t.TempDir()
	must(t, "rpm", "--dbpath", db, "--import", built.keys.public)
	rpm := one(t, built.signed, "*.rpm")
	if out := must(t, "rpm", "--dbpath", db, "-Kv", rpm); !strings.Contains(out, "Signature, key ID") || strings.Contains(out, "NOKEY") {
		t.Error(out)
	}
	if out := must(t, "ar", "t", one(t, built.signed, "*.deb")); !strings.Contains(out, "_gpgorigin") {
		t.Error(out)
	}
	if out := must(t, "sh", "-c", "tar -tzf "+one(t, built.signed, "*.apk")+" 2>/dev/null || true"); !strings.HasPrefix(out, ".SIGN.RSA.") {
		t.Errorf("%.200s", out)
	}
	if out := must(t, "ar", "t", one(t, built.first, "*.deb")); strings.Contains(out, "_gpg") {
		t.Error("signed without a key")
	}
}
