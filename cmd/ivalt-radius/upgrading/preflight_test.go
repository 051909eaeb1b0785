package upgrading

import (
	"strings"
	"testing"
)

// TestTry: of a program that says very much the end is kept, and no more.
func TestTry(t *testing.T) {
	said, err := try(t.Context(), "/bin/sh", "-c", "head -c 1000000 /dev/zero | tr '\\0' a; echo the end >&2; exit 3")
	if err == nil || !strings.HasSuffix(said, "the end\n") || len(said) > mostSaid {
		t.Errorf("%v, %d octets", err, len(said))
	}
}
