package verify

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestASoundTrail(t *testing.T) {
	w := newWorld(t)
	r := w.verify()
	want := Report{
		Files: 4, Lines: 22, LastSeq: 22, LastHash: string(w.prev[:]), Key: w.key.Public().Fingerprint(), Signatures: 5, Covered: 21,
	}
	if diff := cmp.Diff(want, r); diff != "" || !r.Sound() {
		t.Error(diff)
	}
}

func TestNoTrail(t *testing.T) {
	for name, live := range map[string]string{
		"no file":      filepath.Join(t.TempDir(), liveName),
		"no directory": filepath.Join(t.TempDir(), "none", liveName),
		"a directory":  t.TempDir(),
	} {
		if _, err := Trail(t.Context(), Options{Live: live}); err == nil {
			t.Errorf("%s: a trail", name)
		}
	}
	ended, end := context.WithCancel(t.Context())
	end()
	w := newWorld(t)
	if _, err := Trail(ended, w.options()); !errors.Is(err, context.Canceled) {
		t.Errorf("ended: %v", err)
	}
}
