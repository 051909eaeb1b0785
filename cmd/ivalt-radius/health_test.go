package main

import (
	"strings"
	"testing"

	"ivalt-radius/cmd/ivalt-radius/exit"
)

// TestHealthOfAServer: it is ready and lives, leaves no record, and is neither once it has ended.
func TestHealthOfAServer(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	r := s.start(t)
	for _, args := range [][]string{{"health"}, {"health", "--live"}} {
		if code, out := s.command(t, args...); code != exit.OK || out != "ok\n" {
			t.Errorf("%v: exit %d: %s", args, code, out)
		}
	}
	if code := r.stop(t); code != exit.OK {
		t.Errorf("exit %d", code)
	}
	if code, out := s.command(t, "health"); code != exit.Fault || !strings.Contains(out, "no server is running") {
		t.Errorf("exit %d: %s", code, out)
	}
	if n := len(s.trailLines(t, `"type":"data_access"`)); n != 0 {
		t.Errorf("%d looks stand in the trail", n)
	}
}
