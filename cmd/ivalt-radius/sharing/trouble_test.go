package sharing

import (
	"strings"
	"testing"

	"ivalt-radius/cmd/ivalt-radius/exit"
)

// troubled is what else `nodes` ends with 1 for, where all nodes are well.
func troubled(t *testing.T, h *house, path string) {
	t.Helper()
	h.engine.evicts("allkeys-lru")
	if code, out := run(t, "--config", path); code != exit.Fault || !strings.Contains(out, "MAY FORGET CLAIMS") || !strings.Contains(out, "nodes: the memory may forget") {
		t.Errorf("it evicts: exit %d, %q", code, out)
	}
	h.engine.evicts("noeviction")
	h.engine.deafen()
	if code, out := run(t, "--config", path); code != exit.Fault || !strings.Contains(out, "NOT HEARD") || !strings.Contains(out, "is not heard here") {
		t.Errorf("nothing is heard: exit %d, %q", code, out)
	}
}

// TestNamesOfLogins are the same at all nodes of one cluster, and nobody else's.
func TestNamesOfLogins(t *testing.T) {
	digest := func(more string) string {
		d := newHouse().sharing(t, more).Names().Digest("alice")
		return string(d[:])
	}
	one := digest("")
	if len(one) != 32 || one != digest(", timeout: 2s") || one == digest(", prefix: other") {
		t.Error("the key does not hang on cluster_key and prefix alone")
	}
}
