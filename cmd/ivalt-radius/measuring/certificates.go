package measuring

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"ivalt-radius/admin/kept"
	"ivalt-radius/admin/metrics"
)

// mostPEM is how many octets of a certificate's file are read.
const mostPEM = 1 << 20

// certificates looks at the files of certificates now and then. One that cannot be read has no figure, which an alert can tell.
func (r Rooms) certificates() func() []metrics.Certificate {
	files := kept.For(filesFor, r.Now, r.shown)
	return func() []metrics.Certificate {
		all := slices.Clone(files())
		if r.Upstream == nil {
			return all
		}
		if until, seen := r.Upstream(); seen {
			all = append(all, metrics.Certificate{Use: "ivalt", Until: until})
		}
		return all
	}
}

// shown are the certificates in files.
func (r Rooms) shown() (out []metrics.Certificate) {
	paths := map[string]string{"redis": r.Settings().State.Redis.ClientCertificate}
	if r.Files != nil {
		maps.Copy(paths, r.Files())
	}
	for _, use := range slices.Sorted(maps.Keys(paths)) {
		if paths[use] == "" {
			continue
		}
		until, err := ends(paths[use])
		if err != nil {
			r.Unreachable("the certificate for "+use, err)
			continue
		}
		out = append(out, metrics.Certificate{Use: use, Until: until})
	}
	return out
}

// ends is when the first certificate of a PEM file ends: the one that is shown, before those that vouch for it.
func ends(path string) (time.Time, error) {
	file, err := os.Open(filepath.Clean(path))
	if err != nil {
		return time.Time{}, fmt.Errorf("open: %w", err)
	}
	defer func() { _ = file.Close() }() // only read
	text, err := io.ReadAll(io.LimitReader(file, mostPEM))
	if err != nil {
		return time.Time{}, fmt.Errorf("read: %w", err)
	}
	for {
		var block *pem.Block
		if block, text = pem.Decode(text); block == nil {
			return time.Time{}, errors.New(path + " has no certificate: put one there, PEM")
		}
		if block.Type != "CERTIFICATE" {
			continue
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return time.Time{}, fmt.Errorf("%s: %w", path, err)
		}
		return c.NotAfter, nil
	}
}
