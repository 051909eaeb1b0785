package incident

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"ivalt-radius/guard"
)

func pipe(path string) error { return syscall.Mkfifo(path, 0o600) }

// TestLife: each state leads on, none leads back, and all that is done by hand is in the trail before, with who and why.
func TestLife(t *testing.T) {
	ack := func(k *kit, o Order) error { _, err := k.Acknowledge(context.Background(), o); return err }
	end := func(k *kit, o Order) error { _, err := k.Close(context.Background(), o); return err }
	for name, c := range map[string]struct {
		before []func(*kit, Order) error
		do     func(*kit, Order) error
		says   string // empty: it is done
		state  State
	}{
		"acknowledge":                {nil, ack, "", Acknowledged},
		"close at once":              {nil, end, "", Closed},
		"acknowledge, then close":    {[]func(*kit, Order) error{ack}, end, "", Closed},
		"acknowledge twice":          {[]func(*kit, Order) error{ack}, ack, "is acknowledged already, by uid=1 pid=2: looks like it", Acknowledged},
		"acknowledge what is closed": {[]func(*kit, Order) error{end}, ack, "is closed already, by uid=1 pid=2", Closed},
		"close twice":                {[]func(*kit, Order) error{end}, end, "is closed already", Closed},
	} {
		t.Run(name, func(t *testing.T) {
			k := newKit(t)
			k.Take(k.alert(guard.BruteForce, user("alice"), guard.Medium, 5))
			o := Order{ID: k.only(t).ID[:9], Actor: "uid=1 pid=2", Reason: "looks like it"}
			for _, before := range c.before {
				must(t, before(k, o))
			}
			said := len(k.said.about(`"action"`))
			err := c.do(k, o)
			if (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
				t.Error(err)
			}
			i := k.only(t)
			if i.State != c.state || k.onDisk(t, i.ID).State != c.state || len(i.Evidence) != 1 {
				t.Errorf("it is %s, on disk %s", i.State, k.onDisk(t, i.ID).State)
			}
			actions := k.said.about(`"action"`, `"actor":"uid=1 pid=2"`, `"target":"`+i.ID+`"`, "looks like it")
			if len(actions) != len(i.History)-1 || err != nil && len(actions) != said {
				t.Errorf("in the trail: %s; in the history: %v", actions, i.History)
			}
			if last := i.History[len(i.History)-1]; last.By != "uid=1 pid=2" || last.Reason != "looks like it" {
				t.Errorf("%+v", last)
			}
		})
	}
}

// TestNoEvidenceNoDeed: where the trail takes nothing, nothing is done by hand.
func TestNoEvidenceNoDeed(t *testing.T) {
	k := newKit(t)
	k.Take(k.alert(guard.BruteForce, user("alice"), guard.Medium, 5))
	o := Order{ID: k.only(t).ID, Actor: "a", Reason: "r"}
	k.said.err = errDisk
	if _, err := k.Close(t.Context(), o); !errors.Is(err, errDisk) || k.only(t).State != Opened {
		t.Errorf("%v, %s", err, k.only(t).State)
	}
	k.said.err = nil
	for _, reason := range []string{"", strings.Repeat("x", 501), "a\x1bb", "\xff"} {
		o.Reason = reason
		if _, err := k.Close(t.Context(), o); err == nil || k.only(t).State != Opened {
			t.Errorf("closed with the reason %.20q", reason)
		}
	}
	o.Reason = "r"
	again := k.noPlace(t)
	if _, err := k.Close(t.Context(), o); err == nil || !strings.Contains(err.Error(), "tried again") {
		t.Error(err)
	}
	again()
	must(t, k.Settle())
	if i := k.onDisk(t, o.ID); i.State != Closed || len(i.Evidence) != 1 {
		t.Errorf("%+v", i)
	}
}

func TestFind(t *testing.T) {
	k := newKit(t)
	k.Take(k.alert(guard.BruteForce, user("alice"), guard.Medium, 5))
	k.Take(k.alert(guard.BruteForce, user("bob"), guard.Medium, 5))
	if _, err := k.Find("20261126-"); err == nil || !strings.Contains(err.Error(), "2 incidents begin so: 20261126-") {
		t.Error(err)
	}
	for _, none := range []string{"", "2025", "x"} {
		if _, err := k.Find(none); !errors.Is(err, ErrNone) {
			t.Errorf("%q: %v", none, err)
		}
	}
	if _, err := k.Acknowledge(t.Context(), Order{ID: "x", Reason: "r"}); !errors.Is(err, ErrNone) {
		t.Error(err)
	}
}

// TestAfterTheEnd: what comes after an incident was closed is a new one, and the old one is told nothing more but how a step ended.
func TestAfterTheEnd(t *testing.T) {
	k := newKit(t)
	k.Take(k.alert(guard.BruteForce, user("alice"), guard.Medium, 5))
	k.respond()
	first := k.only(t)
	_, err := k.Close(t.Context(), Order{ID: first.ID, Actor: "a", Reason: "r"})
	must(t, err)
	if k.answers.pens[0].Saw(line(k.at, "alice", 7)) {
		t.Error("a closed incident takes evidence")
	}
	k.answers.pens[0].Did(Action{Step: "disconnect", Outcome: Done})
	k.flush(flushMost)
	if i := k.onDisk(t, first.ID); len(i.Actions) != 2 || len(i.Evidence) != 1 {
		t.Errorf("%+v", i)
	}
	k.Take(k.alert(guard.BruteForce, user("alice"), guard.Medium, 5))
	k.respond()
	if len(k.List()) != 2 || len(k.answers.asked) != 2 {
		t.Errorf("%d incidents, answered %v", len(k.List()), k.answers.asked)
	}
	if !k.answers.pens[1].Saw(line(k.at, "alice", 7)) {
		t.Error("an open incident takes no evidence")
	}
	pen{k.Book, "none"}.Did(Action{})
	if (pen{k.Book, "none"}).Saw(guard.Line{}) {
		t.Error("no incident takes evidence")
	}
}

// TestUnreadableEvidence: what a closed incident's file cannot tell just now is said, and nothing is written over it.
func TestUnreadableEvidence(t *testing.T) {
	k := newKit(t)
	k.Take(k.alert(guard.BruteForce, user("alice"), guard.Medium, 5))
	k.respond()
	id := k.only(t).ID
	_, err := k.Close(t.Context(), Order{ID: id, Actor: "a", Reason: "r"})
	must(t, err)
	must(t, os.Rename(k.files.path(id), k.files.path(id)+".away"))
	must(t, os.Symlink(id, k.files.path(id))) // which is not followed
	if _, err := k.Find(id); err == nil || !strings.Contains(err.Error(), "the evidence of incident "+id+" cannot be read") {
		t.Error(err)
	}
	k.answers.pens[0].Did(Action{Step: "disconnect", Outcome: Done})
	if k.Settle() == nil {
		t.Error("it was written without its evidence")
	}
	must(t, os.Rename(k.files.path(id)+".away", k.files.path(id)))
	must(t, k.Settle())
	if i := k.onDisk(t, id); len(i.Evidence) != 1 || len(i.Actions) != 2 {
		t.Errorf("%+v", i)
	}
}

func TestHolds(t *testing.T) {
	k := newKit(t)
	k.Take(k.alert(guard.UnknownClient, address("192.0.2.1"), guard.Low, 5))
	k.Take(k.alert(guard.BruteForce, user("alice"), guard.Medium, 5))
	must(t, k.Settle())
	id := k.only2(t, "alice").ID
	const first = "2026-11-26T08:59:00Z 2026-11-27T10:00:00Z"
	if len(k.holds.held) != 1 || k.holds.held[id] != first {
		t.Errorf("held: %v", k.holds.held)
	}
	k.at = k.at.Add(time.Hour)
	k.Take(k.alert(guard.BruteForce, user("alice"), guard.Medium, 5))
	must(t, k.Settle())
	if k.holds.held[id] != first {
		t.Errorf("held anew without need: %v", k.holds.held)
	}
	k.at = k.at.Add(30 * time.Hour)
	k.Take(k.alert(guard.BruteForce, user("alice"), guard.Medium, 5))
	must(t, k.Settle())
	if k.holds.held[id] != "2026-11-26T08:59:00Z 2026-11-28T17:00:00Z" {
		t.Errorf("outgrown: %v", k.holds.held)
	}
	k.holds.err = errDisk
	_, err := k.Close(t.Context(), Order{ID: id, Actor: "a", Reason: "r"})
	must(t, err)
	if !errors.Is(k.Settle(), errDisk) {
		t.Error("the holder's error is lost")
	}
	k.at = k.at.Add(1000 * time.Hour)
	k.expire()
	if len(k.List()) != 2 {
		t.Error("an incident that holds records was removed")
	}
	k.holds.err = nil
	k.open(t) // it is tried again after a restart
	must(t, k.Settle())
	if len(k.holds.held) != 0 || !k.onDisk(t, id).HeldTo.IsZero() || len(k.onDisk(t, id).Evidence) != 3 {
		t.Errorf("held: %v", k.holds.held)
	}
}

func TestRetention(t *testing.T) {
	k := newKit(t)
	for _, name := range []string{"alice", "bob", "carol"} {
		k.Take(k.alert(guard.BruteForce, user(name), guard.Low, 5))
	}
	alice, bob := k.only2(t, "alice").ID, k.only2(t, "bob").ID
	_, err := k.Close(t.Context(), Order{ID: alice, Actor: "a", Reason: "r"})
	must(t, err)
	k.at = k.at.Add(time.Hour)
	_, err = k.Close(t.Context(), Order{ID: bob, Actor: "a", Reason: "r"})
	must(t, err)
	k.at = start().Add(24*time.Hour - 1)
	k.expire()
	if len(k.List()) != 3 {
		t.Error("removed before its time")
	}
	k.at = start().Add(24 * time.Hour)
	k.expire()
	if _, err := os.Stat(k.files.path(alice)); len(k.List()) != 2 || !os.IsNotExist(err) {
		t.Errorf("%d are there, %v", len(k.List()), err)
	}
	if said := k.said.about(`"event":"incident_removed"`, alice); len(said) != 1 {
		t.Errorf("said: %s", said)
	}
	must(t, os.Remove(k.files.path(bob))) // by somebody
	k.Adopt(Settings{})
	k.at = k.at.Add(10_000 * time.Hour)
	k.expire()
	if len(k.List()) != 2 {
		t.Error("removed without a retention")
	}
	k.Adopt(Settings{Retention: time.Hour})
	k.expire()
	if len(k.List()) != 1 {
		t.Error("an open one was removed, or one without a file stays for ever")
	}
}

// TestRun: the steps follow by themselves, what grows is on disk within seconds, and the last of it when the server stops.
func TestRun(t *testing.T) {
	k := newKit(t)
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		k.open(t) // whose channels are the bubble's
		done := make(chan struct{})
		go func() { k.Run(ctx); close(done) }()
		k.Take(k.alert(guard.BruteForce, user("alice"), guard.Medium, 5))
		synctest.Wait()
		id := k.only(t).ID
		if len(k.answers.asked) != 1 || len(k.holds.held) != 1 || !k.onDisk(t, id).Answered {
			t.Errorf("answered %v, held %v", k.answers.asked, k.holds.held)
		}
		k.Take(k.alert(guard.BruteForce, user("alice"), guard.Medium, 6))
		time.Sleep(growEvery + time.Second) //nolint:forbidigo // virtual time
		if i := k.onDisk(t, id); i.Count != 6 {
			t.Errorf("%d on disk", i.Count)
		}
		k.Take(k.alert(guard.BruteForce, user("alice"), guard.Medium, 7))
		cancel()
		<-done
		if i := k.onDisk(t, id); i.Count != 7 {
			t.Errorf("%d on disk at the end", i.Count)
		}
	})
}

// TestForget: a person's name is nowhere in the files any more, others stay.
func TestForget(t *testing.T) {
	k := newKit(t)
	k.Take(k.alert(guard.PushBombing, user("alice"), guard.Medium, 5))
	both := k.alert(guard.PasswordSpray, address("192.0.2.7"), guard.Medium, 5)
	both.Evidence = append(both.Evidence, line(k.at, "bob", 1))
	both.Detail = "alice, bob and malice; alice@example.com, ask alice."
	k.Take(both)
	k.Take(k.alert(guard.BruteForce, user("alice"), guard.Low, 5))
	closed := k.List()[0]
	for _, i := range k.List() {
		if i.Rule == guard.BruteForce {
			closed = i
		}
	}
	_, err := k.Close(t.Context(), Order{ID: closed.ID, Actor: "a", Reason: "alice has called"})
	must(t, err)
	n, err := k.Forget("alice", "forgotten-1")
	if err != nil || n != 3 {
		t.Errorf("%d, %v", n, err)
	}
	for _, i := range k.List() {
		raw, err := os.ReadFile(k.files.path(i.ID))
		must(t, err)
		if text := strings.NewReplacer("malice", "", "alice@example.com", "").Replace(string(raw)); strings.Contains(text, "alice") || !strings.Contains(text, "forgotten-1") {
			t.Error(string(raw))
		}
		if i.Rule == guard.PasswordSpray {
			if !strings.Contains(i.Detail, "forgotten-1, bob and malice; alice@example.com, ask forgotten-1.") {
				t.Error(i.Detail)
			}
			if whole, _ := k.Find(i.ID); !strings.Contains(string(whole.Evidence[0].Record), `"calling_station":""`) || !strings.Contains(string(whole.Evidence[1].Record), `"user":"bob","calling_station":"192.0.2.7"`) {
				t.Errorf("%s", whole.Evidence)
			}
		}
	}
	k.open(t)
	if len(k.List()) != 3 || len(k.log.AllEntries()) != 0 {
		t.Errorf("what was rewritten cannot be read: %v", k.log.AllEntries())
	}
	k.Take(k.alert(guard.PushBombing, user("alice"), guard.Medium, 5))
	if len(k.List()) != 4 {
		t.Error("somebody who was forgotten grew an incident")
	}
	if n, err := k.Forget("nobody", "x"); n != 0 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	if _, err := k.Forget("alice", ""); err == nil {
		t.Error("forgotten without a pseudonym")
	}
	must(t, os.WriteFile(k.files.path(closed.ID), nil, 0o600))
	if _, err := k.Forget("alice", "y"); err == nil || !strings.Contains(err.Error(), closed.ID) {
		t.Error(err)
	}
}

// TestKilled: what Take has returned from is there after kill -9, whole.
func TestKilled(t *testing.T) {
	const child = "INCIDENTS_OF_A_CHILD"
	if dir := os.Getenv(child); dir != "" {
		k := &kit{dir: dir, at: start()}
		k.open(t)
		for n := 0; ; n++ {
			k.Take(k.alert(guard.BruteForce, user(fmt.Sprint("u", n/2)), guard.Severity(1+n%2), 5))
			fmt.Println("taken", n) //nolint:forbidigo // to the parent
		}
	}
	dir := t.TempDir()
	for range 3 {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKilled$") //nolint:gosec // this test itself
		cmd.Env = append(os.Environ(), child+"="+dir)
		out, err := cmd.StdoutPipe()
		must(t, err)
		must(t, cmd.Start())
		taken := 0
		for lines := bufio.NewScanner(out); taken < 60 && lines.Scan(); {
			_, _ = fmt.Sscanf(lines.Text(), "taken %d", &taken)
		}
		must(t, cmd.Process.Kill())
		_ = cmd.Wait() // it was killed
		k := &kit{dir: dir, at: start()}
		k.open(t)
		if taken < 60 || len(k.log.AllEntries()) != 0 {
			t.Fatalf("%d taken, log: %v", taken, k.log.AllEntries())
		}
		for n := 0; n < taken/2; n++ {
			if i := k.only2(t, fmt.Sprint("u", n)); i.Severity != guard.High || len(i.Evidence) == 0 {
				t.Errorf("u%d is %s after the kill", n, i.Severity)
			}
		}
	}
}
