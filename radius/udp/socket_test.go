package udp

import (
	"bytes"
	"errors"
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func listen(t *testing.T, text string, left Inherited) *Socket {
	t.Helper()
	k, err := Listen(t.Context(), text, left)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = k.Close() })
	return k
}

func dial(t *testing.T, to netip.AddrPort) *net.UDPConn {
	t.Helper()
	c, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(to))
	if err == nil {
		err = c.SetDeadline(time.Now().Add(5 * time.Second))
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// echo has a datagram come in, and go back from where it went; a connected socket hears that address alone.
func echo(t *testing.T, k *Socket, host string) (local netip.Addr) {
	t.Helper()
	c := dial(t, netip.AddrPortFrom(netip.MustParseAddr(host), k.Addr().Port()))
	if _, err := c.Write([]byte("ask")); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 10)
	n, source, local, err := k.Receive(buf)
	if err != nil || string(buf[:n]) != "ask" {
		t.Fatalf("%q, %v", buf[:n], err)
	}
	if err := k.Send([]byte("say"), source, local); err != nil {
		t.Fatal(err)
	}
	if n, err = c.Read(buf); err != nil || string(buf[:n]) != "say" {
		t.Fatalf("%q, %v", buf[:n], err)
	}
	return local
}

// left leaves a descriptor for the address that it is bound to, as an earlier process does.
func left(t *testing.T, k *Socket) Inherited {
	t.Helper()
	fd, err := k.Leave()
	if err != nil {
		t.Fatal(err)
	}
	f := os.NewFile(uintptr(fd), "left")
	t.Cleanup(func() { _ = f.Close() })
	return func(at netip.AddrPort) *os.File {
		if at.Addr() != k.Addr().Addr() {
			return nil
		}
		return f
	}
}

// TestSocket: each kind of address hears and answers, opened here or left by an earlier process, and what came between is not lost.
func TestSocket(t *testing.T) {
	for _, c := range []struct {
		listen string
		hosts  []string
		asked  bool // the address that was asked is told
	}{
		{"127.0.0.4:0", []string{"127.0.0.4"}, false},
		{"[::1]:0", []string{"::1"}, false},
		{"0.0.0.0:0", []string{"127.0.0.1", "127.0.0.2"}, true},
		{"[::]:0", []string{"::1"}, true},
		{":0", []string{"127.0.0.3", "::1"}, true},
	} {
		t.Run(c.listen, func(t *testing.T) {
			k := listen(t, c.listen, nil)
			if k.Granted < 1<<10 || k.Addr().Port() == 0 {
				t.Errorf("%d octets of buffer at %v", k.Granted, k.Addr())
			}
			for _, host := range c.hosts {
				if local := echo(t, k, host); local.IsValid() != c.asked || c.asked && local.Unmap() != netip.MustParseAddr(host) {
					t.Errorf("asked %s, told %v", host, local)
				}
			}
			between(t, k, c.listen, c.hosts[0])
		})
	}
}

// between has another socket go on with the first one's descriptor.
func between(t *testing.T, k *Socket, text, host string) {
	t.Helper()
	fromBefore := left(t, k)
	if err := k.StopReading(); err != nil {
		t.Fatal(err)
	}
	c := dial(t, netip.AddrPortFrom(netip.MustParseAddr(host), k.Addr().Port()))
	if _, err := c.Write([]byte("nobody reads")); err != nil {
		t.Fatal(err)
	}
	if _, _, _, err := k.Receive(make([]byte, 20)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a stopped socket reads: %v", err)
	}
	if err := k.Close(); err != nil {
		t.Fatal(err)
	}
	heir := listen(t, text, fromBefore)
	if heir.Addr() != k.Addr() || heir.Granted != k.Granted {
		t.Errorf("it was %v with %d octets, and is %v with %d", k.Addr(), k.Granted, heir.Addr(), heir.Granted)
	}
	buf := make([]byte, 20)
	if n, _, _, err := heir.Receive(buf); err != nil || string(buf[:n]) != "nobody reads" {
		t.Errorf("what came meanwhile: %q, %v", buf[:n], err)
	}
	echo(t, heir, host)
}

// TestNothingFits: where none was left for the address a socket is opened.
func TestNothingFits(t *testing.T) {
	k := listen(t, "127.0.0.4:0", nil)
	if other := listen(t, "127.0.0.5:0", left(t, k)); other.Addr().Addr() != netip.MustParseAddr("127.0.0.5") {
		t.Errorf("it listens at %v", other.Addr())
	}
}

// TestWhatIsNoSocket: a descriptor that is none is refused, in words.
func TestWhatIsNoSocket(t *testing.T) {
	file, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Listen(t.Context(), "127.0.0.4:0", func(netip.AddrPort) *os.File { return file }); err == nil || !strings.Contains(err.Error(), "taking over") {
		t.Errorf("%v", err)
	}
	if err := file.Close(); !errors.Is(err, os.ErrClosed) {
		t.Errorf("the descriptor leaks: %v", err)
	}
}

// TestListenSaysWhatToDo: no address, one in use, one of another machine.
func TestListenSaysWhatToDo(t *testing.T) {
	k := listen(t, "127.0.0.4:0", nil)
	for text, says := range map[string]string{
		"":                "reading a UDP address",
		"localhost:1812":  "reading a UDP address",
		"127.0.0.1":       "reading a UDP address",
		"127.0.0.1:99999": "reading a UDP address",
		k.Addr().String(): "in use",
		"192.0.2.1:0":     "no address of this machine",
	} {
		if _, err := Listen(t.Context(), text, nil); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v", text, err)
		}
	}
	if err := explain("x:1", unix.EACCES); !strings.Contains(err.Error(), "privilege") || !errors.Is(err, unix.EACCES) {
		t.Error(err)
	}
	if err := explain("x:1", unix.EIO); !errors.Is(err, unix.EIO) {
		t.Error(err)
	}
}

// TestClosed: a closed socket says so at each turn.
func TestClosed(t *testing.T) {
	to := netip.MustParseAddrPort("127.0.0.1:9")
	for _, text := range []string{"127.0.0.4:0", "0.0.0.0:0"} {
		k := listen(t, text, nil)
		if err := k.Close(); err != nil {
			t.Fatal(err)
		}
		_, _, _, received := k.Receive(make([]byte, 1))
		_, kept := k.Leave()
		for what, err := range map[string]error{
			"receive": received, "leave": kept, "stop": k.StopReading(), "close": k.Close(),
			"send": k.Send([]byte("x"), to, netip.Addr{}), "send from": k.Send([]byte("x"), to, netip.MustParseAddr("127.0.0.1")),
		} {
			if !errors.Is(err, net.ErrClosed) {
				t.Errorf("%s: %s: %v", text, what, err)
			}
		}
	}
}

// TestManyMessages: the address is found behind other messages, and not in one that is cut short.
func TestManyMessages(t *testing.T) {
	whole := departure(netip.MustParseAddr("2001:db8::1"))
	if got := arrival(bytes.Join([][]byte{cmsg(1, 2, 4), cmsg(unix.IPPROTO_IPV6, 99, 20), whole}, nil)); got != netip.MustParseAddr("2001:db8::1") {
		t.Errorf("%v", got)
	}
	for n := range whole {
		if n < unix.CmsgLen(unix.SizeofInet6Pktinfo) && arrival(whole[:n]).IsValid() {
			t.Errorf("an address in %d octets", n)
		}
	}
}
