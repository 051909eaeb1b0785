package checkpoint

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"ivalt-radius/audit/durable"
	"ivalt-radius/secret"
)

// The files of a node's key in state.directory.
const (
	KeyFile    = "audit.key"
	PublicFile = "audit.pub"
)

const (
	privateBlock, publicBlock = "PRIVATE KEY", "PUBLIC KEY" // PKCS #8 and PKIX in PEM, as openssl reads them

	everyone = 0o644
	others   = 0o077

	maxPublic = 4 << 10 // octets that are read of a public key's file
)

// Key signs. It never prints itself. The zero Key signs nothing.
type Key struct{ private ed25519.PrivateKey }

// Public is the half that verifies. The zero Public verifies nothing.
type Public struct{ key ed25519.PublicKey }

// message is what is signed.
func message(seq uint64, hash string) []byte {
	return fmt.Appendf(nil, "ivalt-radius audit checkpoint 1\n%d\n%s\n", seq, hash)
}

// Sign is the signature over a record, in base64; empty for the zero Key.
func (k Key) Sign(seq uint64, hash string) string {
	if k.private == nil {
		return ""
	}
	return base64.StdEncoding.EncodeToString(ed25519.Sign(k.private, message(seq, hash)))
}

// Zero reports the Key that signs nothing.
func (k Key) Zero() bool { return k.private == nil }

// Public is the half that verifies.
func (k Key) Public() Public {
	if k.private == nil {
		return Public{}
	}
	public, _ := k.private.Public().(ed25519.PublicKey)
	return Public{public}
}

// Verify reports that the signature over the record is the key's.
func (p Public) Verify(seq uint64, hash, signature string) bool {
	octets, err := base64.StdEncoding.Strict().DecodeString(signature)
	return err == nil && p.key != nil && !strings.ContainsAny(signature, "\r\n") && ed25519.Verify(p.key, message(seq, hash), octets)
}

// Zero reports the Public that verifies nothing.
func (p Public) Zero() bool { return p.key == nil }

// Fingerprint is the SHA-256 of the public key, the first 32 hex digits; empty for the zero Public.
func (p Public) Fingerprint() string {
	if p.key == nil {
		return ""
	}
	sum := sha256.Sum256(p.key)
	return hex.EncodeToString(sum[:16])
}

// OpenOrMake is the key in a state directory, which it makes where there is none. The public half is written where it is missing
// or another one's.
func OpenOrMake(dir string) (Key, error) {
	path := filepath.Join(dir, KeyFile)
	k, err := read(path)
	if errors.Is(err, fs.ErrNotExist) {
		k, err = create(path)
	}
	if err != nil {
		return Key{}, fmt.Errorf("the key of the audit trail: %w", err)
	}
	if p, err := ReadPublic(filepath.Join(dir, PublicFile)); err != nil || !p.key.Equal(k.Public().key) {
		if err := writePublic(filepath.Join(dir, PublicFile), k.Public()); err != nil {
			return Key{}, fmt.Errorf("the public key of the audit trail: %w", err)
		}
	}
	return k, nil
}

func read(path string) (Key, error) {
	info, err := os.Stat(path)
	if err != nil {
		return Key{}, err
	}
	if info.Mode().Perm()&others != 0 {
		return Key{}, fmt.Errorf("others can read or write it: chmod 600 %s", path)
	}
	text, err := os.ReadFile(filepath.Clean(path))
	if err != nil {
		return Key{}, err
	}
	block, _ := pem.Decode(text)
	if block == nil || block.Type != privateBlock {
		return Key{}, fmt.Errorf("%s holds no private key in PEM", path)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	private, ok := parsed.(ed25519.PrivateKey)
	if err != nil || !ok {
		return Key{}, fmt.Errorf("%s holds no Ed25519 key", path) // not the library's words: they may quote it
	}
	return Key{private}, nil
}

func create(path string) (Key, error) {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return Key{}, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return Key{}, err
	}
	text := pem.EncodeToMemory(&pem.Block{Type: privateBlock, Bytes: der})
	return Key{private}, durable.Place(path, durable.Bytes(text))
}

func writePublic(path string, p Public) error {
	der, err := x509.MarshalPKIXPublicKey(p.key)
	if err != nil {
		return err
	}
	name, err := durable.Aside(path, durable.Bytes(pem.EncodeToMemory(&pem.Block{Type: publicBlock, Bytes: der})))
	if err != nil {
		return err
	}
	if err := errors.Join(readable(name), os.Rename(name, path)); err != nil {
		return errors.Join(err, os.Remove(name))
	}
	return durable.SyncDirectory(filepath.Dir(path))
}

// readable lets everybody read a file. The directory may be another user's, who would have a link followed.
func readable(name string) error {
	file, err := os.OpenFile(filepath.Clean(name), os.O_WRONLY|syscall.O_NOFOLLOW, 0)
	if err != nil {
		return err
	}
	return errors.Join(file.Chmod(everyone), file.Close())
}

// ReadPublic reads a public key in PEM.
func ReadPublic(path string) (Public, error) {
	file, err := os.OpenFile(filepath.Clean(path), os.O_RDONLY|syscall.O_NONBLOCK, 0) // it may lie in a stranger's copy of a trail
	if err != nil {
		return Public{}, err
	}
	text, err := io.ReadAll(io.LimitReader(file, maxPublic))
	if err := errors.Join(err, file.Close()); err != nil {
		return Public{}, err
	}
	block, _ := pem.Decode(text)
	if block == nil || block.Type != publicBlock {
		return Public{}, fmt.Errorf("%s holds no public key in PEM, as %s in state.directory does", path, PublicFile)
	}
	parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
	public, ok := parsed.(ed25519.PublicKey)
	if err != nil || !ok {
		return Public{}, fmt.Errorf("%s holds no Ed25519 key", path)
	}
	return Public{public}, nil
}

// String implements fmt.Stringer.
func (Key) String() string { return secret.Redacted }

// GoString implements fmt.GoStringer, for %#v.
func (Key) GoString() string { return secret.Redacted }

// Format implements fmt.Formatter, so that no verb reaches the key.
func (Key) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(secret.Redacted)) }

// MarshalText implements encoding.TextMarshaler, and so that of JSON.
func (Key) MarshalText() ([]byte, error) { return []byte(secret.Redacted), nil }
