//go:build interop

package nodes_test

import (
	"os/exec"
	"path/filepath"
	"testing"
)

// buildVersion builds the binary once more, which calls itself so.
func buildVersion(t *testing.T, version string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "ivalt-radius")
	build := exec.CommandContext(t.Context(), "go", "build", "-buildvcs=false", "-ldflags", "-X main.version="+version, "-o", to, "ivalt-radius/cmd/ivalt-radius")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return to
}
