package audittest

import (
	"bytes"
	"compress/gzip"
	"errors"
	"os"
	"sync/atomic"
	"time"

	"ivalt-radius/audit"
	"ivalt-radius/audit/chain"
	"ivalt-radius/audit/segment"
)

// T is what a Book needs of a test.
type T interface {
	Helper()
	Fatal(args ...any)
}

// Book is a trail without a server: a test writes it, line by line, and ends its files as segments. What Write wrote is durable. Durable
// and Note may be called from anywhere, the others from one goroutine.
type Book struct {
	Live string

	t       T
	next    uint64
	from    uint64 // the first record of the live file
	prev    chain.Digest
	durable atomic.Uint64
}

// NewBook begins a trail at a path.
func NewBook(t T, live string) *Book {
	return &Book{Live: live, t: t, next: 1, from: 1, prev: chain.Genesis()}
}

// Must ends the test where there is an error.
func (b *Book) Must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

// Durable is the last record that is durable.
func (b *Book) Durable() uint64 { return b.durable.Load() }

// Lines renders n records, a minute apart, and does not write them.
func (b *Book) Lines(n int) []byte {
	var out []byte
	for range n {
		out = append(out, b.Line(audit.Attempt{User: "user@corp.example", CallingStation: "198.51.100.7", Verdict: "accept", Reason: "approved"})...)
	}
	return out
}

// Line renders one record, and does not write it.
func (b *Book) Line(e audit.Event) []byte {
	at := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC).Add(time.Duration(b.next) * time.Minute) //nolint:gosec // a test's few records
	line, hash := chain.AppendLine(nil, at, b.next, e.EventType(), e.AppendFields(nil), b.prev)
	b.next, b.prev = b.next+1, hash
	return line
}

// Append writes whatever it is given; it is not durable.
func (b *Book) Append(text []byte) {
	b.t.Helper()
	f, err := os.OpenFile(b.Live, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	b.Must(err)
	_, err = f.Write(text)
	b.Must(errors.Join(err, f.Close()))
}

// Write writes n records, and returns the last one's number.
func (b *Book) Write(n int) uint64 {
	b.t.Helper()
	b.Append(b.Lines(n))
	return b.Sync()
}

// Event writes one record.
func (b *Book) Event(e audit.Event) {
	b.t.Helper()
	b.Append(b.Line(e))
	b.Sync()
}

// Sync makes all records durable, and returns the last one's number.
func (b *Book) Sync() uint64 {
	b.durable.Store(b.next - 1)
	return b.next - 1
}

// Mark returns the way back to where the trail is now.
func (b *Book) Mark() func() {
	b.t.Helper()
	next, prev := b.next, b.prev
	info, err := os.Stat(b.Live)
	b.Must(err)
	return func() {
		b.next, b.prev = next, prev
		b.Must(os.Truncate(b.Live, info.Size()))
	}
}

// Rotate ends the live file as a segment, whose path it returns, and begins another.
func (b *Book) Rotate() string {
	b.t.Helper()
	name := segment.Name(b.Live, b.from, b.next-1)
	b.Must(os.Rename(b.Live, name))
	b.from = b.next
	b.Append(nil)
	return name
}

// Compress is what happens to a segment a moment later. It returns the new path.
func (b *Book) Compress(name string) string {
	b.t.Helper()
	content, err := os.ReadFile(name) //nolint:gosec // a test's own file
	b.Must(err)
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	_, err = z.Write(content)
	b.Must(errors.Join(err, z.Close(), os.WriteFile(name+".gz", out.Bytes(), 0o600), os.Remove(name)))
	return name + ".gz"
}
