package audit

import (
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"
)

// childVariable makes the test binary play a server: its value is the part.
const childVariable = "AUDIT_TEST_CHILD"

// childTrail is the trail of a child, in its working directory.
const childTrail = "audit.jsonl"

func TestMain(m *testing.M) {
	part := os.Getenv(childVariable)
	if part == "" {
		goleak.VerifyTestMain(m)
		return
	}
	parts := map[string]func() error{
		"commit forever": commitForever,
		"size limit":     fillToLimit,
		"full disk":      fillDisk,
		"read-only disk": lockDisk,
	}
	if err := parts[part](); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1) //nolint:forbidigo // a child has no m.Run to report its failure
	}
}
