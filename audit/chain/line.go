package chain

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"
)

// MaxFields bounds one event's fields; a RADIUS packet of 4096 octets, every one of them escaped, stays well below.
const MaxFields = 64 << 10

// ReplacedEvent is the first line of a file that continues one which was removed or renamed under the server.
const ReplacedEvent = "trail_replaced"

// MaxLine bounds a whole line, newline included.
const MaxLine = MaxFields + 512

// Digest is a hash as the trail writes it: lowercase hex.
type Digest [2 * sha256.Size]byte

// Genesis is the prev of a trail's first line.
func Genesis() Digest {
	var d Digest
	for i := range d {
		d[i] = '0'
	}
	return d
}

// DigestOf is the SHA-256 of octets.
func DigestOf(b []byte) Digest {
	sum := sha256.Sum256(b)
	var d Digest
	hex.Encode(d[:], sum[:])
	return d
}

// The members that end each line. Their lengths are fixed, so a reader finds them from the line's end, where no field can
// imitate them.
const (
	prevMember = `,"prev":"`
	hashMember = `","hash":"`
	lineEnd    = `"}`
)

// AppendLine appends the line of one record, newline included, and returns it with its hash.
func AppendLine(dst []byte, at time.Time, seq uint64, kind Type, fields []byte, prev Digest) ([]byte, Digest) {
	from := len(dst)
	dst = append(dst, `{"time":"`...)
	dst = at.UTC().AppendFormat(dst, time.RFC3339Nano)
	dst = append(dst, `","seq":`...)
	dst = strconv.AppendUint(dst, seq, 10)
	dst = append(dst, `,"type":"`...)
	dst = append(dst, kind.String()...)
	dst = append(dst, '"')
	if len(fields) > 0 {
		dst = append(append(dst, ','), fields...)
	}
	dst = append(dst, prevMember...)
	dst = append(append(dst, prev[:]...), '"')
	hash := DigestOf(dst[from:])
	dst = append(dst, hashMember[1:]...)
	dst = append(dst, hash[:]...)
	return append(dst, lineEnd+"\n"...), hash
}

// Record is what the chain needs of one line.
type Record struct {
	Seq        uint64
	Time       time.Time
	Type       string
	Prev, Hash Digest
	Sound      bool // the hash is that of the line's bytes

	replaced bool // it says that the file before this one was lost
}

// Faults of a line that is no record.
var (
	errNoRecord = errors.New("is no line of an audit trail")
	errEnd      = errors.New("does not end with the members prev and hash, 64 lowercase hex digits each")
	errTime     = errors.New("does not begin with a time in UTC (RFC 3339)")
	errSeq      = errors.New("has no seq, a whole number from 1, as its second member")
	errType     = errors.New("has no known type as its third member")
	errJSON     = errors.New("is no valid JSON")
)

// Parse reads a line without its newline. It accepts what AppendLine writes and nothing looser: a member more or
// less between type and prev is free, each octet around them is not.
func Parse(line []byte) (Record, error) {
	var r Record
	if !bytes.HasPrefix(line, []byte(`{"time":"`)) {
		return r, errNoRecord
	}
	hashed, ok := r.readEnd(line)
	if !ok {
		return r, errEnd
	}
	if err := r.readHead(string(hashed[:min(len(hashed), 160)])); err != nil {
		return r, err
	}
	if !json.Valid(line) {
		return r, errJSON
	}
	r.Sound = DigestOf(hashed) == r.Hash
	return r, nil
}

// readEnd reads prev and hash, and returns the octets that the hash covers.
func (r *Record) readEnd(line []byte) (hashed []byte, ok bool) {
	rest, ok := bytes.CutSuffix(line, []byte(lineEnd))
	if !ok || len(rest) < len(prevMember)+len(hashMember)+2*len(r.Hash) {
		return nil, false
	}
	rest, hashOK := r.Hash.cut(rest)
	rest, memberOK := bytes.CutSuffix(rest, []byte(hashMember))
	hashed = rest[:min(len(line), len(rest)+1)] // with the quote that closes prev
	rest, prevOK := r.Prev.cut(rest)
	return hashed, hashOK && memberOK && prevOK && bytes.HasSuffix(rest, []byte(prevMember))
}

// cut takes the digest off the end of b.
func (d *Digest) cut(b []byte) (rest []byte, ok bool) {
	if len(b) < len(d) {
		return b, false
	}
	at := len(b) - copy(d[:], b[len(b)-len(d):])
	for _, c := range d {
		if !digit(c) && (c < 'a' || c > 'f') {
			return b[:at], false
		}
	}
	return b[:at], true
}

// readHead reads time, seq and type.
func (r *Record) readHead(head string) error {
	at, rest, ok := strings.Cut(strings.TrimPrefix(head, `{"time":"`), `","seq":`)
	t, err := time.Parse(time.RFC3339Nano, at)
	if !ok || err != nil || t.UTC().Format(time.RFC3339Nano) != at {
		return errTime
	}
	r.Time = t
	number, rest, ok := strings.Cut(rest, `,"type":"`)
	seq, err := strconv.ParseUint(number, 10, 63)
	if !ok || err != nil || seq == 0 || strconv.FormatUint(seq, 10) != number {
		return errSeq
	}
	r.Seq = seq
	word, rest, ok := strings.Cut(rest, `"`)
	if !ok || !strings.HasPrefix(rest, ",") || !KnownType(word) {
		return errType
	}
	r.Type = word
	r.replaced = word == SecurityEvent.String() && strings.HasPrefix(rest, `,"event":"`+ReplacedEvent+`",`)
	return nil
}

// KnownType reports the words of the closed list of types.
func KnownType(word string) bool {
	for t := SystemEvent; t <= DataAccess; t++ {
		if t.String() == word {
			return true
		}
	}
	return false
}

// Replaced reports the first line of a file that continues one which was removed or renamed under the server.
func (r Record) Replaced() bool { return r.replaced }

func digit(c byte) bool { return c >= '0' && c <= '9' }
