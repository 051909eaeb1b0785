package supervised

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// manager is systemd's end of the socket.
func manager(t *testing.T) (hear func() string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "notify")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	t.Setenv("NOTIFY_SOCKET", path)
	return func() string {
		text := make([]byte, 4096)
		if err := conn.SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
			t.Fatal(err)
		}
		n, err := conn.Read(text)
		if err != nil {
			t.Fatal(err)
		}
		return string(text[:n])
	}
}

func wrong(t *testing.T) func(error) {
	t.Helper()
	return func(err error) { t.Error(err) }
}

// TestALife from the start to the end, with a reload.
func TestALife(t *testing.T) {
	hear := manager(t)
	t.Setenv("WATCHDOG_USEC", "4000000")
	t.Setenv("WATCHDOG_PID", "")
	s := New(wrong(t))
	if s.Every() != 2*time.Second {
		t.Error(s.Every())
	}
	for _, c := range []struct {
		tell func()
		want string
	}{
		{func() { s.Ready("3 logins wait, ready") }, "READY=1\nSTATUS=3 logins wait, ready"},
		{func() { s.Ping(func() bool { return true }, "none waits") }, "WATCHDOG=1\nSTATUS=none waits"},
		{func() { s.Ping(func() bool { return false }, "a loop hangs") }, "STATUS=a loop hangs"},
		{func() { s.Stopping("draining") }, "STOPPING=1\nSTATUS=draining"},
		{func() { s.Ready("two\nlines\x1b" + strings.Repeat("x", 300)) }, "READY=1\nSTATUS=two lines " + strings.Repeat("x", 190) + "..."},
	} {
		c.tell()
		if got := hear(); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

// TestReloading has the time that systemd compares with that of its SIGHUP.
func TestReloading(t *testing.T) {
	hear := manager(t)
	monotonic := func() int64 {
		var now unix.Timespec
		if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &now); err != nil {
			t.Fatal(err)
		}
		return now.Nano() / 1000
	}
	before := monotonic()
	New(wrong(t)).Reloading()
	digits, found := strings.CutPrefix(hear(), "RELOADING=1\nMONOTONIC_USEC=")
	at, err := strconv.ParseInt(digits, 10, 64)
	if !found || err != nil || at < before || at > monotonic() {
		t.Errorf("%s: %d, %v", digits, at, err)
	}
}

// TestWithoutWatchdog the status is renewed all the same, and nobody looks whether the server lives.
func TestWithoutWatchdog(t *testing.T) {
	hear := manager(t)
	t.Setenv("WATCHDOG_USEC", "")
	s := New(wrong(t))
	s.Ping(func() bool { t.Error("asked"); return true }, "fine")
	if got := hear(); got != "STATUS=fine" || s.Every() != pause {
		t.Errorf("%q, each %s", got, s.Every())
	}
}

// TestAManagerThatDoesNotRead holds up nobody.
func TestAManagerThatDoesNotRead(t *testing.T) {
	manager(t)
	t.Setenv("WATCHDOG_USEC", "")
	var last error
	s := New(func(err error) { last = err })
	for range 1000 { // more than any queue of datagrams has by default
		if s.Ready(""); last != nil {
			break
		}
	}
	if !errors.Is(last, os.ErrDeadlineExceeded) {
		t.Error(last)
	}
}

// TestNobodyListens: that is said, and stops nothing; where no manager is named nothing is.
func TestNobodyListens(t *testing.T) {
	t.Setenv("NOTIFY_SOCKET", filepath.Join(t.TempDir(), "gone"))
	t.Setenv("WATCHDOG_USEC", "soon")
	said := 0
	s := New(func(error) { said++ })
	s.Ready("")
	if said != 2 {
		t.Errorf("said %d times", said)
	}
	t.Setenv("NOTIFY_SOCKET", "")
	s.Ready("")
	var none *Supervisor
	none.Ready("")
	none.Reloading()
	none.Stopping("")
	none.Ping(func() bool { return true }, "")
	if said != 2 || none.Every() != pause {
		t.Errorf("said %d times", said)
	}
}
