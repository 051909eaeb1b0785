package blackbox

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// binaryVariable names the binary under test; Main sets it.
const binaryVariable = "BLACKBOX_BINARY"

// atOnce is how many parallel tests run at a time: they wait for phones and clocks, not for the processor.
const atOnce = "8"

// Main is for TestMain: it builds the binary, runs the tests, tidies up and returns the exit code.
func Main(m *testing.M) int { return MainOf(m, atOnce) }

// MainOf is Main for tests of which so many run at a time.
func MainOf(m *testing.M, parallel string) int {
	flag.Parse()
	if err := flag.Set("test.parallel", parallel); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if os.Getenv(binaryVariable) != "" {
		return m.Run()
	}
	dir, err := os.MkdirTemp("", "blackbox")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	binary := filepath.Join(dir, "ivalt-radius")
	if err := build(context.Background(), binary); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if err := os.Setenv(binaryVariable, binary); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

// Binary is the path of the binary under test.
func Binary() string { return os.Getenv(binaryVariable) }

// Build makes the binary of another version.
func Build(ctx context.Context, to, version string) error {
	return build(ctx, to, "-ldflags=-X=main.version="+version)
}

func build(ctx context.Context, to string, flags ...string) error {
	args := append([]string{"build", "-buildvcs=false", "-o", to}, flags...)
	if raceEnabled {
		args = append(args, "-race")
	}
	out, err := exec.CommandContext(ctx, "go", append(args, "ivalt-radius/cmd/ivalt-radius")...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("building the binary under test: %w\n%s", err, out)
	}
	return nil
}
