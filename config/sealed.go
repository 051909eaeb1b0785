package config

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync"

	"ivalt-radius/config/keys"
	"ivalt-radius/config/seal"
	"ivalt-radius/secret"
)

// The keys of the settings that name the file with the key of sealed secrets, and what opens that.
const (
	keyFile    = keys.SealKeyFile
	passphrase = "secrets.passphrase"
)

// errKeyTold says that there is no key to open a secret with. A fault at keyFile or passphrase says so already, once, however many
// sealed secrets there are.
var errKeyTold = errors.New("there is no key")

// sealKey reads the key of sealed secrets when the first of them wants it. The passphrase is read at once, so that its faults are told
// before there is one.
func (l *loader) sealKey(s *Secrets) func() (seal.Key, error) {
	written := !s.Passphrase.Empty()
	if written {
		s.Passphrase = l.passphrase(s.Passphrase)
	}
	return sync.OnceValues(func() (seal.Key, error) {
		if written && s.Passphrase.Empty() {
			return seal.Key{}, errKeyTold
		}
		key, err := l.readKey(s.KeyFile, s.Passphrase)
		switch {
		case errors.Is(err, seal.ErrPassphrase):
			l.faults.Add(passphrase, "%s", err)
			return seal.Key{}, errKeyTold
		case err != nil:
			l.faults.Add(keyFile, "%s", err)
			return seal.Key{}, errKeyTold
		}
		return key, nil
	})
}

// passphrase is what opens the key. In the settings' own file it would protect nothing, and nothing can seal it.
func (l *loader) passphrase(written secret.Secret) secret.Secret {
	scheme, _, _ := strings.Cut(written.Reveal(), ":")
	if scheme != "env" && scheme != "file" && scheme != "credential" {
		l.faults.Add(passphrase, "must not stand in the settings, and cannot be sealed: write env:NAME, file:PATH or credential:NAME")
		return secret.Secret{}
	}
	text, _ := l.secret(passphrase, written)
	return text
}

// readKey reads the key's file. systemd itself keeps a credential from others, by a list that its mode does not show.
func (l *loader) readKey(written string, passphrase secret.Secret) (seal.Key, error) {
	path, own := cmp.Or(written, seal.Beside(l.path)), false
	if name, found := strings.CutPrefix(written, "credential:"); found {
		at, err := l.credentialPath(name)
		if err != nil {
			return seal.Key{}, fmt.Errorf("sealed secrets need their key: %w", err)
		}
		path, own = at, true
	} else if at, err := l.credentialPath(keyCredential); written == "" && err == nil && l.there(at) {
		path, own = at, true
	}
	text, mode, err := l.read(path, seal.MostFile)
	if err != nil {
		return seal.Key{}, fmt.Errorf("sealed secrets need their key, and %q cannot be read: %w", path, err)
	}
	if !own {
		if err := seal.Private(mode, path); err != nil {
			return seal.Key{}, err
		}
	}
	key, err := l.opt.Ring.Unlock(text, passphrase)
	switch {
	case errors.Is(err, seal.ErrLocked):
		return seal.Key{}, fmt.Errorf("sealed secrets need their key, and %q is encrypted with a passphrase: set %s", path, "secrets.passphrase")
	case err != nil:
		return seal.Key{}, fmt.Errorf("sealed secrets need their key, and %q is none: %w", path, err)
	}
	return key, nil
}

// there reports a file that exists, readable or not.
func (l *loader) there(path string) bool {
	_, _, err := l.read(path, seal.MostFile)
	return !errors.Is(err, fs.ErrNotExist)
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
