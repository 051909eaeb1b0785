package follow

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"ivalt-radius/audit/durable"
	"ivalt-radius/audit/segment"
)

// Behind is how many octets of the trail, decompressed, lie behind the last record.
func (f *Follower) Behind(durable uint64) (int64, error) {
	if f.last >= durable {
		return 0, nil
	}
	if err := f.ready(durable); err != nil || f.src == nil {
		return 0, err
	}
	files, live, err := f.files()
	if err != nil {
		return 0, err
	}
	if live != nil {
		_ = live.Close() // only looked at
		files = append(files, segment.File{Path: f.live})
	}
	octets, err := f.rest()
	if err != nil {
		return 0, err
	}
	for _, file := range files {
		if later(file, f.src) {
			n, err := size(file)
			if err != nil {
				return 0, err
			}
			octets += n
		}
	}
	return octets, nil
}

// later reports a file behind the one that is open.
func later(file segment.File, src *source) bool {
	switch {
	case file.Live():
		own, err := src.info()
		there, err2 := os.Stat(file.Path)
		return err == nil && err2 == nil && !os.SameFile(own, there)
	case src.file.Live():
		return false // all others are before it
	}
	return file.First > src.file.Last
}

func (s *source) info() (fs.FileInfo, error) {
	if s.plain != nil {
		return s.plain.Stat()
	}
	return os.Stat(s.file.Path)
}

// rest is what the open file has yet to give.
func (f *Follower) rest() (int64, error) {
	if f.src.plain == nil {
		n, err := size(f.src.file)
		return max(0, n-f.src.offset), err
	}
	info, err := f.src.plain.Stat()
	if err != nil {
		return 0, fmt.Errorf("reading the trail: %w", err)
	}
	return max(0, info.Size()-f.src.offset), nil
}

// size is how many octets a file has, decompressed; 0 where it is no longer there. A gzip file ends with that number (RFC 1952
// section 2.3.1), modulo 2^32, which is more than a segment has.
func size(file segment.File) (int64, error) {
	in, err := durable.Read(file.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("reading the trail: %w", err)
	}
	defer func() { _ = in.Close() }() // only read
	info, err := in.Stat()
	if err != nil {
		return 0, fmt.Errorf("reading the trail: %w", err)
	}
	var end [4]byte
	if !file.Compressed || info.Size() < int64(len(end)) {
		return info.Size(), nil
	}
	if _, err := in.ReadAt(end[:], info.Size()-int64(len(end))); err != nil {
		return 0, fmt.Errorf("reading the trail: %w", err)
	}
	return int64(binary.LittleEndian.Uint32(end[:])), nil
}

// Skip passes over the oldest records until at most spool octets lie behind the last one, and returns what lies there then. What it
// passed over is a Gap.
func (f *Follower) Skip(spool int64, durable uint64) (int64, error) {
	behind, err := f.Behind(durable)
	for err == nil && behind > spool && f.src != nil {
		rest, err := f.rest()
		if err != nil {
			return behind, err
		}
		file := f.src.file
		if file.Live() || behind-rest < spool {
			return f.skipLines(behind, spool, durable)
		}
		f.passed(file.Last)
		f.last = max(f.last, file.Last)
		f.Close()
		behind -= rest
		if err := f.ready(durable); err != nil {
			return behind, err
		}
	}
	return behind, err
}

// skipLines is Skip line by line.
func (f *Follower) skipLines(behind, spool int64, durable uint64) (int64, error) {
	for behind > spool {
		src, offset := f.src, f.src.offset
		line, err := f.Next(durable)
		if err != nil || line == nil {
			return behind, err
		}
		if f.src != src {
			offset = 0
		}
		behind -= f.src.offset - offset
		f.gap.Add(Gap{First: f.last, Last: f.last, Records: 1})
	}
	return behind, nil
}
