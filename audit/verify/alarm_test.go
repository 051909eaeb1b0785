package verify

import (
	"strings"
	"testing"

	"ivalt-radius/audit"
)

// TestWhatAServerFoundAtItsStartIsNoted: the server signs what lies there, so the chain alone would look as if nothing had happened.
func TestWhatAServerFoundAtItsStartIsNoted(t *testing.T) {
	for event, want := range map[string]int{"trail_truncated": 1, "trail_broken": 1, "trail_head_unreadable": 1, "collision": 0} {
		w := newWorld(t)
		w.add(audit.Security{Event: event, User: "trail_broken", Detail: `","event":"trail_truncated",`}).sign().close()
		r := w.verify()
		if n := strings.Count(strings.Join(r.Notes, "\n"), "is "+event); !r.Sound() || n != want {
			t.Errorf("%s: %v %v", event, r.Findings, r.Notes)
		}
	}
}
