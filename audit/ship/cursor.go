package ship

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"ivalt-radius/audit/durable"
	"ivalt-radius/audit/ship/follow"
)

// cursor is where a receiver stands, as its file has it.
type cursor struct {
	Seq     uint64     `json:"seq"`               // the last record that counts as taken
	Untold  follow.Gap `json:"untold,omitzero"`   // skipped records that the trail does not speak of yet
	Shipped uint64     `json:"shipped,omitempty"` // records, since the first
	Skipped uint64     `json:"skipped,omitempty"`
}

// errCursor is a file that is no cursor.
var errCursor = errors.New("is no place in the trail")

// maxCursor is more than any cursor's file has.
const maxCursor = 4 << 10

// parseCursor reads a cursor strictly. What a power cut left is none.
func parseCursor(content []byte) (cursor, error) {
	var c cursor
	d := json.NewDecoder(bytes.NewReader(content))
	d.DisallowUnknownFields()
	if err := d.Decode(&c); err != nil || c.Seq >= 1<<63 {
		return cursor{}, errCursor
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return cursor{}, errCursor
	}
	return c, nil
}

// loadCursor reads a cursor's file. found is false where there is none; an error says that there is one, but not a good one.
func loadCursor(path string) (c cursor, found bool, err error) {
	content, err := durable.ReadAll(path, maxCursor)
	if errors.Is(err, fs.ErrNotExist) {
		return cursor{}, false, nil
	}
	if err != nil {
		return cursor{}, false, err
	}
	c, err = parseCursor(content)
	return c, err == nil, err
}

// save writes the cursor's file anew under its name. It is not synced, since that would slow down the syncs of the trail: after a power
// cut an older one may stand there, or none, and records are shipped twice.
func (c cursor) save(path string) error {
	content, err := json.Marshal(c)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(path+".new", append(content, '\n'), 0o600); err != nil {
		return err
	}
	if err := os.Rename(path+".new", path); err != nil {
		return fmt.Errorf("keeping the place in the trail: %w", err)
	}
	return nil
}
