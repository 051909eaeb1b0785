package upgrading

import (
	"encoding/json"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"ivalt-radius/radius/udp"
)

// stage tells a process of these tests which one of a succession it is; none where it runs the tests.
const (
	stage   = "UPGRADING_TEST_STAGE"
	program = "UPGRADING_TEST_PROGRAM" // that is to take its place
)

func TestMain(m *testing.M) {
	var err error
	switch os.Getenv(stage) {
	case "":
		os.Exit(m.Run())
	case "before":
		err = before()
	case "after":
		err = after()
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

// before is replaced while a SIGHUP is on its way.
func before() error {
	runtime.LockOSThread()
	if err := Hush(unix.SIGHUP); err != nil {
		return err
	}
	if err := unix.Tgkill(os.Getpid(), unix.Gettid(), unix.SIGHUP); err != nil {
		return err
	}
	if err := os.Setenv(stage, "after"); err != nil {
		return err
	}
	p := Plan{Args: os.Args}
	return p.Replace(os.Getenv(program), &Document{Version: "one"})
}

// arrived is what the process after says of itself.
type arrived struct {
	Version, Why string
	Open         int // descriptors of its own program
}

func after() error {
	l := Inherit()
	d, err := l.Document()
	if err != nil || d == nil {
		return fmt.Errorf("nothing was left: %w", err)
	}
	l.Done()
	said := arrived{Version: d.Version, Why: l.Why}
	own, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return err
	}
	all, err := filepath.Glob("/proc/self/fd/*")
	for _, fd := range all {
		if is, gone := os.Readlink(fd); gone == nil && is == own {
			said.Open++
		}
	}
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(said)
}

// TestReplace: a SIGHUP between two programs ends neither, and a program that cannot be executed leaves the one before, with nothing open that is of no use.
func TestReplace(t *testing.T) {
	own, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	none := filepath.Join(t.TempDir(), "none")
	for name, c := range map[string]struct{ program, why string }{
		"a program":    {own, ""},
		"no such file": {none, "no such file"},
	} {
		cmd := exec.CommandContext(t.Context(), own)
		cmd.Env = append(os.Environ(), stage+"=before", program+"="+c.program)
		out, err := cmd.CombinedOutput()
		var got arrived
		if err != nil || json.Unmarshal(out, &got) != nil {
			t.Errorf("%s: %v: %s", name, err, out)
			continue
		}
		if got.Version != "one" || got.Open != 0 || (got.Why == "") != (c.why == "") || !strings.Contains(got.Why, c.why) {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// TestSame: a socket that is left is found by its address, also where that names its interface: else its port would be in use, by ourselves.
func TestSame(t *testing.T) {
	lo, err := net.InterfaceByName("lo")
	if err != nil {
		t.Fatal(err)
	}
	index := strconv.Itoa(lo.Index)
	for _, c := range []struct {
		is, wanted string
		want       bool
	}{
		{"127.0.0.1", "127.0.0.1", true},
		{"127.0.0.1", "127.0.0.2", false},
		{"::1", "::1%lo", true},
		{"fe80::1%" + index, "fe80::1%lo", true},
		{"fe80::1%" + index, "fe80::1%" + index, true},
		{"fe80::1%" + index + "9", "fe80::1%lo", false},
		{"fe80::1%" + index, "fe80::1%none", false},
		{"fe80::1%" + index, "fe80::2%lo", false},
		{"fe80::1%" + index, "fe80::1", false},
	} {
		if got := same(netip.MustParseAddr(c.is), netip.MustParseAddr(c.wanted)); got != c.want {
			t.Errorf("%s for %s: %t", c.is, c.wanted, got)
		}
	}
}

// TestLeftSocket: a socket of an address with an interface is taken once.
func TestLeftSocket(t *testing.T) {
	k, err := udp.Listen(t.Context(), "[::1%lo]:0", nil)
	if err != nil {
		t.Fatal(err)
	}
	fd, err := k.Leave()
	if err != nil {
		t.Fatal(err)
	}
	l := &Left{sockets: map[int]netip.AddrPort{}, taken: map[int]bool{}, document: -1, former: -1}
	l.take(fd, nameSocket)
	at := netip.AddrPortFrom(netip.MustParseAddr("::1%lo"), k.Addr().Port())
	for i, want := range []bool{true, false} {
		f := l.Socket(at)
		if (f != nil) != want {
			t.Errorf("%d: %v", i, f)
		}
		if f != nil {
			if err := f.Close(); err != nil {
				t.Error(err)
			}
		}
	}
	l.Done()
	if err := k.Close(); err != nil {
		t.Error(err)
	}
}
