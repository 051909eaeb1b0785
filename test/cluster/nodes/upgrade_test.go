//go:build interop

package nodes_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ivalt-radius/ivalt/ivalttest"
	"ivalt-radius/test/blackbox"
)

// inPlace is a version that the other binary does not have.
const inPlace = "in-place"

// startOwn starts a node from a program of its own, which can be replaced.
func (n *node) startOwn(t *testing.T) (program string) {
	t.Helper()
	n.Write(t)
	program = filepath.Join(n.Dir, "ivalt-radius")
	// Copied by another process: a program that this one has open for writing may still be open in a child that a test beside it
	// just forked, and cannot be executed then.
	if out, err := exec.CommandContext(t.Context(), "cp", blackbox.Binary(), program).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	n.Server = blackbox.StartProgram(t, program, nil, "serve", "--config", n.Config())
	n.Server.AwaitLines(t, "ready", 1)
	return program
}

// TestUpgradeInPlace: a node is replaced by another version in mid-login, in the same process. Logins that it leads, that it follows, that nobody else
// has, and that come meanwhile are answered, at each node that they reached, and each rings once.
func TestUpgradeInPlace(t *testing.T) {
	t.Parallel()
	h := build(t, plan{})
	program := h.a().startOwn(t)
	h.b().Start(t)
	upgraded := buildVersion(t, inPlace)
	users := []string{"leads", "follows", "alone", "refuses", "meanwhile"}
	for _, user := range users {
		h.enrol(user, ivalttest.Approve, 6*time.Second)
	}
	h.enrol("refuses", ivalttest.Deny, 6*time.Second)
	g := gate(t)
	asked := func(id byte, user string, n *node) blackbox.Request {
		r := request(login(user), id)
		g.send(n, r)
		h.rings(t, user)
		return r
	}
	leads, follows := asked(1, "leads", h.a()), asked(2, "follows", h.b())
	alone, refuses := asked(3, "alone", h.a()), asked(4, "refuses", h.a())
	leadsThere, followsHere := asked(5, "leads", h.b()), asked(6, "follows", h.a())
	if err := os.Rename(upgraded, program); err != nil {
		t.Fatal(err)
	}
	pid := h.a().Server.PID()
	done := make(chan string, 1)
	go func() {
		defer close(done)
		said, _ := blackbox.Run(t, "upgrade", "--config", h.a().Config())
		done <- said
	}()
	h.a().Server.AwaitLines(t, "upgrading", 1)
	meanwhile := request(login("meanwhile"), 7)
	g.send(h.a(), meanwhile)
	if said := <-done; !strings.Contains(said, inPlace) || h.a().Server.PID() != pid {
		t.Errorf("upgrade says %q", said)
	}
	for _, r := range []blackbox.Request{leads, followsHere, alone, meanwhile} {
		accepted(t, g.answer(t, h.a(), r))
	}
	for _, r := range []blackbox.Request{leadsThere, follows} {
		accepted(t, g.answer(t, h.b(), r))
	}
	rejected(t, g.answer(t, h.a(), refuses), denied)
	g.send(h.b(), refuses) // its end is known at the other node, though one process took it and another one ended it
	rejected(t, g.answer(t, h.b(), refuses), denied)
	for _, user := range users {
		h.rang(t, user, 1)
	}
}
