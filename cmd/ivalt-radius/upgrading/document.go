package upgrading

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"ivalt-radius/auth/carried"
	"ivalt-radius/radius/carry"
	"ivalt-radius/state"
	"ivalt-radius/state/cluster"
)

// Document is what the process before knew, and this one needs.
type Document struct {
	Version string   `json:"version"` // of the program that wrote it
	Args    []string `json:"args"`    // that it was started with
	Token   string   `json:"token"`   // of whoever asked for the upgrade
	Stop    bool     `json:"stop"`    // it was told to stop meanwhile
	Reload  bool     `json:"reload"`  // or to reload

	Logins    carried.Logins   `json:"logins"`
	Exchanges carry.Exchanges  `json:"exchanges"`
	Phones    *cluster.Carried `json:"phones,omitempty"` // of a node that is alone
	Spent     *state.Spent     `json:"spent,omitempty"`  // of its API budget
}

// The form of a document: a line with its mark, its form and the digest of what follows, and then JSON.
const (
	mark         = "ivalt-radius logins 1 "
	mostDocument = 512 << 20
)

var (
	errForm    = errors.New("the document of the waiting logins is of another form: another version wrote it")
	errChanged = errors.New("the document of the waiting logins is not as it was written")
	errLarge   = errors.New("the document of the waiting logins is too large")
)

// Encode is the document as it is handed on.
func (d *Document) Encode() ([]byte, error) {
	text, err := json.Marshal(d)
	if err != nil {
		return nil, fmt.Errorf("writing the waiting logins: %w", err)
	}
	if len(text) > mostDocument {
		return nil, errLarge
	}
	sum := sha256.Sum256(text)
	return append([]byte(mark+hex.EncodeToString(sum[:])+"\n"), text...), nil
}

// Decode reads what Encode made, whole and unchanged, and nothing else.
func Decode(from io.Reader) (*Document, error) {
	whole, err := io.ReadAll(io.LimitReader(from, mostDocument+1<<10))
	if err != nil {
		return nil, fmt.Errorf("reading the waiting logins: %w", err)
	}
	head, text, _ := bytes.Cut(whole, []byte("\n"))
	said, ok := bytes.CutPrefix(head, []byte(mark))
	if !ok {
		return nil, errForm
	}
	sum := sha256.Sum256(text)
	if string(said) != hex.EncodeToString(sum[:]) {
		return nil, errChanged
	}
	strict := json.NewDecoder(bytes.NewReader(text))
	strict.DisallowUnknownFields()
	d := &Document{}
	if err := strict.Decode(d); err != nil {
		return nil, errForm
	}
	return d, nil
}
