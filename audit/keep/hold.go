package keep

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"ivalt-radius/audit/durable"
)

// Errors that a caller may want to tell apart.
var (
	ErrHeld   = errors.New("there is a hold of that name already: release it first, or take another name")
	ErrNoHold = errors.New("there is no hold of that name")
)

// Hold says that records of a time are needed, and why.
type Hold struct {
	Name   string    `json:"name"` // 1 to 64 letters, digits, dots, dashes and underscores; a letter or digit first
	Reason string    `json:"reason"`
	From   time.Time `json:"from"` // inclusive; zero: from the first record
	To     time.Time `json:"to"`   // exclusive; zero: without an end
}

const (
	directory  = "holds" // in state.directory
	suffix     = ".json"
	reasonMost = 500 // octets
	fileMost   = 16 << 10
)

// Check says what is wrong with a hold; nil where nothing is.
func (h Hold) Check() error {
	named := regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)
	switch {
	case !named.MatchString(h.Name):
		return errors.New("a hold's name has 1 to 64 letters, digits, dots, dashes and underscores, a letter or digit first")
	case h.Reason == "" || len(h.Reason) > reasonMost || !utf8.ValidString(h.Reason):
		return fmt.Errorf("a hold's reason has 1 to %d octets", reasonMost)
	case !h.To.IsZero() && !h.From.Before(h.To):
		return errors.New("a hold ends after it begins")
	}
	return nil
}

// Covers reports that a time span, both ends included, has something of the hold's.
func (h Hold) Covers(from, to time.Time) bool {
	return (h.To.IsZero() || from.Before(h.To)) && !to.Before(h.From)
}

func path(dir, name string) string { return filepath.Join(dir, directory, name+suffix) }

// Place puts a hold into a state directory, durably. From then on no keeper takes a segment away that it covers, where Keeper.Holds is
// held meanwhile or no keeper is at work. ErrHeld where there is one of its name.
func Place(dir string, h Hold) error {
	if err := h.Check(); err != nil {
		return err
	}
	text, err := json.Marshal(h)
	if err != nil {
		return fmt.Errorf("placing a hold: %w", err)
	}
	name := path(dir, h.Name)
	err = durable.Directory(filepath.Dir(name))
	if err == nil {
		err = durable.Place(name, durable.Bytes(append(text, '\n')))
	}
	if errors.Is(err, fs.ErrExist) {
		err = ErrHeld
	}
	if err != nil {
		return fmt.Errorf("placing a hold: %w", err)
	}
	return nil
}

// Release takes a hold away. ErrNoHold where there is none.
func Release(dir, name string) error {
	if _, err := Find(dir, name); err != nil {
		return err
	}
	if err := errors.Join(os.Remove(path(dir, name)), durable.SyncDirectory(filepath.Join(dir, directory))); err != nil {
		return fmt.Errorf("releasing a hold: %w", err)
	}
	return nil
}

// Find is the hold of a name. ErrNoHold where there is none.
func Find(dir, name string) (Hold, error) {
	holds, err := Holds(dir)
	if err != nil {
		return Hold{}, err
	}
	for _, h := range holds {
		if h.Name == name {
			return h, nil
		}
	}
	return Hold{}, ErrNoHold
}

// Holds are those of a state directory, by name. An error means that one of them cannot be read: what it holds is not known, so
// nothing may be taken away.
func Holds(dir string) ([]Hold, error) {
	entries, err := os.ReadDir(filepath.Join(dir, directory))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("reading the holds: %w", err)
	}
	holds := []Hold{}
	for _, e := range entries {
		name, ours := strings.CutSuffix(e.Name(), suffix)
		if !ours {
			continue // one that is being placed
		}
		h, err := readHold(path(dir, name))
		if err == nil && h.Name != name {
			err = fmt.Errorf("it is the hold %q", h.Name)
		}
		if err != nil {
			return nil, fmt.Errorf("reading the holds: %s cannot be understood; mend it or remove it: %w", path(dir, name), err)
		}
		holds = append(holds, h)
	}
	slices.SortFunc(holds, func(a, b Hold) int { return cmp.Compare(a.Name, b.Name) })
	return holds, nil
}

func readHold(path string) (Hold, error) {
	text, err := durable.ReadAll(path, fileMost)
	if err != nil {
		return Hold{}, err
	}
	var h Hold
	if err := json.Unmarshal(text, &h); err != nil {
		return Hold{}, err
	}
	return h, h.Check()
}
