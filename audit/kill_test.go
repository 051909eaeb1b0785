package audit

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"ivalt-radius/audit/chain"
	"ivalt-radius/audit/checkpoint"
)

const killRounds = 10

// TestKillLosesNothingAcknowledged kills a server in the middle of its Commits, again and again on the same trail, of which files end
// and are compressed all the time. All that it acknowledged is there, and the chain is sound; no record is taken for removed.
func TestKillLosesNothingAcknowledged(t *testing.T) {
	path := trailPath(t)
	acknowledged := map[string]bool{}
	for range killRounds {
		killAfter(t, path, 50+rand.IntN(400), acknowledged) //nolint:gosec // any moment will do
		opt, err := killOptions(filepath.Dir(path))
		fail(t, err)
		mustClose(t, mustOpen(t, path, opt))
		there := map[string]bool{}
		for _, l := range whole(t, path) {
			there[l.User] = true
			if l.Event == "trail_truncated" || l.Event == chain.ReplacedEvent {
				t.Fatalf("%+v", l)
			}
		}
		for user := range acknowledged {
			if !there[user] {
				t.Fatalf("%s was acknowledged and is not in the trail", user)
			}
		}
	}
	if files := len(listed(t, path)); len(acknowledged) < 50*killRounds || files < killRounds {
		t.Errorf("only %d acknowledged in %d files", len(acknowledged), files)
	}
}

// killOptions make files of a few records, and as many checkpoints as can be. dir is the state directory.
func killOptions(dir string) (Options, error) {
	key, err := checkpoint.OpenOrMake(dir)
	return Options{SegmentSize: 5000, Key: key, CheckpointEvery: time.Millisecond, StateDir: dir}, err
}

// killAfter starts a server, kills it after a number of acknowledgements, and keeps all that it gave.
func killAfter(t *testing.T, path string, after int, acknowledged map[string]bool) {
	t.Helper()
	cmd := child(t, "commit forever", path)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for n := 1; lines.Scan(); n++ {
		acknowledged[lines.Text()] = true
		if n == after {
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := cmd.Wait(); err == nil {
		t.Fatal("the server ended by itself")
	}
}

// commitForever is the server: it prints each user whose record is durable.
func commitForever() error {
	opt, err := killOptions(".")
	if err != nil {
		return err
	}
	trail, err := Open(childTrail, opt)
	if err != nil {
		return err
	}
	go compressForever(context.Background(), trail, childTrail)
	var out sync.Mutex
	failed := make(chan error)
	for i := range 16 {
		go func() {
			for j := 0; ; j++ {
				a := Attempt{User: fmt.Sprintf("%d-%d-%d", os.Getpid(), i, j), Detail: strconv.Itoa(j)}
				_ = trail.Post(System{Event: "noise"})
				if err := trail.Commit(context.Background(), a); err != nil {
					failed <- err
					return
				}
				out.Lock()
				_, err := os.Stdout.WriteString(a.User + "\n")
				out.Unlock()
				if err != nil {
					failed <- err
					return
				}
			}
		}()
	}
	return <-failed
}
