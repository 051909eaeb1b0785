package query_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"ivalt-radius/audit/chain"
	"ivalt-radius/audit/query"
	"ivalt-radius/audit/segment"
)

// following is a Follow that the test drives tick by tick.
type following struct {
	t    *testing.T
	path string
	tick chan time.Time
	got  []uint64
	done chan error
	stop context.CancelFunc
}

func follow(t *testing.T, path string, after uint64, f query.Filter) *following {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	w := &following{t: t, path: path, tick: make(chan time.Time), done: make(chan error, 1), stop: stop}
	go func() {
		w.done <- query.Trail{Live: path}.Follow(ctx, after, f, w.tick, func(r *query.Record) error {
			w.got = append(w.got, r.Seq)
			return nil
		})
	}()
	return w
}

// sees looks at what was given once the follower has caught up: it takes a tick only then.
func (w *following) sees(want string) {
	w.t.Helper()
	for range 2 {
		select {
		case w.tick <- time.Time{}:
		case err := <-w.done:
			w.t.Fatalf("it ended: %v", err)
		}
	}
	if got := fmt.Sprint(w.got); got != want {
		w.t.Errorf("it gave %s, want %s", got, want)
	}
}

func (w *following) ends() {
	w.t.Helper()
	w.stop()
	if err := <-w.done; err != nil {
		w.t.Error(err)
	}
}

// add appends lines of alice's logins, each with its line end.
func add(t *testing.T, path string, from, to uint64) {
	t.Helper()
	text := ""
	for seq := from; seq <= to; seq++ {
		text += string(lineOf(seq, login("alice"))) + "\n"
	}
	addText(t, path, text)
}

func addText(t *testing.T, path, text string) {
	t.Helper()
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	_, err = file.WriteString(text)
	if err := errors.Join(err, file.Close()); err != nil {
		t.Fatal(err)
	}
}

func rename(t *testing.T, from, to string) {
	t.Helper()
	if err := os.Rename(from, to); err != nil {
		t.Fatal(err)
	}
}

// TestFollow: over torn lines, rotations, several at once, and a file that comes late.
func TestFollow(t *testing.T) {
	path := liveIn(t.TempDir())
	w := follow(t, path, 1, query.Filter{User: "alice"})
	w.sees("[]")
	add(t, path, 1, 3)
	w.sees("[2 3]")
	torn := string(lineOf(4, login("alice")))
	addText(t, path, torn[:50])
	w.sees("[2 3]")
	addText(t, path, torn[50:]+"\n"+string(lineOf(5, login("bob")))+"\n")
	w.sees("[2 3 4]")
	add(t, path, 6, 6)
	rename(t, path, segment.Name(path, 1, 6))
	w.sees("[2 3 4 6]") // no live file for a moment
	add(t, path, 7, 7)
	w.sees("[2 3 4 6 7]")
	rename(t, path, segment.Name(path, 7, 7))
	add(t, path, 8, 9)
	rename(t, path, segment.Name(path, 8, 9))
	add(t, path, 10, 10)
	w.sees("[2 3 4 6 7 8 9 10]")
	w.ends()
}

// TestFollowAnotherFile: a file that was cut back is read on from where it ends now, a trail that begins anew is read from its
// beginning, and a line without an end does not fill the memory.
func TestFollowAnotherFile(t *testing.T) {
	path := liveIn(t.TempDir())
	add(t, path, 1, 3)
	w := follow(t, path, 0, query.Filter{})
	w.sees("[1 2 3]")
	if err := os.Truncate(path, int64(2*(len(lineOf(1, login("alice")))+1))); err != nil {
		t.Fatal(err)
	}
	w.sees("[1 2 3]")
	add(t, path, 3, 4)
	w.sees("[1 2 3 4]")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	add(t, path, 1, 2)
	w.sees("[1 2 3 4 1 2]")
	for range 40 {
		addText(t, path, string(make([]byte, chain.MaxLine/8)))
		w.sees("[1 2 3 4 1 2]")
	}
	addText(t, path, "\n"+string(lineOf(3, login("alice")))+"\n")
	w.sees("[1 2 3 4 1 2 3]")
	w.ends()
}

func TestFollowEnds(t *testing.T) {
	path, stop := liveIn(t.TempDir()), errors.New("enough")
	add(t, path, 1, 3)
	err := query.Trail{Live: path}.Follow(t.Context(), 0, query.Filter{}, nil, func(*query.Record) error { return stop })
	if !errors.Is(err, stop) {
		t.Error(err)
	}
	write(t, segment.Name(path, 1, 1)+".gz", []byte("no gzip"))
	if err := (query.Trail{Live: path}).Follow(t.Context(), 0, query.Filter{}, nil, func(*query.Record) error { return nil }); err == nil {
		t.Error("a segment that is none")
	}
	if err := (query.Trail{Live: path + "/x"}).Follow(t.Context(), 0, query.Filter{}, nil, func(*query.Record) error { return nil }); err == nil {
		t.Error("a directory that is none")
	}
}

// TestReadWhileTheServerGoesOn: whoever reads while segments end misses none of the records before the last that they see.
func TestReadWhileTheServerGoesOn(t *testing.T) {
	const most = 300
	path := liveIn(t.TempDir())
	add(t, path, 1, 1)
	done := make(chan error, 1)
	go func() {
		var err error
		for seq := uint64(2); seq <= most && err == nil; seq++ {
			err = os.Rename(path, segment.Name(path, seq-1, seq-1))
			if err == nil {
				err = os.WriteFile(path, append(lineOf(seq, login("alice")), '\n'), 0o600)
			}
		}
		done <- err
	}()
	for n := 0; n < most; {
		got, _ := seqs(t, query.Trail{Live: path}, query.Filter{})
		for i, seq := range got {
			if seq != uint64(i)+1 {
				t.Fatalf("record %d stands where %d belongs, of %d", seq, i+1, len(got))
			}
		}
		if n = len(got); n == 0 {
			t.Fatal("no record at all")
		}
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}
