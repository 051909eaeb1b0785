package trail

import (
	"fmt"
	"os"

	"github.com/sirupsen/logrus"
	"golang.org/x/sys/unix"

	"ivalt-radius/audit"
	"ivalt-radius/audit/checkpoint"
	"ivalt-radius/config"
)

// Options are those of the server's trail: with the node's key, which is made where there is none.
func Options(s *config.Settings, log logrus.FieldLogger) (audit.Options, error) {
	if err := os.MkdirAll(s.State.Directory, 0o700); err != nil {
		return audit.Options{}, fmt.Errorf("state.directory: %w", err)
	}
	key, err := checkpoint.OpenOrMake(s.State.Directory)
	if err != nil {
		return audit.Options{}, fmt.Errorf("state.directory: %w", err)
	}
	return audit.Options{
		Logger: log, Key: key, StateDir: s.State.Directory, SegmentSize: s.Audit.SegmentSize, CheckpointEvery: s.Audit.Checkpoint,
	}, nil
}

// ours refuses a trail that belongs to another than the user. Root could write to it, and would leave files behind with which that user's server
// does not start.
func ours(path string, user int) error {
	var file unix.Stat_t
	if err := unix.Stat(path, &file); err != nil || int(file.Uid) == user {
		return nil //nolint:nilerr // what is not there belongs to nobody, and what cannot be looked at will not open
	}
	return fmt.Errorf("no server runs, and %s belongs to uid %d: run this as that user (sudo -u '#%d' ...), or while the server runs", path, file.Uid, file.Uid)
}

// Open opens the trail of the settings for a command, while no server runs: what it records is signed at Close, and the file never
// ends under it.
func Open(s *config.Settings) (*audit.Trail, error) {
	if err := ours(s.Audit.File, os.Geteuid()); err != nil {
		return nil, err
	}
	opt, err := Options(s, nil)
	if err != nil {
		return nil, err
	}
	opt.SegmentSize, opt.CheckpointEvery = 0, 0
	t, err := audit.Open(s.Audit.File, opt)
	if err != nil {
		return nil, fmt.Errorf("audit.file: %w", err)
	}
	return t, nil
}
