package incident

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"ivalt-radius/audit/durable"
	"ivalt-radius/guard"
)

// Where the files lie.
const (
	directory = "incidents" // in state.directory
	prefix    = "incident-"
	suffix    = ".json"
	aside     = "damaged-" // begins the name of what was set aside
)

// Bounds of what is read.
const (
	mostFile  = 1 << 20 // octets
	mostFiles = 20_000
)

// sound reports a line of evidence that is a JSON object and steers no terminal.
func sound(line guard.Line) bool {
	return len(line.Record) <= mostRecord && len(line.Record) > 0 && line.Record[0] == '{' && guard.Printable(string(line.Record)) && json.Valid(line.Record)
}

// files are the incidents' files of a state directory.
type files struct{ dir string }

func (f files) path(id string) string { return filepath.Join(f.dir, prefix+id+suffix) }

// write puts an incident in its place, durably.
func (f files) write(i *Incident) error {
	var text bytes.Buffer
	out := json.NewEncoder(&text)
	out.SetIndent("", "  ")
	out.SetEscapeHTML(false)
	if err := out.Encode(i); err != nil {
		return err
	}
	return durable.Write(f.path(i.ID), durable.Bytes(text.Bytes()))
}

// remove takes an incident's file away.
func (f files) remove(id string) error {
	return errors.Join(os.Remove(f.path(id)), durable.SyncDirectory(f.dir))
}

// read reads an incident as if somebody hostile had written it: no link is followed, no pipe waited for.
func (f files) read(id string) (*Incident, error) {
	file, err := os.OpenFile(f.path(id), os.O_RDONLY|syscall.O_NONBLOCK|syscall.O_NOFOLLOW, 0)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }() // only read
	if info, err := file.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, errors.Join(errors.New("it is no regular file"), err)
	}
	text, err := io.ReadAll(io.LimitReader(file, mostFile+1))
	if err != nil {
		return nil, err
	}
	if len(text) > mostFile {
		return nil, fmt.Errorf("it is longer than %d octets", mostFile)
	}
	return parse(id, text)
}

// parse understands the text of an incident's file.
func parse(id string, text []byte) (*Incident, error) {
	var i Incident
	if err := json.Unmarshal(text, &i); err != nil {
		return nil, err
	}
	for n := range i.Evidence {
		var line bytes.Buffer
		if err := json.Compact(&line, i.Evidence[n].Record); err != nil {
			return nil, err
		}
		i.Evidence[n].Record = line.Bytes()
	}
	if i.ID != id {
		return nil, errors.New("it is of another incident")
	}
	if err := i.check(); err != nil {
		return nil, err
	}
	return &i, nil
}

// list is the identifiers of what is there, by name, and what a crash left is taken away.
func (f files) list() (ids []string, err error) {
	entries, err := os.ReadDir(f.dir)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		name, ours := strings.CutPrefix(e.Name(), prefix)
		if !ours {
			continue
		}
		if strings.HasSuffix(name, durable.Suffix) {
			_ = os.Remove(filepath.Join(f.dir, e.Name())) // else the next one that is written there takes it away
			continue
		}
		if id, ours := strings.CutSuffix(name, suffix); ours {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids, nil
}

// setAside renames what cannot be read, so that it is kept, and read no more.
func (f files) setAside(id string) error {
	return os.Rename(f.path(id), filepath.Join(f.dir, aside+prefix+id+suffix))
}
