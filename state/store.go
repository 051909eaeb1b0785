package state

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
	"golang.org/x/sys/unix"
)

// StoreFile is the store's file in its directory.
const StoreFile = "state.db"

// Bounds of what a Store takes, in octets. Neither key nor bucket may be empty.
const (
	MaxKey   = 1 << 10  // of a bucket's name too
	MaxValue = 64 << 10 // an empty value is fine
)

// lockTimeout is how long OpenStore waits for a process that is about to end.
const lockTimeout = time.Second

// Errors of a Store that a caller may want to tell apart.
var (
	ErrInUse   = errors.New("another process holds it (is a server running with the same state.directory?)")
	ErrCorrupt = errors.New("it is damaged: move it aside and start again, or bring a backup back; what is lost is who is blocked or locked out, " +
		"and which addresses must send a Message-Authenticator: those are learned anew from the next valid one")
	ErrBounds = errors.New("a bucket or key that is empty or too long, or a value that is too long")
)

// Store keeps little things over a restart: values by bucket and key, in one file that one process holds. Each change is
// on disk before its method returns. All methods are safe for concurrent use; after Close they return errors.
type Store struct {
	db   *bbolt.DB
	path string
}

// OpenStore opens or makes state.db in dir, with mode 0600, and dir with mode 0700 where it is missing. It reads the whole
// store once, so that damage shows now. A file that another process holds after a second is ErrInUse, a damaged one
// ErrCorrupt; the damaged file is left as it is.
func OpenStore(dir string) (*Store, error) {
	path := filepath.Join(dir, StoreFile)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("open state: %w", err)
	}
	var file *os.File
	s := &Store{path: path}
	err := guard(func() (err error) {
		s.db, err = bbolt.Open(path, 0o600, &bbolt.Options{
			Timeout: lockTimeout,
			OpenFile: func(name string, flag int, mode os.FileMode) (*os.File, error) {
				var err error
				file, err = os.OpenFile(filepath.Clean(name), flag, mode)
				return file, err
			},
		})
		if err != nil {
			return err
		}
		return s.db.View(readAll)
	})
	if err != nil {
		s.abandon(file)
		return nil, fmt.Errorf("open state %s: %w", path, describe(err))
	}
	return s, nil
}

// abandon lets go of a file that could not be used. Where bbolt panics it leaves the file open and mapped, and the mapping
// would hold the lock.
func (s *Store) abandon(file *os.File) {
	if s.db != nil {
		_ = guard(s.db.Close)
	}
	if file != nil {
		_ = unix.Flock(int(file.Fd()), unix.LOCK_UN) // both fail where the file is closed, as it should be
		_ = file.Close()
	}
}

// Put keeps a value; one that is there is replaced. A nil value is an empty one.
func (s *Store) Put(bucket, key string, value []byte) error {
	if value == nil {
		value = []byte{}
	}
	return s.Change(bucket, map[string][]byte{key: value})
}

// Get returns a copy of a value, and whether there is one.
func (s *Store) Get(bucket, key string) (value []byte, found bool, err error) {
	err = s.view("get", func(tx *bbolt.Tx) error {
		if b := tx.Bucket([]byte(bucket)); b != nil {
			v := b.Get([]byte(key))
			found = v != nil
			value = append([]byte(nil), v...)
		}
		return nil
	})
	return value, found, err
}

// Delete removes a value and reports whether there was one.
func (s *Store) Delete(bucket, key string) (found bool, err error) {
	err = s.update("delete", func(tx *bbolt.Tx) error {
		b := tx.Bucket([]byte(bucket))
		if b == nil || b.Get([]byte(key)) == nil {
			return nil
		}
		found = true
		return b.Delete([]byte(key))
	})
	return found && err == nil, err
}

// Each calls do for every key of a bucket, in the keys' order. A bucket that was never put into is empty. value is good
// until do returns; do must not call the Store.
func (s *Store) Each(bucket string, do func(key string, value []byte)) error {
	return s.view("read", func(tx *bbolt.Tx) error {
		b := tx.Bucket([]byte(bucket))
		if b == nil {
			return nil
		}
		return b.ForEach(func(k, v []byte) error {
			do(string(k), v)
			return nil
		})
	})
}

// Close gives the file up. A second Close does nothing.
func (s *Store) Close() error {
	if err := s.db.Close(); err != nil {
		return fmt.Errorf("close state %s: %w", s.path, err)
	}
	return nil
}

func (s *Store) update(operation string, change func(*bbolt.Tx) error) error {
	return s.wrap(operation, guard(func() error { return s.db.Update(change) }))
}

func (s *Store) view(operation string, read func(*bbolt.Tx) error) error {
	return s.wrap(operation, guard(func() error { return s.db.View(read) }))
}

func (s *Store) wrap(operation string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s state %s: %w", operation, s.path, describe(err))
}

// guard turns the panics and the memory faults, with which bbolt meets damaged pages of its mapped file, into ErrCorrupt.
func guard(do func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("%w (%v)", ErrCorrupt, cause)
		}
	}()
	return do()
}

// describe says in the operator's words what bbolt found.
func describe(err error) error {
	switch {
	case errors.Is(err, berrors.ErrTimeout):
		return ErrInUse
	case errors.Is(err, berrors.ErrInvalid), errors.Is(err, berrors.ErrChecksum), errors.Is(err, berrors.ErrVersionMismatch),
		errors.Is(err, berrors.ErrInvalidMapping):
		return fmt.Errorf("%w (%w)", ErrCorrupt, err)
	}
	return err
}

// readAll touches every page in use.
func readAll(tx *bbolt.Tx) error {
	return tx.ForEach(func(_ []byte, b *bbolt.Bucket) error {
		return b.ForEach(func(_, _ []byte) error { return nil })
	})
}

// Snapshot writes the whole store as it is at this moment, as a file that OpenStore opens, and returns how many octets it has. Others
// read and write meanwhile; what they change is not in it.
func (s *Store) Snapshot(w io.Writer) (size int64, err error) {
	err = s.view("copy", func(tx *bbolt.Tx) error {
		size, err = tx.WriteTo(w)
		return err
	})
	return size, err
}
