package seal

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"filippo.io/age"
	"filippo.io/age/armor"

	"ivalt-radius/secret"
)

const (
	// ageHeader begins every age file that is not armored (age-encryption.org/v1).
	ageHeader = "age-encryption.org/v1\n"

	// work is the scrypt work factor of a key file that Lock makes, as `age -p` does: 2^18 rounds, 256 MiB, about a second.
	work = 18
	// mostWork bounds that of a file which is opened: 2^20 rounds, 1 GiB, some seconds.
	mostWork = 20
)

// Errors of Unlock. None quotes anything of the file or the passphrase.
var (
	ErrLocked     = errors.New("it is encrypted with a passphrase")
	ErrPassphrase = errors.New("the passphrase does not open it, or it is damaged")
	ErrWork       = fmt.Errorf("its scrypt work factor is above %d, which takes too long and too much memory: encrypt the key anew with `age -p`", mostWork)
)

// Locked reports a key's file that is itself encrypted, armored or not.
func Locked(text []byte) bool {
	return bytes.HasPrefix(text, []byte(ageHeader)) || armored(text)
}

func armored(text []byte) bool { return bytes.HasPrefix(bytes.TrimSpace(text), []byte(armor.Header)) }

// Unlock is the key in a file, which is encrypted with the passphrase or not at all. The error is ErrFile, ErrLocked (the passphrase
// is empty), ErrPassphrase or ErrWork. It takes about a second and 256 MiB where the file is encrypted.
func Unlock(text []byte, passphrase secret.Secret) (Key, error) {
	switch {
	case len(text) > MostFile:
		return Key{}, ErrFile
	case !Locked(text):
		return Parse(text)
	case passphrase.Empty():
		return Key{}, ErrLocked
	}
	identity, err := age.NewScryptIdentity(passphrase.Reveal())
	if err != nil {
		return Key{}, ErrPassphrase
	}
	identity.SetMaxWorkFactor(mostWork)
	var in io.Reader = bytes.NewReader(text)
	if armored(text) {
		in = armor.NewReader(in)
	}
	r, err := age.Decrypt(in, identity)
	if err != nil {
		return Key{}, whyLocked(err)
	}
	opened, err := io.ReadAll(io.LimitReader(r, MostFile+1))
	if err != nil {
		return Key{}, ErrPassphrase
	}
	return Parse(opened)
}

// whyLocked says why a file did not open, in words that quote nothing of it. age has no error for a work factor that is too large.
func whyLocked(err error) error {
	if strings.Contains(err.Error(), "work factor too large") {
		return ErrWork
	}
	return ErrPassphrase
}

// Lock is the text of a key's file that the passphrase encrypts, armored, as `age -p -a` writes it.
func Lock(k Key, passphrase secret.Secret) ([]byte, error) { return lock(k, passphrase, work) }

func lock(k Key, passphrase secret.Secret, factor int) ([]byte, error) {
	if k.identity == nil {
		return nil, errNoKey
	}
	recipient, err := age.NewScryptRecipient(passphrase.Reveal())
	if err != nil {
		return nil, errors.New("the passphrase is empty")
	}
	recipient.SetWorkFactor(factor)
	var out bytes.Buffer
	armoring := armor.NewWriter(&out)
	w, err := age.Encrypt(armoring, recipient)
	if err != nil {
		return nil, fmt.Errorf("encrypting the key: %w", err)
	}
	_, err = w.Write(k.file())
	if err = errors.Join(err, w.Close(), armoring.Close()); err != nil {
		return nil, fmt.Errorf("encrypting the key: %w", err)
	}
	return out.Bytes(), nil
}

// Ring remembers the last key that a passphrase opened, so that a reload whose key file and passphrase are as they were does not
// derive again. The zero Ring remembers none; a nil one never does. It is safe for concurrent use.
type Ring struct {
	mu   sync.Mutex
	of   [sha256.Size]byte
	last Key
}

// Unlock is the function Unlock, answered from memory where it can be.
func (r *Ring) Unlock(text []byte, passphrase secret.Secret) (Key, error) {
	if r == nil || !Locked(text) {
		return Unlock(text, passphrase)
	}
	of := sha256.Sum256(fmt.Appendf(nil, "%d\n%s%s", len(text), text, passphrase.Reveal()))
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.last.identity != nil && subtle.ConstantTimeCompare(of[:], r.of[:]) == 1 {
		return r.last, nil
	}
	k, err := Unlock(text, passphrase)
	if err == nil {
		r.of, r.last = of, k
	}
	return k, err
}
