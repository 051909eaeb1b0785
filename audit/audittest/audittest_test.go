package audittest

import (
	"bytes"
	"path/filepath"
	"testing"
	"time"

	"ivalt-radius/audit/chain"
)

func TestATrailIsSoundAndTheSameForASeed(t *testing.T) {
	tr := Trail{Records: 500, From: time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC), Every: time.Second, Seed: 7}
	var a, b bytes.Buffer
	if err := tr.Write(&a); err != nil {
		t.Fatal(err)
	}
	if err := tr.Write(&b); err != nil || !bytes.Equal(a.Bytes(), b.Bytes()) {
		t.Fatalf("%v, or not the same", err)
	}
	result, err := chain.Verify(&a)
	if err != nil || !result.Sound() || result.LastSeq != 500 {
		t.Fatalf("%+v %v", result, err)
	}
	path := filepath.Join(t.TempDir(), "trail")
	if err := tr.File(path); err != nil || tr.File(path) == nil {
		t.Errorf("%v, or written over", err)
	}
}
