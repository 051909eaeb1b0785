package forget

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"

	"ivalt-radius/audit"
	"ivalt-radius/audit/chain"
	"ivalt-radius/audit/durable"
	"ivalt-radius/audit/segment"
)

// person is who is forgotten, and as whom.
type person struct {
	user, pseudonym string
	hint            []byte // octets that stand in each line which names the user; nil: not known
}

func newPerson(user, pseudonym string) person {
	p := person{user: user, pseudonym: pseudonym}
	if quoted := audit.AppendString(nil, user); string(quoted[1:len(quoted)-1]) == user { // no escapes, however often it is quoted
		p.hint = []byte(user)
	}
	return p
}

// line is what Line makes of a line, where that is as it was written; changed where it names the user and is not.
func (p person) line(line []byte) (rewritten []byte, record audit.ForgottenLine, changed bool) {
	if !bytes.Contains(line, p.hint) {
		return nil, record, false
	}
	rewritten, ok := Line(line, p.user, p.pseudonym)
	if !ok {
		return nil, record, false
	}
	r, err := chain.Parse(line)
	if err != nil || !r.Sound {
		return nil, record, true
	}
	return rewritten, audit.ForgottenLine{Seq: r.Seq, Digest: chain.DigestOf(rewritten)}, false
}

// found is what one file holds of a person.
type found struct {
	lines   []audit.ForgottenLine
	changed int // lines of the person that are not as they were written
}

// look reads one file.
func (p person) look(ctx context.Context, f segment.File) (found, error) {
	var out found
	in, err := f.Open()
	if err != nil {
		return out, err
	}
	defer func() { _ = in.Close() }() // only read
	err = eachLine(ctx, in, func(line []byte, end int) error {
		rewritten, record, changed := p.line(line[:end])
		switch {
		case changed:
			out.changed++
		case rewritten != nil:
			out.lines = append(out.lines, record)
		}
		return nil
	})
	return out, err
}

// eachLine gives each line with its newline, and where its text ends; what is too long for a line comes in pieces without text.
func eachLine(ctx context.Context, r io.Reader, each func(line []byte, end int) error) error {
	in := bufio.NewReaderSize(r, chain.MaxLine)
	for long := false; ; {
		line, err := in.ReadSlice('\n')
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, bufio.ErrBufferFull) {
			return err
		}
		end := 0
		if err == nil && !long {
			end = len(line) - 1
		}
		if err := errors.Join(ctx.Err(), each(line, end)); err != nil {
			return err
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		long = err != nil
	}
}

// plan is what the rewritten lines are to be: for each record the digests that the trail's own records say.
type plan map[audit.ForgottenLine]bool

// rewrite puts a segment with the planned lines rewritten in the place of the one that is there: compressed where that is, for the
// same owner, on disk when it returns. It says how many lines it rewrote.
func (p person) rewrite(ctx context.Context, f segment.File, planned plan) (n int, err error) {
	in, err := f.Open()
	if err != nil {
		return 0, err
	}
	defer func() { _ = in.Close() }() // only read
	name, err := durable.Aside(f.Path, func(out io.Writer) (err error) {
		n, err = p.copyTo(ctx, in, compressing(out, f), planned)
		return err
	})
	if err != nil {
		return 0, err
	}
	if err := os.Rename(name, f.Path); err != nil {
		return 0, errors.Join(err, os.Remove(name))
	}
	return n, durable.SyncDirectory(filepath.Dir(f.Path))
}

// copyTo copies a segment with the planned lines rewritten, and says how many these are.
func (p person) copyTo(ctx context.Context, in io.Reader, to io.WriteCloser, planned plan) (n int, err error) {
	err = eachLine(ctx, in, func(line []byte, end int) error {
		rewritten, record, _ := p.line(line[:end])
		if rewritten == nil || !planned[record] {
			_, err := to.Write(line)
			return err
		}
		n++
		_, err := to.Write(append(rewritten, '\n'))
		return err
	})
	return n, errors.Join(err, to.Close())
}

// compressing compresses where the segment is compressed.
func compressing(out io.Writer, f segment.File) io.WriteCloser {
	if f.Compressed {
		return gzip.NewWriter(out)
	}
	return flushed{bufio.NewWriter(out)}
}

// flushed flushes where it is closed; the file is closed apart.
type flushed struct{ *bufio.Writer }

// Close implements io.Closer.
func (f flushed) Close() error { return f.Flush() }

// removeLeftovers removes what a crash left of segments that were being rewritten, compressed or archived: the person may stand there.
// Whoever calls it has the segments to itself.
func removeLeftovers(live, archive string) error {
	paths, err := filepath.Glob(escaped(live) + ".*" + durable.Suffix)
	if archive != "" {
		old, oldErr := filepath.Glob(escaped(filepath.Join(archive, filepath.Base(live))) + ".*" + durable.Suffix)
		paths, err = append(paths, old...), errors.Join(err, oldErr)
	}
	for _, path := range paths {
		err = errors.Join(err, os.Remove(path))
	}
	return err
}

// escaped is a path as filepath.Glob takes it literally.
func escaped(path string) string {
	var out []byte
	for i := range len(path) {
		if bytes.IndexByte([]byte(`*?[\`), path[i]) >= 0 {
			out = append(out, '\\')
		}
		out = append(out, path[i])
	}
	return string(out)
}
