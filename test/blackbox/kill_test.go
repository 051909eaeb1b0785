package blackbox_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"ivalt-radius/audit/segment"
	"ivalt-radius/ivalt/ivalttest"
	"ivalt-radius/test/blackbox"
)

const killSockets = 8

// roundsVariable sets how often TestKillUnderLoad kills: `make crash` does.
const roundsVariable = "KILL_ROUNDS"

func killRounds(t *testing.T) int {
	t.Helper()
	const usual = 20
	text := os.Getenv(roundsVariable)
	if text == "" {
		return usual
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("%s=%q is no number of rounds", roundsVariable, text)
	}
	return n
}

// TestKillUnderLoad: kill -9 in the middle of a crowd, again and again on one state directory, while the trail's files end as soon as
// they may. Every Access-Accept that a gateway has in its hands stands in the trail, and the chain holds over all the crashes and files.
func TestKillUnderLoad(t *testing.T) {
	rounds := killRounds(t)
	site := blackbox.NewSite(t)
	site.Settings.IVALT = "limits: {per_second: 0, per_minute: 0, per_hour: 0}"
	site.Settings.Policy = `
  default: require_push
  rules:
    - name: machines
      match: {users: ["svc-*"]}
      decision: exempt`
	site.Settings.Trail = "segment_size: 64KiB\n  checkpoint: 1s"
	granted := 0
	for round := range rounds {
		site.Start(t)
		kind := "svc"
		if round%5 == 4 {
			kind = "person" // every fifth round the crowd waits for phones
		}
		users := crowd(t, site, fmt.Sprintf("%s-%d", kind, round))
		granted += len(users)
		known := acceptedUsers(t, site)
		for _, user := range users {
			if !known[user] {
				t.Errorf("round %d: %s holds an Access-Accept that the trail does not know", round, user)
			}
		}
	}
	if granted < rounds {
		t.Errorf("only %d Access-Accepts in %d rounds: there was no load", granted, rounds)
	}
	site.Start(t) // repairs what the last kill tore
	site.Server.Kill()
	chain(t, site)
	files, err := segment.List(site.Trail(), "")
	if err != nil || len(files) < 2 {
		t.Errorf("%v: %d files", err, len(files))
	}
	for _, line := range site.TrailLines(t) {
		if bytes.Contains(line, []byte(`"type":"security_event","event":"trail_`)) {
			t.Errorf("an alarm though nothing is missing: %s", line)
		}
	}
	t.Logf("%d rounds, %d logins let in, %d files", rounds, granted, len(files))
}

// crowd logs in on several sockets at once and kills the server at a random moment after the first Accept. It returns who was
// let in.
func crowd(t *testing.T, site *blackbox.Site, name string) []string {
	t.Helper()
	var mu sync.Mutex
	var users []string
	first := make(chan struct{})
	var once sync.Once
	var sockets sync.WaitGroup
	for socket := range killSockets {
		nas := site.NAS(t)
		sockets.Go(func() {
			for n := 0; site.Server.Running(); n++ {
				user := fmt.Sprintf("%s-%d-%d", name, socket, n)
				site.Enrol(user, ivalttest.Approve, time.Second)
				if loginUntilKilled(site, nas, blackbox.Login{User: user, Password: password, ID: byte(n)}) {
					mu.Lock()
					users = append(users, user)
					mu.Unlock()
					once.Do(func() { close(first) })
				}
			}
		})
	}
	select {
	case <-first:
	case <-time.After(blackbox.Patience):
		t.Error("nobody was let in")
	}
	<-time.After(time.Duration(rand.IntN(200)) * time.Millisecond) //nolint:gosec // chance, not secrecy
	site.Server.Kill()
	sockets.Wait()
	return users
}

// loginUntilKilled reports whether an Access-Accept came. What the server sent before it died is read to the end.
func loginUntilKilled(site *blackbox.Site, nas *blackbox.NAS, login blackbox.Login) bool {
	r := nas.Request(login)
	nas.Send(r)
	for last := false; !last; {
		last = !site.Server.Running()
		if reply, err := nas.Receive(r, 100*time.Millisecond); err == nil {
			return reply.Code == blackbox.AccessAccept
		}
	}
	return false
}

// acceptedUsers reads from the trail who was let in.
func acceptedUsers(t *testing.T, site *blackbox.Site) map[string]bool {
	t.Helper()
	users := map[string]bool{}
	for _, line := range site.TrailLines(t) {
		var r blackbox.Record
		if err := json.Unmarshal(line, &r); err != nil {
			t.Fatalf("a line of the trail is no JSON: %q", line)
		}
		if r.Text("type") == "authentication_attempt" && r.Text("verdict") == "accept" {
			users[r.Text("user")] = true
		}
	}
	return users
}

// chain verifies the trail by the contract's words alone, all files as one, and then asks `audit verify` about a copy of that.
func chain(t *testing.T, site *blackbox.Site) {
	t.Helper()
	prev := strings.Repeat("0", 64)
	var seq float64
	lines := site.TrailLines(t)
	for i, line := range lines {
		var r blackbox.Record
		cut := bytes.LastIndex(line, []byte(`,"hash"`))
		if err := json.Unmarshal(line, &r); err != nil || cut < 0 {
			t.Fatalf("line %d is no record: %q", i+1, line)
		}
		sum := sha256.Sum256(line[:cut])
		if r.Text("hash") != hex.EncodeToString(sum[:]) || r.Text("prev") != prev || r["seq"] != seq+1 {
			t.Fatalf("line %d does not continue the chain: %s", i+1, line)
		}
		prev, seq = r.Text("hash"), seq+1
	}
	if len(lines) == 0 {
		t.Error("the trail is empty")
	}
	whole := filepath.Join(t.TempDir(), "audit.jsonl")
	if err := os.WriteFile(whole, site.TrailText(t), 0o600); err != nil {
		t.Fatal(err)
	}
	if output, code := blackbox.Run(t, "audit", "verify", whole); code != 0 {
		t.Errorf("audit verify ends with %d: %s", code, output)
	}
}
