package checkpoint

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// HeadFile is where the last checkpoint is kept in state.directory, apart from the trail: lines cut off the trail's end are missed
// by it.
const HeadFile = "audit.head"

// headMost bounds what is read of it.
const headMost = 64 << 10

// Head is the last checkpoint of a trail that is known to be on disk. The zero Head is none.
type Head struct {
	Seq        uint64    `json:"seq"`  // of the checkpoint's own line
	Hash       string    `json:"hash"` // of that line
	Covers     uint64    `json:"covers"`
	CoversHash string    `json:"covers_hash"`
	Key        string    `json:"key"` // fingerprint
	Signature  string    `json:"signature"`
	Time       time.Time `json:"time"`
}

// ReadHead is the head that a state directory keeps, the zero Head where there is none yet.
func ReadHead(dir string) (Head, error) {
	path := filepath.Join(dir, HeadFile)
	text, err := os.ReadFile(filepath.Clean(path))
	if errors.Is(err, fs.ErrNotExist) {
		return Head{}, nil
	}
	if err != nil {
		return Head{}, fmt.Errorf("the last checkpoint: %w", err)
	}
	var h Head
	if len(text) > headMost || json.Unmarshal(text, &h) != nil || !h.sound() {
		return Head{}, fmt.Errorf("the last checkpoint: %s holds none", path)
	}
	return h, nil
}

// sound reports a head that can be one.
func (h Head) sound() bool {
	const most = 1 << 62 // no trail gets there
	octets, err := hex.DecodeString(h.Hash)
	return err == nil && len(octets) == sha256.Size && h.Hash == hex.EncodeToString(octets) && h.Seq > 1 && h.Seq < most && h.Covers+1 == h.Seq
}

// Write keeps the head in a state directory, in the place of the one before. A crash leaves one of the two, whole.
func (h Head) Write(dir string) error {
	text, err := json.Marshal(h)
	if err != nil {
		return fmt.Errorf("the last checkpoint: %w", err)
	}
	path := filepath.Join(dir, HeadFile)
	name := path + ".new"
	file, err := os.OpenFile(filepath.Clean(name), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, owner)
	if err != nil {
		return fmt.Errorf("the last checkpoint: %w", err)
	}
	_, err = file.Write(append(text, '\n'))
	if err = errors.Join(err, file.Sync(), file.Close()); err == nil {
		err = os.Rename(name, path)
	}
	if err != nil {
		return fmt.Errorf("the last checkpoint: %w", errors.Join(err, os.Remove(name)))
	}
	return nil
}
