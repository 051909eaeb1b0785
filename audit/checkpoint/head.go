package checkpoint

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"ivalt-radius/audit/chain"
	"ivalt-radius/audit/durable"
	"ivalt-radius/audit/segment"
)

// HeadFile is where the last durable checkpoint is kept, in state.directory.
const HeadFile = "audit.head"

// maxHead bounds the file: what it holds is below 1 KiB.
const maxHead = 4 << 10

// ErrNoHead says that the file is there and holds no head.
var ErrNoHead = errors.New("holds no checkpoint")

// Head is the last checkpoint that was durable: a trail that ends before it was cut off. The zero Head says nothing.
type Head struct {
	Seq        uint64    `json:"seq"`         // of the checkpoint's own line: Covers + 1
	Hash       string    `json:"hash"`        // of that line
	Covers     uint64    `json:"covers"`      // the record before it
	CoversHash string    `json:"covers_hash"` // its hash
	Key        string    `json:"key"`         // fingerprint of the public key
	Signature  string    `json:"signature"`   // over Covers and CoversHash, as in the line
	Time       time.Time `json:"time"`        // of the line
}

// ReadHead reads the head in a state directory. The error is fs.ErrNotExist where there is none, ErrNoHead where the file holds
// something else.
func ReadHead(dir string) (Head, error) {
	path := filepath.Join(dir, HeadFile)
	file, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0) //nolint:gosec // in the operator's own directory; a pipe holds nobody up
	if err != nil {
		return Head{}, fmt.Errorf("the head of the audit trail: %w", err)
	}
	text, err := io.ReadAll(io.LimitReader(file, maxHead+1))
	if err := errors.Join(err, file.Close()); err != nil {
		return Head{}, fmt.Errorf("the head of the audit trail: %w", err)
	}
	var h Head
	if len(text) > maxHead || json.Unmarshal(text, &h) != nil || !h.sound() {
		return Head{}, fmt.Errorf("the head of the audit trail: %s %w", path, ErrNoHead) // not the library's words: they may quote it
	}
	return h, nil
}

// sound reports a head that can be one.
func (h Head) sound() bool {
	const most = 1 << 62 // no trail gets there
	octets, err := hex.DecodeString(h.Hash)
	return err == nil && len(octets) == sha256.Size && h.Hash == hex.EncodeToString(octets) && h.Seq > 1 && h.Seq < most && h.Covers+1 == h.Seq
}

// WriteHead keeps the head in a state directory, on disk when it returns, in place of the one before: a crash leaves either.
// One call at a time.
func WriteHead(dir string, h Head) error {
	text, err := json.Marshal(h)
	if err != nil {
		return fmt.Errorf("the head of the audit trail: %w", err)
	}
	if err := durable.Write(filepath.Join(dir, HeadFile), durable.Bytes(append(text, '\n'))); err != nil {
		return fmt.Errorf("the head of the audit trail: %w", err)
	}
	return nil
}

// In reports a file of a trail in which the head's line is as it was written. One that cannot be read has no such line.
func (h Head) In(f segment.File) bool {
	in, err := f.Open()
	if err != nil {
		return false
	}
	defer func() { _ = in.Close() }() // only read
	const begins = 96                 // octets of a line in which its number stands
	lines, number := bufio.NewReaderSize(in, chain.MaxLine), fmt.Appendf(nil, `","seq":%d,`, h.Seq)
	for {
		line, err := lines.ReadSlice('\n')
		if err == nil && bytes.Contains(line[:min(len(line), begins)], number) {
			r, err := chain.Parse(line[:len(line)-1])
			if err == nil && r.Seq == h.Seq {
				return r.Sound && string(r.Hash[:]) == h.Hash
			}
		}
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return false
		}
	}
}
