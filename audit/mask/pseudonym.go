package mask

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"strings"

	"ivalt-radius/audit/durable"
)

// KeyFile is where the key of pseudonyms lies, in state.directory.
const KeyFile = "pseudonym.key"

// keySize is the key's length in octets.
const keySize = 32

// Pseudonymizer replaces names, addresses and mobiles by keyed pseudonyms (HMAC-SHA-256): the same for the same person as long as the
// key is the same, and no help to whoever has no key, not even to try names. Its methods are safe for concurrent use. The zero
// Pseudonymizer, which has no key, is not for use.
type Pseudonymizer struct{ key []byte }

// New has the key given: 32 octets that nobody else knows.
func New(key []byte) (Pseudonymizer, error) {
	if len(key) != keySize {
		return Pseudonymizer{}, fmt.Errorf("a key of pseudonyms has %d octets, not %d", keySize, len(key))
	}
	return Pseudonymizer{key: append([]byte(nil), key...)}, nil
}

// Open has the key that lies in a directory, and makes it, for its owner alone, where there is none: 64 hex digits on a line.
func Open(directory string) (Pseudonymizer, error) {
	p, err := open(filepath.Join(directory, KeyFile))
	if err != nil {
		return Pseudonymizer{}, fmt.Errorf("the key of pseudonyms: %w", err)
	}
	return p, nil
}

func open(path string) (Pseudonymizer, error) {
	const others, line = 0o077, 2*keySize + len("\n")
	file, err := os.Open(filepath.Clean(path))
	if errors.Is(err, fs.ErrNotExist) {
		return create(path)
	}
	if err != nil {
		return Pseudonymizer{}, err
	}
	defer func() { _ = file.Close() }() // only read
	info, err := file.Stat()
	if err != nil {
		return Pseudonymizer{}, err
	}
	if info.Mode().Perm()&others != 0 {
		return Pseudonymizer{}, fmt.Errorf("others can read it or write to it: chmod 600 %s", path)
	}
	text, err := io.ReadAll(io.LimitReader(file, int64(line)+1))
	if err != nil {
		return Pseudonymizer{}, err
	}
	key, err := hex.DecodeString(strings.TrimSuffix(string(text), "\n"))
	if err != nil || len(key) != keySize {
		return Pseudonymizer{}, fmt.Errorf("%s holds no 64 hex digits on a line; move it away, and a new one is made: "+
			"the pseudonyms are others from then on", path)
	}
	return New(key)
}

// create draws a key by lot and keeps it, down to the disk. Where another process makes it at the same time, its key counts.
func create(path string) (Pseudonymizer, error) {
	key := make([]byte, keySize)
	_, _ = rand.Read(key) // never fails
	err := durable.Place(path, durable.Bytes(fmt.Appendf(nil, "%x\n", key)))
	if errors.Is(err, fs.ErrExist) {
		return open(path)
	}
	if err != nil {
		return Pseudonymizer{}, err
	}
	return New(key)
}

// User is the pseudonym of a login name, whatever its case; empty for none.
func (p Pseudonymizer) User(name string) string {
	return p.pseudonym("user", strings.ToLower(strings.TrimSpace(name)))
}

// Address is the pseudonym of an address, however it is written; of a text that is none, as it is. Empty for none.
func (p Pseudonymizer) Address(text string) string {
	if address, err := netip.ParseAddr(text); err == nil {
		text = address.Unmap().WithZone("").String()
	}
	return p.pseudonym("address", strings.ToLower(strings.TrimSpace(text)))
}

// Mobile is the pseudonym of a mobile as the trail shows it; of two numbers that end alike it may be the same one.
func (p Pseudonymizer) Mobile(text string) string { return p.pseudonym("mobile", text) }

// pseudonym is a word and 16 hex digits.
func (p Pseudonymizer) pseudonym(class, value string) string {
	const digits = 8 // octets
	if value == "" {
		return ""
	}
	h := hmac.New(sha256.New, p.key)
	_, _ = io.WriteString(h, class+"\x00"+value)
	return class + "-" + hex.EncodeToString(h.Sum(nil)[:digits])
}
