package follow

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"

	"ivalt-radius/audit/chain"
	"ivalt-radius/audit/durable"
	"ivalt-radius/audit/segment"
)

// files opens the live file, nil where there is none, and lists the segments that end before its first record. One that says to end
// later is none of the trail's, or is the live file that was just rotated: in its name alone a file could take the place of all
// records to come, and the archive may be written by others.
func (f *Follower) files() (segments []segment.File, live *os.File, err error) {
	live, err = durable.Read(f.live)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, nil, fmt.Errorf("reading the trail: %w", err)
	}
	all, err := segment.List(f.live, f.archive)
	if err != nil {
		if live != nil {
			err = errors.Join(err, live.Close())
		}
		return nil, nil, fmt.Errorf("reading the trail: %w", err)
	}
	begins := firstOf(live)
	return slices.DeleteFunc(all, func(s segment.File) bool { return s.Live() || begins > 0 && s.Last >= begins }), live, nil
}

// firstOf is the number of the first record of the live file; 0 where there is none yet. It leaves the file where it stands.
func firstOf(live *os.File) uint64 {
	if live == nil {
		return 0
	}
	first, err := segment.FirstOf(io.NewSectionReader(live, 0, 4*chain.MaxLine))
	if err != nil {
		return 0
	}
	return first.Began()
}
