package segment

import (
	"cmp"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"ivalt-radius/audit/durable"
)

// gz ends the name of a compressed segment.
const gz = ".gz"

// File is one file of a trail.
type File struct {
	Path        string
	First, Last uint64 // its records, by its name; both 0: the live file
	Compressed  bool   // gzip
	Archived    bool   // it lies in the archive
}

// Live reports the file that is being written.
func (f File) Live() bool { return f.First == 0 }

// Name is the path of a segment of the trail at live, not compressed.
func Name(live string, first, last uint64) string {
	return fmt.Sprintf("%s.%012d-%012d", live, first, last)
}

// Parse reads the base name of a segment of the trail whose live file has the base name live. It reports false for every other name.
func Parse(live, name string) (File, bool) {
	rest, ours := strings.CutPrefix(name, live+".")
	rest, compressed := strings.CutSuffix(rest, gz)
	from, to, ranged := strings.Cut(rest, "-")
	first, err1 := strconv.ParseUint(from, 10, 63)
	last, err2 := strconv.ParseUint(to, 10, 63)
	f := File{First: first, Last: last, Compressed: compressed}
	if !ours || !ranged || err1 != nil || err2 != nil || first == 0 || last < first {
		return File{}, false
	}
	if canonical := filepath.Base(Name(live, first, last)); canonical != live+"."+rest {
		return File{}, false
	}
	return f, true
}

// List finds the files of the trail at live, in the order of their records; the live file, where it exists, is the last. archive is
// the directory of older segments, empty where there is none. A segment that stands there twice, as a crash between two steps can
// leave it, is listed once, and so is the live file in the middle of a rotation.
func List(live, archive string) ([]File, error) {
	files, err := in(filepath.Dir(live), live)
	if err != nil {
		return nil, err
	}
	twins, err := Twins(live)
	if err != nil {
		return nil, err
	}
	files = slices.DeleteFunc(files, func(f File) bool { return slices.Contains(twins, f.Path) })
	if archive != "" {
		old, err := in(archive, live)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		for i := range old {
			old[i].Archived = true
		}
		files = append(files, old...)
	}
	slices.SortStableFunc(files, func(a, b File) int { return cmp.Or(cmp.Compare(a.First, b.First), cmp.Compare(a.Last, b.Last)) })
	files = slices.CompactFunc(files, func(a, b File) bool { return a.First == b.First && a.Last == b.Last })
	if _, err := os.Lstat(live); err == nil {
		files = append(files, File{Path: filepath.Clean(live)})
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("looking for the trail: %w", err)
	}
	return files, nil
}

// in finds the segments in one directory; of two forms of one the plain one comes first.
func in(dir, live string) ([]File, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("looking for segments: %w", err)
	}
	var files []File
	for _, e := range entries {
		if f, ok := Parse(filepath.Base(live), e.Name()); ok {
			f.Path = filepath.Join(dir, e.Name())
			files = append(files, f)
		}
	}
	slices.SortStableFunc(files, func(a, b File) int { return cmp.Compare(len(a.Path), len(b.Path)) })
	return files, nil
}

// Open opens the file for reading, decompressed: also one that was compressed since it was listed. What a compressed file expands to
// is bounded by whoever reads it.
func (f File) Open() (io.ReadCloser, error) {
	file, err := durable.Read(f.Path)
	if errors.Is(err, fs.ErrNotExist) && !f.Live() && !f.Compressed {
		f.Path, f.Compressed = f.Path+gz, true
		file, err = durable.Read(f.Path)
	}
	if err != nil || !f.Compressed {
		return file, err
	}
	r, err := gzip.NewReader(file)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", f.Path, err), file.Close())
	}
	return unzipped{Reader: r, file: file}, nil
}

type unzipped struct {
	*gzip.Reader

	file *os.File
}

// Close implements io.Closer.
func (u unzipped) Close() error { return errors.Join(u.Reader.Close(), u.file.Close()) }
