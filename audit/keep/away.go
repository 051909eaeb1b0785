package keep

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"ivalt-radius/audit"
	"ivalt-radius/audit/chain"
	"ivalt-radius/audit/durable"
	"ivalt-radius/audit/segment"
)

// Why a segment cannot be archived.
var (
	errTaken  = errors.New("the archive has another file of that name: move that one away")
	errItself = errors.New("the archive is the directory of the trail itself")
)

// takeAway archives or removes a segment, once the trail says so on disk.
func (k *Keeper) takeAway(ctx context.Context, f segment.File, last chain.Record, policy Policy) error {
	e := audit.Segment{
		Event: audit.SegmentRemoved, File: filepath.Base(f.Path), First: f.First, Last: f.Last, Hash: string(last.Hash[:]),
		Detail: fmt.Sprintf("its newest record is older than %s", policy.Retention),
	}
	if policy.Archive == "" {
		if err := k.trail.Commit(ctx, e); err != nil {
			return err
		}
		return remove(f.Path)
	}
	e.Event = audit.SegmentArchived
	settle, err := k.copyOf(f.Path, policy.Archive)
	if err != nil {
		return err
	}
	if err := k.trail.Commit(ctx, e); err != nil {
		return errors.Join(err, settle(discard))
	}
	if err := settle(place); err != nil {
		return err
	}
	return remove(f.Path)
}

// outcome is what becomes of a copy.
type outcome uint8

const (
	discard outcome = iota
	place
)

// copyOf makes a copy of a segment in the archive, on disk, but without its name yet, so that nothing that can fail for want of room
// is left once the trail has said that it is archived. Where a crash has left the very same file there, that is the copy.
func (k *Keeper) copyOf(from, archive string) (settle func(outcome) error, err error) {
	if err := os.MkdirAll(archive, 0o700); err != nil {
		return nil, err
	}
	if same, err := sameDirectory(filepath.Dir(k.settings.Live), archive); err != nil {
		return nil, err
	} else if same {
		return nil, errItself
	}
	to := filepath.Join(archive, filepath.Base(from))
	if _, err := os.Lstat(to); err == nil {
		if same, err := sameContent(from, to); err != nil || !same {
			return nil, errors.Join(err, errTaken)
		}
		return func(outcome) error { return durable.SyncDirectory(archive) }, nil
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	aside, err := durable.Aside(to, func(w io.Writer) error { return copyInto(w, from) })
	if err != nil {
		return nil, fmt.Errorf("copying it to the archive: %w", err)
	}
	return func(o outcome) error {
		if o == discard {
			return os.Remove(aside)
		}
		return errors.Join(os.Rename(aside, to), durable.SyncDirectory(archive))
	}, nil
}

// remove takes a segment away in both its forms: a crash may have left the two.
func remove(path string) error {
	err := os.Remove(path)
	if err == nil {
		if err = os.Remove(path + ".gz"); errors.Is(err, fs.ErrNotExist) {
			err = nil
		}
	}
	return errors.Join(err, durable.SyncDirectory(filepath.Dir(path)))
}

func copyInto(w io.Writer, path string) error {
	in, err := durable.Read(path)
	if err != nil {
		return err
	}
	_, err = io.Copy(w, in)
	return errors.Join(err, in.Close())
}

func sameContent(a, b string) (bool, error) {
	one, other := sha256.New(), sha256.New()
	err := errors.Join(copyInto(one, a), copyInto(other, b))
	return err == nil && bytes.Equal(one.Sum(nil), other.Sum(nil)), err
}

func sameDirectory(a, b string) (bool, error) {
	one, err := os.Stat(a)
	if err != nil {
		return false, err
	}
	other, err := os.Stat(b)
	if err != nil {
		return false, err
	}
	return os.SameFile(one, other), nil
}
