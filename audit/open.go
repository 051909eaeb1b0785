package audit

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"ivalt-radius/audit/chain"
	"ivalt-radius/audit/durable"
	"ivalt-radius/audit/segment"
)

// Errors of Open that a caller may want to tell apart.
var (
	ErrInUse   = errors.New("another process writes this audit trail (is a second server running?)")
	ErrGarbage = errors.New("the end of the file is no audit trail: move the file aside and keep it as evidence, " +
		"a new trail begins by itself; `audit verify` names its bad lines")
)

// tailSize is how much of the file's end Open reads: the last whole line, and a torn one behind it.
const tailSize = 4 * chain.MaxLine

// Open opens the trail for writing, or begins it: the file with mode 0600, a missing directory with 0700. It takes number
// and hash from the last line alone, whatever the file's size. A torn last line is cut off and recorded as
// "trail_repaired". A whole last line whose hash is not that of its bytes stays as evidence; the chain goes on from the
// hash that stands in it, and "trail_broken" is recorded.
//
// Where the file is missing or empty though segments are beside it, the chain goes on behind the newest of them, and without
// segments behind the last checkpoint in Options.StateDir: the first line is a "trail_replaced". Where the trail ends before that
// checkpoint, or does not have it in its place, "trail_truncated" is recorded.
//
// One process at a time: another one that has the trail open is ErrInUse. A file whose end cannot be read as a trail is
// ErrGarbage and is not touched.
func Open(path string, opt Options) (*Trail, error) {
	t, err := open(path, opt.withDefaults())
	if err != nil {
		return nil, fmt.Errorf("open audit trail %s: %w", path, err)
	}
	return t, nil
}

func open(path string, opt Options) (*Trail, error) {
	if err := makeDirectory(filepath.Dir(path)); err != nil {
		return nil, err
	}
	file, err := durable.Open(path)
	if err != nil {
		return nil, err
	}
	home := place{path: filepath.Clean(path)}
	at, notices, err := home.takeOver(file)
	if err == nil {
		at, notices, err = goOn(home.path, at, notices, opt)
	}
	if err == nil {
		err = durable.SyncDirectory(filepath.Dir(path)) // a file whose name is not on disk is not on disk
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return start(file, home, opt, at, notices), nil
}

// takeOver locks the file and finds where its chain goes on.
func (p *place) takeOver(file *os.File) (position, []Event, error) {
	own, err := file.Stat()
	if err != nil {
		return position{}, nil, err
	}
	if !own.Mode().IsRegular() {
		return position{}, nil, errors.New("not a regular file")
	}
	if err := lock(file); err != nil {
		return position{}, nil, err
	}
	p.own = own
	if err := p.check(); err != nil {
		return position{}, nil, fmt.Errorf("%w: %w", ErrInUse, err) // it has rotated it since we opened it
	}
	if err := p.dropTwins(); err != nil {
		return position{}, nil, err
	}
	size, err := file.Seek(0, io.SeekEnd) // under the lock: the size before it may be another writer's
	if err != nil {
		return position{}, nil, err
	}
	tail := make([]byte, min(size, tailSize))
	if _, err := file.ReadAt(tail, size-int64(len(tail))); err != nil {
		return position{}, nil, err
	}
	end, err := findEnd(tail, size-int64(len(tail)))
	if err != nil {
		return position{}, nil, err
	}
	return resume(file, size, end)
}

// dropTwins takes the segment's name off the live file, which a crash in a rotation has left.
func (p *place) dropTwins() error {
	twins, err := segment.Twins(p.path)
	for _, name := range twins {
		err = errors.Join(err, os.Remove(name))
	}
	if err != nil || len(twins) == 0 {
		return err
	}
	return durable.SyncDirectory(filepath.Dir(p.path))
}

// resume cuts off what is torn and says what was found.
func resume(file *os.File, size int64, end tailEnd) (position, []Event, error) {
	var notices []Event
	if end.torn > 0 {
		if err := file.Truncate(size - end.torn); err != nil {
			return position{}, nil, fmt.Errorf("cut off a torn line: %w", err)
		}
		notices = append(notices, System{
			Event:  "trail_repaired",
			Detail: fmt.Sprintf("%d bytes of a torn line were cut off the end", end.torn),
		})
	}
	if err := file.Sync(); err != nil { // a crashed writer's last lines count from here on
		return position{}, nil, fmt.Errorf("sync: %w", err)
	}
	if !end.last.Sound {
		notices = append(notices, Security{
			Event:  "trail_broken",
			Detail: fmt.Sprintf("the hash of record %d is not that of its bytes: it was changed", end.last.Seq),
		})
	}
	at := position{offset: size - end.torn, seq: end.last.Seq, hash: end.last.Hash}
	if at.seq > 0 {
		if end.signed {
			at.signed = at.seq
		}
		if err := at.begin(io.NewSectionReader(file, 0, at.offset)); err != nil {
			return position{}, nil, err
		}
	}
	return at, notices, nil
}

// begin finds the file's first record.
func (p *position) begin(file io.Reader) error {
	first, err := segment.FirstOf(file)
	if err != nil {
		return err
	}
	p.first, p.began = min(first.Began(), p.seq), first.Time
	if says(first.Line, SystemEvent, SegmentStarted) {
		p.opened = p.first
	}
	return nil
}

// says reports a line of an event. No field can imitate it: it stands where no text of a field can be.
func says(line []byte, kind Type, event string) bool {
	_, rest, _ := bytes.Cut(line, []byte(`,"type":"`))
	return bytes.HasPrefix(rest, []byte(kind.String()+`","event":"`+event+`",`))
}

// tailEnd is what a file's tail shows.
type tailEnd struct {
	last   chain.Record // the last whole line; seq 0 where there is none
	signed bool         // it is a checkpoint
	torn   int64        // octets behind it
}

// findEnd looks for the last whole line of a tail that stands at offset in its file. What a crash can
// leave behind it is torn: octets without a newline, and lines with NULs, which a file system shows where it knew a
// file's size but not yet its content.
func findEnd(tail []byte, offset int64) (tailEnd, error) {
	rest := tail
	for len(rest) > 0 {
		body, whole := bytes.CutSuffix(rest, []byte{'\n'})
		from := bytes.LastIndexByte(body, '\n') + 1
		line := body[from:]
		if from == 0 && offset > 0 {
			break
		}
		if whole && bytes.IndexByte(line, 0) < 0 {
			r, err := chain.Parse(line)
			if err != nil {
				return tailEnd{}, fmt.Errorf("its last line %w: %w", err, ErrGarbage)
			}
			return tailEnd{last: r, signed: says(line, SystemEvent, CheckpointEvent), torn: int64(len(tail) - len(rest))}, nil
		}
		if !whole && !tornLine(line) {
			break
		}
		rest = rest[:from]
	}
	if len(rest) > 0 {
		return tailEnd{}, ErrGarbage
	}
	return tailEnd{last: chain.Record{Hash: chain.Genesis(), Sound: true}, torn: int64(len(tail))}, nil
}

// tornLine reports octets that can be the beginning of a line of ours, or NULs in its place. Anything else is no torn
// line but somebody's file, and cutting it would destroy it.
func tornLine(line []byte) bool {
	const begin = `{"time":"`
	if len(line) > chain.MaxLine {
		return false
	}
	text := line[:min(len(line), len(begin))]
	return string(text) == begin[:len(text)] || bytes.IndexByte(line, 0) >= 0
}

// lock takes the file for this process. The kernel gives it back when the file is closed, also by a crash.
func lock(file *os.File) error {
	for {
		err := unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		switch {
		case err == nil:
			return nil
		case errors.Is(err, unix.EWOULDBLOCK):
			return ErrInUse
		case !errors.Is(err, unix.EINTR):
			return fmt.Errorf("lock: %w", err)
		}
	}
}

// makeDirectory makes what is missing of a path, durably, for the owner alone.
func makeDirectory(path string) error {
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := makeDirectory(filepath.Dir(path)); err != nil {
		return err
	}
	return durable.Directory(path)
}

// datasyncFile leaves the times of a file out of its sync: its size is synced with its content.
type datasyncFile struct{ *os.File }

// Sync implements File.
func (f datasyncFile) Sync() error {
	for {
		err := unix.Fdatasync(int(f.Fd()))
		if !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}
