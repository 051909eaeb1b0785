package audit

import (
	"context"
	"os"
	"path/filepath"
	"testing"
)

func TestTrail(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a", "trail")
	tr, err := Open(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	tr.Post(System{Event: "x"})
	if err := tr.Commit(context.Background(), Attempt{User: "u\n\"", Mobile: "+491701234567"}); err != nil {
		t.Fatal(err)
	}
	tr.Close()
	b, _ := os.ReadFile(path)
	t.Log(string(b))
	f, _ := os.Open(path)
	r, err := Verify(f)
	t.Log(r, err)
	if !r.Sound() || r.LastSeq != 2 { t.Fatal() }
}
