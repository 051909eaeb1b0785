package filewatch

import (
	"os"
	"syscall"
	"time"
)

// Every is how often a file is worth a look.
const Every = 5 * time.Second

// File watches one file. It is for one goroutine.
type File struct {
	path        func() string
	known, last look
}

// New watches the file that path names, which was last read at the given time or later: what is written from then on is a change. The empty
// path is no file.
func New(path func() string, read time.Time) *File {
	f := &File{path: path, known: at(path())}
	if f.known.since(read) {
		f.known = look{path: f.known.path} // perhaps written behind the reading
	}
	f.last = f.known
	return f
}

// Changed looks at the file. It is true once for each change, at the second look that sees the same: whoever writes it in parts has finished then. A
// file that comes, goes or is replaced has changed, and so has one in whose place path names another.
func (f *File) Changed() bool {
	now := at(f.path())
	changed := now == f.last && now != f.known
	if changed {
		f.known = now
	}
	f.last = now
	return changed
}

// look is what one look at a file sees; without an inode it is a file that is not there.
type look struct {
	path            string
	device, inode   uint64
	size            int64
	written, status syscall.Timespec // the second one is set by every change, a rename too, and cannot be set otherwise
}

// at looks at a file.
func at(path string) look {
	seen := look{path: path}
	info, err := os.Stat(path)
	if err != nil {
		return seen
	}
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		seen.device, seen.inode, seen.size, seen.written, seen.status = s.Dev, s.Ino, s.Size, s.Mtim, s.Ctim
	}
	return seen
}

// coarse is how far the clock of a file system may be behind.
const coarse = 20 * time.Millisecond

// since reports that the file was changed at a time or later.
func (l look) since(t time.Time) bool {
	return l.inode != 0 && !time.Unix(l.status.Unix()).Before(t.Add(-coarse))
}
