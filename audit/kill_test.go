package audit

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"testing"
)

const killRounds = 10

// TestKillLosesNothingAcknowledged kills a server in the middle of its Commits, again and again on the same trail. All
// that it acknowledged is there, and the chain is sound.
func TestKillLosesNothingAcknowledged(t *testing.T) {
	path := trailPath(t)
	acknowledged := map[string]bool{}
	for range killRounds {
		killAfter(t, path, 50+rand.IntN(400), acknowledged) //nolint:gosec // any moment will do
		mustClose(t, mustOpen(t, path, Options{}))
		there := map[string]bool{}
		for _, l := range sound(t, path) {
			there[l.User] = true
		}
		for user := range acknowledged {
			if !there[user] {
				t.Fatalf("%s was acknowledged and is not in the trail", user)
			}
		}
	}
	if len(acknowledged) < 50*killRounds {
		t.Errorf("only %d acknowledged", len(acknowledged))
	}
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
	trail, err := Open(childTrail, Options{})
	if err != nil {
		return err
	}
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
