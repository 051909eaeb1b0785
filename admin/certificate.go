package admin

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"time"

	"github.com/sirupsen/logrus"
)

// lookEvery is how often the files of a certificate are looked at, at most.
const lookEvery = 10 * time.Second

// files are those of a certificate and its key.
type files struct{ certificate, key string }

// pair is the certificate that is shown, and the files that it came from. It is safe for concurrent use.
type pair struct {
	log logrus.FieldLogger
	now func() time.Time

	mu     sync.Mutex
	from   files
	shown  *tls.Certificate
	seen   [2]mark // the files as they were when they were last read, whatever came of it
	looked time.Time
}

// mark tells a file's versions apart.
type mark struct {
	size    int64
	written time.Time
}

// newPair reads the files, which must be sound.
func newPair(from files, log logrus.FieldLogger, now func() time.Time) (*pair, error) {
	p := &pair{log: log, now: now, from: from, seen: from.marks(), looked: now()}
	var err error
	p.shown, err = from.read()
	return p, err
}

// CheckPair says what is wrong with the files of a certificate, and when it expires. The error names no more than the file that is wrong.
func CheckPair(certificate, key string) (expires time.Time, err error) {
	c, err := files{certificate, key}.read()
	if err != nil {
		return time.Time{}, err
	}
	return c.Leaf.NotAfter, nil
}

func (f files) marks() (out [2]mark) {
	for i, path := range []string{f.certificate, f.key} {
		if info, err := os.Stat(path); err == nil {
			out[i] = mark{info.Size(), info.ModTime()}
		}
	}
	return out
}

// mostPEM bounds a file, in octets.
const mostPEM = 1 << 20

func (f files) read() (*tls.Certificate, error) {
	var texts [2][]byte
	for i, path := range []string{f.certificate, f.key} {
		info, err := os.Stat(path)
		if err == nil && (info.Size() > mostPEM || !info.Mode().IsRegular()) {
			return nil, fmt.Errorf("%s: is no PEM file", path)
		}
		if err == nil {
			texts[i], err = os.ReadFile(path) //nolint:gosec // the operator names the files
		}
		if err != nil {
			return nil, fmt.Errorf("%s: cannot be read: %w", path, reason(err))
		}
	}
	c, err := tls.X509KeyPair(texts[0], texts[1])
	if err != nil {
		return nil, fmt.Errorf("%s and %s are no pair of a certificate and its key in PEM: %w", f.certificate, f.key, err)
	}
	return &c, nil
}

// reason is the system's word without the path, which is named already.
func reason(err error) error {
	if at, ok := errors.AsType[*fs.PathError](err); ok {
		return at.Err
	}
	return err
}

// get is the certificate for a handshake. The files are looked at now and then.
func (p *pair) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if now := p.now(); now.Sub(p.looked) >= lookEvery {
		p.looked = now
		if seen := p.from.marks(); seen != p.seen {
			p.take(p.from, seen)
		}
	}
	return p.shown, nil
}

// adopt reads the files, which may be others, at once.
func (p *pair) adopt(from files) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.looked = p.now()
	p.take(from, from.marks())
}

// take shows what the files have from now on, where they are sound. A pair is written in two steps: between them it is broken, and the old one stays.
func (p *pair) take(from files, seen [2]mark) {
	p.from, p.seen = from, seen
	read, err := from.read()
	if err != nil {
		p.log.WithError(err).Error("the window's new certificate cannot be used: the one before is shown on")
		return
	}
	if !read.Leaf.Equal(p.shown.Leaf) {
		p.log.WithField("expires", read.Leaf.NotAfter.UTC().Format(time.RFC3339)).Info("the window has a new certificate")
	}
	p.shown = read
}

func (p *pair) expires() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.shown.Leaf.NotAfter
}

// covers reports that the certificate is for a name.
func (p *pair) covers(name string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.shown.Leaf.VerifyHostname(name) == nil
}
