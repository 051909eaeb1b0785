package naming

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"strconv"
	"sync/atomic"
)

// Digest is keyed by the Names that made it, or, of Keyed ones, by what the nodes of a cluster share.
type Digest [sha256.Size]byte

// Names are those of one process; New makes them. They are safe for concurrent use.
type Names struct {
	secret  [sha256.Size]byte
	process [10]byte
	ids     atomic.Uint64
}

// New draws the keys.
func New() *Names {
	n := &Names{}
	_, _ = rand.Read(n.secret[:]) // never fails: crypto/rand ends the process instead
	_, _ = rand.Read(n.process[:])
	return n
}

// Keyed are Names whose digests are the same at all nodes that have the key, and nowhere else. Their IDs are of this process alone, as all are.
func Keyed(key []byte) *Names {
	n := New()
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("ivalt-radius: names"))
	mac.Sum(n.secret[:0])
	return n
}

// Restored are Names whose digests are those of an earlier process, by its Secret. Their IDs are of this process alone. A secret of another size is none.
func Restored(secret []byte) *Names {
	n := New()
	if len(secret) == len(n.secret) {
		copy(n.secret[:], secret)
	}
	return n
}

// Secret is the key of the digests, for the process that takes this one's place and for nobody else.
func (n *Names) Secret() []byte { return bytes.Clone(n.secret[:]) }

// Digest is the keyed digest of some texts, in order.
func (n *Names) Digest(parts ...string) (d Digest) {
	mac := hmac.New(sha256.New, n.secret[:])
	for _, part := range parts {
		var size [8]byte
		binary.BigEndian.PutUint64(size[:], uint64(len(part)))
		mac.Write(size[:])
		mac.Write([]byte(part))
	}
	mac.Sum(d[:0])
	return d
}

var encoding = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding) //nolint:gochecknoglobals // a constant that Go cannot write as one

// ID names an attempt: ten octets that are random for this process, with a count in them, as 16 characters. It is a name for people and
// for evidence, and nobody's secret.
func (n *Names) ID() string {
	b := n.process
	binary.BigEndian.PutUint64(b[2:], binary.BigEndian.Uint64(b[2:])^n.ids.Add(1))
	return encoding.EncodeToString(b[:])
}

// Number is what a push shows: two digits, which tell one push from another at a glance. They are no secret.
func Number() string {
	var b [2]byte
	_, _ = rand.Read(b[:]) // never fails
	return strconv.Itoa(10 + int(binary.BigEndian.Uint16(b[:]))%90)
}
