package trail

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/sirupsen/logrus"

	"ivalt-radius/audit"
	"ivalt-radius/audit/checkpoint"
	"ivalt-radius/config"
)

// Options are those of the server's trail: with the node's key, which is made where there is none.
func Options(s *config.Settings, log logrus.FieldLogger) (audit.Options, error) {
	if err := os.MkdirAll(s.State.Directory, 0o700); err != nil {
		return audit.Options{}, fmt.Errorf("state.directory: %w", err)
	}
	_, fresh := os.Stat(filepath.Join(s.State.Directory, checkpoint.KeyFile))
	key, err := checkpoint.OpenOrMake(s.State.Directory)
	if err != nil {
		return audit.Options{}, fmt.Errorf("state.directory: %w", err)
	}
	return audit.Options{
		Logger: log, Key: key, StateDir: s.State.Directory, SegmentSize: s.Audit.SegmentSize, CheckpointEvery: s.Audit.Checkpoint,
		HeadExpected: fresh == nil,
	}, nil
}

// Open opens the trail of the settings for a command, while no server runs: what it records is signed at Close, and the file never
// ends under it.
func Open(s *config.Settings) (*audit.Trail, error) {
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
