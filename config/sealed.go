package config

import (
	"cmp"
	"errors"
	"fmt"
	"sync"

	"ivalt-radius/config/keys"
	"ivalt-radius/config/seal"
)

// keyFile is the key of the settings that names the file with the key of sealed secrets.
const keyFile = keys.SealKeyFile

// errKeyTold says that there is no key to open a secret with. A fault at keyFile says so already, once, however many sealed secrets
// there are.
var errKeyTold = errors.New("there is no key")

// sealKey reads the key of sealed secrets when the first of them wants it.
func (l *loader) sealKey(path string) func() (seal.Key, error) {
	return sync.OnceValues(func() (seal.Key, error) {
		key, err := l.readKey(cmp.Or(path, seal.Beside(l.path)))
		if err != nil {
			l.faults.Add(keyFile, "%s", err)
			return seal.Key{}, errKeyTold
		}
		return key, nil
	})
}

func (l *loader) readKey(path string) (seal.Key, error) {
	text, mode, err := l.read(path, seal.MostFile)
	if err != nil {
		return seal.Key{}, fmt.Errorf("sealed secrets need their key, and %q cannot be read: %w", path, err)
	}
	if err := seal.Private(mode, path); err != nil {
		return seal.Key{}, err
	}
	key, err := seal.Parse(text)
	if err != nil {
		return seal.Key{}, fmt.Errorf("sealed secrets need their key, and %q is none: %w", path, err)
	}
	return key, nil
}

// sealed opens a sealed secret.
func (l *loader) sealed(text string) (string, error) {
	key, err := l.key()
	if err != nil {
		return "", err
	}
	opened, err := key.Open(text)
	return opened.Reveal(), err
}
