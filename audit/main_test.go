package audit

import (
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"
)

// childVariable makes the test binary play a server: its value is the part, its argument the trail.
const childVariable = "AUDIT_TEST_CHILD"

func TestMain(m *testing.M) {
	part := os.Getenv(childVariable)
	if part == "" {
		goleak.VerifyTestMain(m)
		return
	}
	parts := map[string]func(path string) error{
		"commit forever": commitForever,
		"size limit":     fillToLimit,
		"full disk":      fillDisk,
	}
	if err := parts[part](os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
