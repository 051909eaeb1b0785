package seal

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"filippo.io/age"

	"ivalt-radius/secret"
)

const (
	ownFile = 0o600
	others  = 0o066 // by group or others: to read or to write

	// MostFile is more octets than a key's file has.
	MostFile = 16 << 10
)

// ErrFile says that a file is no key's. It quotes nothing of it.
var ErrFile = errors.New("it holds no key, or more than one: it must hold one line AGE-SECRET-KEY-1..., as `ivalt-radius seal` and age-keygen write it")

// Beside is where the key of a configuration file lies where the settings name no other place.
func Beside(configuration string) string {
	return filepath.Join(filepath.Dir(configuration), "seal.key")
}

// Private refuses the mode of a key's file that others than its owner may read or write. The error says what to do.
func Private(mode fs.FileMode, path string) error {
	if mode.Perm()&others != 0 {
		return fmt.Errorf("others can read or write the key: chmod 600 %s", path)
	}
	return nil
}

// Parse reads a key's file: one key, and comments behind #. Every other text is ErrFile.
func Parse(text []byte) (Key, error) {
	var found []string
	for line := range strings.SplitSeq(string(text), "\n") {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			found = append(found, line)
		}
	}
	if len(text) > MostFile || len(found) != 1 {
		return Key{}, ErrFile
	}
	identity, err := age.ParseX25519Identity(found[0])
	if err != nil {
		return Key{}, ErrFile // not age's own words: they may quote the line
	}
	return Key{identity}, nil
}

// OpenOrMake is the key in a file, which it makes, for its owner alone, where there is none: then made is true. It overwrites
// nothing.
func OpenOrMake(path string) (k Key, made bool, err error) {
	k, err = OpenFile(path, func() (secret.Secret, error) { return secret.Secret{}, nil })
	if errors.Is(err, fs.ErrNotExist) {
		k, err = Create(path, nil)
		return k, err == nil, err
	}
	return k, false, err
}

// OpenFile is the key in a file. ask is asked for the passphrase where the file is encrypted with one. Where there is no file the
// error is fs.ErrNotExist.
func OpenFile(path string, ask func() (secret.Secret, error)) (Key, error) {
	text, err := readFile(path)
	if err != nil {
		return Key{}, err
	}
	var passphrase secret.Secret
	if Locked(text) {
		if passphrase, err = ask(); err != nil {
			return Key{}, err
		}
	}
	k, err := Unlock(text, passphrase)
	if err != nil {
		return Key{}, fmt.Errorf("the key %q: %w", path, err)
	}
	return k, nil
}

// readFile reads a key's file, which nobody but its owner may read.
func readFile(path string) ([]byte, error) {
	file, err := os.Open(filepath.Clean(path))
	if err != nil {
		return nil, fmt.Errorf("opening the key: %w", err)
	}
	defer func() { _ = file.Close() }() // only read
	info, err := file.Stat()
	if err != nil {
		return nil, fmt.Errorf("opening the key: %w", err)
	}
	if err := Private(info.Mode(), path); err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(file, MostFile+1))
	if err != nil {
		return nil, fmt.Errorf("reading the key: %w", err)
	}
	return text, nil
}

// Create writes a new key to a file that must not be there yet, down to the disk; encrypted with a passphrase where there is one.
func Create(path string, passphrase *secret.Secret) (Key, error) {
	k, err := Make()
	if err != nil {
		return Key{}, err
	}
	text := k.file()
	if passphrase != nil {
		if text, err = Lock(k, *passphrase); err != nil {
			return Key{}, err
		}
	}
	return k, write(path, text)
}

func write(path string, text []byte) error {
	file, err := os.OpenFile(filepath.Clean(path), os.O_WRONLY|os.O_CREATE|os.O_EXCL, ownFile)
	if err != nil {
		return fmt.Errorf("making the key: %w", err)
	}
	_, err = file.Write(text)
	err = errors.Join(err, file.Sync(), file.Close())
	if err != nil {
		return errors.Join(fmt.Errorf("making the key: %w", err), os.Remove(path))
	}
	return nil
}

// file is the text of the key's file. The public half is in it, for whoever seals elsewhere.
func (k Key) file() []byte {
	return fmt.Appendf(nil, "# Opens the sealed secrets of ivalt-radius. Keep a copy where the configuration has none.\n# public key: %s\n%s\n",
		k.Recipient(), k.identity.String())
}
