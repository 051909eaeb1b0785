//go:build packages

package packages_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

const (
	root   = "../.."
	before = "1.0.0"
	after  = "1.0.1" // the same program, signed, under another number
	epoch  = "1700000000"
)

// made are the packages, built once for all tests.
type made struct {
	first, second string // of before, from two folders that hold the same sources
	signed        string // of after
	tree          string // a Debian system, in which one test may do what it wants
	keys          keys
}

var built made //nolint:gochecknoglobals // what TestMain makes for all tests

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "packages")
	if err == nil {
		tree, ready := filepath.Join(dir, "tree"), make(chan error, 1)
		go func() { ready <- bootstrap(context.Background(), tree) }() // it waits for the mirror while the packages are built
		built, err = buildAll(dir)
		err = errors.Join(err, <-ready)
		built.tree = tree
	}
	code := 1
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	} else {
		code = m.Run()
	}
	_, _ = run(context.Background(), "", built.keys.environ(), "gpgconf", "--kill", "all")
	if built.tree != "" {
		raze(built.tree)
	}
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

func buildAll(dir string) (made, error) {
	var out made
	var err error
	if out.keys, err = newKeys(filepath.Join(dir, "keys")); err != nil {
		return out, err
	}
	for _, b := range []struct {
		into    *string
		sources string
		version string
		env     []string
	}{
		{&out.first, filepath.Join(dir, "one"), before, nil},
		{&out.second, filepath.Join(dir, "another", "place"), before, nil},
		{&out.signed, filepath.Join(dir, "one"), after, []string{"SIGN_KEY_FILE=" + out.keys.openPGP, "APK_KEY_FILE=" + out.keys.rsa, "NFPM_PASSPHRASE="}},
	} {
		*b.into = filepath.Join(dir, "dist", filepath.Base(b.sources)+"-"+b.version)
		if err := copySources(b.sources); err != nil {
			return out, err
		}
		env := append(os.Environ(), "VERSION=v"+b.version, "SOURCE_DATE_EPOCH="+epoch, "DIST="+*b.into, "ARCHES="+runtime.GOARCH)
		if _, err := run(context.Background(), b.sources, append(env, b.env...), "packaging/build.sh"); err != nil {
			return out, err
		}
	}
	return out, nil
}

// copySources copies what git knows, and what it would take, to a folder that has no git.
func copySources(to string) error {
	if err := os.MkdirAll(to, 0o755); err != nil {
		return err
	}
	_, err := run(context.Background(), root, nil, "sh", "-c",
		"git -c safe.directory='*' ls-files -z --cached --others --exclude-standard | tar --null --ignore-failed-read -T - -cf - | tar -xf - -C '"+to+"'")
	return err
}

// run runs a program to its end. The error has what it said.
func run(ctx context.Context, dir string, env []string, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Env = dir, env
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	if err != nil {
		err = fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, out.String())
	}
	return out.String(), err
}

// must is run where nothing may go wrong.
func must(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := run(t.Context(), "", nil, name, args...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// one is the one file of a folder that matches.
func one(t *testing.T, dir, pattern string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil || len(found) != 1 {
		t.Fatalf("%s in %s: %v, %v", pattern, dir, found, err)
	}
	return found[0]
}

// exitCode is that of a program that ended by itself.
func exitCode(err error) int {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exit.ExitCode()
	}
	if err != nil {
		return -1
	}
	return 0
}

// freePort is a port of the loopback interface that nobody has, for UDP and TCP.
func freePort(t *testing.T) string {
	t.Helper()
	conn, err := (&net.ListenConfig{}).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_, port, err := net.SplitHostPort(conn.LocalAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// eventually waits until something is so.
func eventually(t *testing.T, what string, so func() bool) {
	t.Helper()
	look := time.NewTicker(100 * time.Millisecond)
	defer look.Stop()
	late := time.After(30 * time.Second)
	for !so() {
		select {
		case <-look.C:
		case <-late:
			t.Fatal("never came: " + what)
		}
	}
}
