package upgrading

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/sys/unix"
)

// leave sets the environment as the program before does.
func leave(t *testing.T, numbers, names, count string) {
	t.Helper()
	for name, value := range map[string]string{envPID: strconv.Itoa(os.Getpid()), envCount: count, envNames: names, envNumbers: numbers, envWhy: "why"} {
		t.Setenv(name, value)
	}
}

// opened is a descriptor of a UDP socket, and where it is bound.
func opened(t *testing.T, network, address string) (fd int, at netip.AddrPort) {
	t.Helper()
	conn, err := new(net.ListenConfig).ListenPacket(t.Context(), network, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	udp, ok := conn.(*net.UDPConn)
	if !ok {
		t.Fatal(conn)
	}
	file, err := udp.File()
	if err != nil {
		t.Fatal(err)
	}
	own, err := unix.FcntlInt(file.Fd(), unix.F_DUPFD_CLOEXEC, firstFD)
	if err = errors.Join(err, file.Close()); err != nil {
		t.Fatal(err)
	}
	return own, netip.MustParseAddrPort(conn.LocalAddr().String())
}

// TestInherit: sockets are had once, by their address, and the document is read; then all of it is let go.
func TestInherit(t *testing.T) {
	four, at4 := opened(t, "udp4", "127.0.0.1:0")
	six, at6 := opened(t, "udp6", "[::1]:0")
	document, err := inMemory(written(t))
	if err != nil {
		t.Fatal(err)
	}
	if n, err := unix.Write(document, []byte("x")); err == nil {
		t.Errorf("the document can be changed: %d octets", n)
	}
	numbers := strings.Join([]string{strconv.Itoa(four), strconv.Itoa(six), strconv.Itoa(document)}, ":")
	leave(t, numbers, nameSocket+":"+nameSocket+":"+nameDocument, "3")
	l := Inherit()
	if l == nil || l.Why != "why" || len(l.sockets) != 2 {
		t.Fatalf("%+v", l)
	}
	if _, there := os.LookupEnv(envPID); there {
		t.Error("whoever is executed next inherits it too")
	}
	for range 2 {
		if d, err := l.Document(); err != nil || d.Version != "one" {
			t.Errorf("%+v, %v", d, err)
		}
	}
	for _, at := range []netip.AddrPort{at4, netip.AddrPortFrom(at6.Addr(), 0)} {
		if f := l.Socket(at); f == nil || f.Close() != nil {
			t.Errorf("%v: not there", at)
		}
		if f := l.Socket(at); f != nil {
			t.Errorf("%v is had twice", at)
		}
	}
	if f := l.Socket(netip.MustParseAddrPort("192.0.2.1:1812")); f != nil {
		t.Error("a socket of another address")
	}
	l.Back("there is no program before")
	l.Done()
	l.Done()
	for _, fd := range []int{four, six, document} {
		if _, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); !errors.Is(err, unix.EBADF) {
			t.Errorf("descriptor %d stays open: %v", fd, err)
		}
	}
	if f := l.Socket(at4); f != nil {
		t.Error("a socket behind Done")
	}
}

// TestHostileEnvironment: numbers that are none, closed or standard ones, and what is no UDP socket, are nobody's.
func TestHostileEnvironment(t *testing.T) {
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = null.Close() }()
	fd := strconv.Itoa(int(null.Fd()))
	for _, numbers := range []string{"0:1:2", "-1:-2:-3", "x:y:z", "9999:10000:10001", "::", fd + ":" + fd + ":99999999999999999999"} {
		leave(t, numbers, "", "3")
		if l := Inherit(); l == nil || len(l.sockets) != 0 || l.document != -1 || l.former != -1 {
			t.Errorf("%q: %+v", numbers, l)
		}
	}
	for _, count := range []string{"0", "-1", "257", "x", ""} {
		leave(t, "3", nameDocument, count)
		if l := Inherit(); l != nil {
			t.Errorf("count %q: %+v", count, l)
		}
	}
}

// TestNoProgramToExecute: where none can be executed this process goes on, and says why.
func TestNoProgramToExecute(t *testing.T) {
	p := Plan{Args: []string{"x"}, document: -1, former: -1}
	if err := p.execute("/nowhere", "why"); !errors.Is(err, unix.ENOENT) {
		t.Errorf("%v", err)
	}
	if err := p.execute("/nowhere", ""); !errors.Is(err, unix.EBADF) {
		t.Errorf("no descriptor: %v", err)
	}
}

// TestInShort: what a variable cannot have is left out.
func TestInShort(t *testing.T) {
	for text, want := range map[string]string{"": "", "why": "why", "a\x00b\x00": "ab", strings.Repeat("\x00", 600): "", "\xffwhy": "why"} {
		if got := inShort(text); got != want {
			t.Errorf("%q becomes %q", text, got)
		}
	}
	if got := inShort(strings.Repeat("ü", 400)); len(got) > mostWhy || !utf8.ValidString(got) {
		t.Errorf("%d octets", len(got))
	}
}

// TestAtTheEnd: behind its last octet a descriptor is at its end, and a closed one is an error.
func TestAtTheEnd(t *testing.T) {
	fd, err := inMemory([]byte("text"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := at(fd).ReadAt(make([]byte, 4), 4); !errors.Is(err, io.EOF) {
		t.Errorf("%v", err)
	}
	if err := unix.Close(fd); err != nil {
		t.Fatal(err)
	}
	if _, err := at(fd).ReadAt(make([]byte, 4), 0); !errors.Is(err, unix.EBADF) {
		t.Errorf("%v", err)
	}
}
