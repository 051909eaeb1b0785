package audit

import (
	"testing"
	"testing/synctest"
	"time"
)

// slowFile is a file whose sync takes until the test lets it go.
type slowFile struct {
	File
	let chan struct{}
}

func (f slowFile) Sync() error {
	<-f.let
	return f.File.Sync()
}

func TestLag(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		let := make(chan struct{})
		trail := mustOpen(t, trailPath(t), Options{Wrap: func(f File) File { return slowFile{f, let} }})
		expect := func(step string, want uint64) {
			t.Helper()
			synctest.Wait()
			if got := trail.Lag(); got != want {
				t.Errorf("%s: %d records are not on disk, want %d", step, got, want)
			}
		}
		expect("nothing is there", 0)
		committed := make(chan error, 1)
		go func() { committed <- trail.Commit(t.Context(), attempt()) }()
		expect("one is being synced", 1)
		for range 2 {
			if err := trail.Post(attempt()); err != nil {
				t.Fatal(err)
			}
		}
		expect("two wait behind it", 3)
		let <- struct{}{}
		if err := <-committed; err != nil {
			t.Fatal(err)
		}
		expect("the two are written", 2)
		close(let)
		time.Sleep(2 * syncAfter) //nolint:forbidigo // virtual time
		expect("all are on disk", 0)
		if err := trail.Close(); err != nil {
			t.Error(err)
		}
	})
}
