package secretage

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"ivalt-radius/audit/durable"
	"ivalt-radius/config"
	"ivalt-radius/config/inventory"
	"ivalt-radius/secret"
)

// The files in state.directory.
const (
	IDFile       = "secrets.id"
	RegisterFile = "secrets.json"
)

const (
	others    = 0o066
	idOctets  = 32
	mostFile  = 4 << 20 // octets of the register
	forgotten = 400 * 24 * time.Hour
)

// seen is what is kept of one secret.
type seen struct {
	First time.Time `json:"first"`
	Last  time.Time `json:"last"` // of a start or a reload
}

// register is secrets.json. The zero register has seen nothing.
type register struct {
	key     []byte
	Secrets map[string]seen `json:"secrets"` // by digest
}

// digest names a secret of a kind.
func (r register) digest(k inventory.Kind, s secret.Secret) string {
	mac := hmac.New(sha256.New, r.key)
	_, _ = io.WriteString(mac, "ivalt-radius secret\n"+string(k)+"\n"+s.Reveal())
	return hex.EncodeToString(mac.Sum(nil))
}

// first implements inventory.Seen.
func (r register) first(k inventory.Kind, s secret.Secret) (time.Time, bool) {
	if r.key == nil {
		return time.Time{}, false
	}
	at, ok := r.Secrets[r.digest(k, s)]
	return at.First, ok
}

// Note keeps that a server has these settings now, and lists their secrets. An error means that the ages could not be kept; the list
// is there all the same. One server at a time calls it: whoever holds the lock on the state.
func Note(s *config.Settings, now time.Time) ([]inventory.Entry, error) {
	dir := s.State.Directory
	r, err := open(dir)
	if errors.Is(err, fs.ErrNotExist) {
		r.key, err = makeID(dir)
		r.Secrets = map[string]seen{}
	}
	if err != nil {
		return inventory.Inventory(s, nil, now), fmt.Errorf("the ages of the secrets: %w", err)
	}
	now = now.UTC().Truncate(time.Second)
	for _, p := range inventory.Places(s) {
		name := r.digest(p.Kind, p.Value)
		at, known := r.Secrets[name]
		if !known {
			at.First = now
		}
		at.Last = now
		r.Secrets[name] = at
	}
	for name, at := range r.Secrets {
		if now.Sub(at.Last) > forgotten {
			delete(r.Secrets, name)
		}
	}
	entries := inventory.Inventory(s, r.first, now)
	if err := r.write(dir); err != nil {
		return entries, fmt.Errorf("the ages of the secrets: %w", err)
	}
	return entries, nil
}

// List lists the secrets of the settings with the ages that a server has kept, whether one runs or not.
func List(s *config.Settings, now time.Time) ([]inventory.Entry, error) {
	r, err := open(s.State.Directory)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("the ages of the secrets: %w", err)
	}
	return inventory.Inventory(s, r.first, now), nil
}

// open reads the register. Where there is no key the error is fs.ErrNotExist; a key without a register has seen nothing.
func open(dir string) (register, error) {
	key, err := readID(filepath.Join(dir, IDFile))
	if err != nil {
		return register{}, err
	}
	r := register{key: key, Secrets: map[string]seen{}}
	path := filepath.Join(dir, RegisterFile)
	text, err := durable.ReadAll(path, mostFile)
	var long durable.LongError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return r, nil
	case err != nil && !errors.As(err, &long):
		return register{}, err
	case err != nil || json.Unmarshal(text, &r) != nil:
		return register{}, fmt.Errorf("%s is damaged: remove it, and the ages begin anew", path)
	}
	if r.Secrets == nil {
		r.Secrets = map[string]seen{}
	}
	return r, nil
}

func readID(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Mode().Perm()&others != 0 {
		return nil, fmt.Errorf("others can read or write the key of the ages: chmod 600 %s", path)
	}
	text, err := os.ReadFile(filepath.Clean(path))
	if err != nil {
		return nil, err
	}
	key, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(key) != idOctets {
		return nil, fmt.Errorf("%s is damaged: remove it, and the ages begin anew", path)
	}
	return key, nil
}

func makeID(dir string) ([]byte, error) {
	key := make([]byte, idOctets)
	_, _ = rand.Read(key) // never fails
	return key, durable.Place(filepath.Join(dir, IDFile), durable.Bytes(fmt.Appendf(nil, "%x\n", key)))
}

func (r register) write(dir string) error {
	text, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return err
	}
	return durable.Write(filepath.Join(dir, RegisterFile), durable.Bytes(append(text, '\n')))
}
