package host

import (
	"math"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	psnet "github.com/shirou/gopsutil/v4/net"

	"ivalt-radius/doctor"
	"ivalt-radius/doctor/needs"
)

// TestOwnSockets: sockets that this process really has are seen, with its number and name.
func TestOwnSockets(t *testing.T) {
	udp, err := new(net.ListenConfig).ListenPacket(t.Context(), "udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = udp.Close() }()
	tcp, err := new(net.ListenConfig).Listen(t.Context(), "tcp6", "[::1]:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tcp.Close() }()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp6", tcp.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()

	f := Sockets(t.Context(), os.Getpid())
	if !f.Known || !f.Value.Ours.Known {
		t.Fatalf("%+v", f)
	}
	for _, want := range []struct {
		p             needs.Protocol
		local, remote string
	}{
		{needs.UDP, udp.LocalAddr().String(), ""}, {needs.TCP, tcp.Addr().String(), ""}, {needs.TCP, conn.LocalAddr().String(), tcp.Addr().String()},
	} {
		if !slices.ContainsFunc(f.Value.Ours.Value, func(s doctor.Socket) bool {
			return s.Protocol == want.p && s.Local.String() == want.local && (want.remote == "" && !s.Remote.IsValid() || s.Remote.String() == want.remote) &&
				s.PID == os.Getpid() && s.Name != "" && s.Name != "?"
		}) {
			t.Errorf("%+v is not in %+v", want, f.Value.Ours.Value)
		}
	}
	at := netip.MustParseAddrPort(udp.LocalAddr().String())
	if h := Holder(f, needs.UDP, at, os.Getpid()); !h.Known || !h.Value.Ours {
		t.Errorf("%+v", h)
	}
	if h := Holder(f, needs.UDP, netip.AddrPortFrom(netip.IPv4Unspecified(), at.Port()), 1); !h.Known || h.Value.Ours || h.Value.Free || h.Value.PID != os.Getpid() {
		t.Errorf("the wildcard cannot be had beside one address: %+v", h)
	}
	if f := Sockets(t.Context(), 0); f.Value.Ours.Known || f.Value.Ours.Why != "no server runs" {
		t.Errorf("%+v", f.Value.Ours)
	}
	if f := Sockets(t.Context(), 1<<30); f.Value.Ours.Known {
		t.Errorf("%+v", f.Value.Ours)
	}
}

func TestSocketOf(t *testing.T) {
	const listen, established, stream, datagram = "LISTEN", "ESTABLISHED", syscall.SOCK_STREAM, syscall.SOCK_DGRAM
	a := func(ip string, port uint32) psnet.Addr { return psnet.Addr{IP: ip, Port: port} }
	for name, c := range map[string]struct {
		in   psnet.ConnectionStat
		want string // empty: none
	}{
		"listens":               {psnet.ConnectionStat{Type: stream, Laddr: a("10.0.0.1", 80), Raddr: a("0.0.0.0", 0), Status: listen}, "tcp 10.0.0.1:80"},
		"connected":             {psnet.ConnectionStat{Type: stream, Laddr: a("10.0.0.1", 80), Raddr: a("10.0.0.2", 81), Status: established}, "tcp 10.0.0.1:80 10.0.0.2:81"},
		"over":                  {psnet.ConnectionStat{Type: stream, Laddr: a("10.0.0.1", 80), Raddr: a("10.0.0.2", 81), Status: "TIME_WAIT"}, ""},
		"neither":               {psnet.ConnectionStat{Type: stream, Laddr: a("10.0.0.1", 80), Status: "CLOSE"}, ""},
		"a datagram's":          {psnet.ConnectionStat{Type: datagram, Laddr: a("::", 53), Status: "NONE"}, "udp [::]:53"},
		"a datagram's, to one":  {psnet.ConnectionStat{Type: datagram, Laddr: a("::ffff:10.0.0.1", 9), Raddr: a("10.0.0.2", 53)}, "udp 10.0.0.1:9 10.0.0.2:53"},
		"with a star":           {psnet.ConnectionStat{Type: datagram, Laddr: a("*", 53)}, "udp [::]:53"},
		"with a zone":           {psnet.ConnectionStat{Type: datagram, Laddr: a("fe80::1%eth0", 53)}, "udp [fe80::1]:53"},
		"no address":            {psnet.ConnectionStat{Type: datagram, Laddr: a("x", 53)}, ""},
		"a port that cannot be": {psnet.ConnectionStat{Type: datagram, Laddr: a("10.0.0.1", 1<<20)}, ""},
	} {
		s, ok := socketOf(c.in)
		got := ""
		if ok {
			got = string(s.Protocol) + " " + s.Local.String()
			if s.Remote.IsValid() {
				got += " " + s.Remote.String()
			}
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestHolder(t *testing.T) {
	at := netip.MustParseAddrPort("10.0.0.1:1812")
	socket := func(p needs.Protocol, local string, pid int) doctor.Socket {
		return doctor.Socket{Protocol: p, Local: netip.MustParseAddrPort(local), PID: pid, Name: "n"}
	}
	for name, c := range map[string]struct {
		sockets []doctor.Socket
		want    doctor.Holder
	}{
		"nobody":                       {nil, doctor.Holder{Free: true}},
		"another protocol":             {[]doctor.Socket{socket(needs.TCP, "10.0.0.1:1812", 9)}, doctor.Holder{Free: true}},
		"another port":                 {[]doctor.Socket{socket(needs.UDP, "10.0.0.1:1813", 9)}, doctor.Holder{Free: true}},
		"another address":              {[]doctor.Socket{socket(needs.UDP, "10.0.0.2:1812", 9)}, doctor.Holder{Free: true}},
		"the other family's all":       {[]doctor.Socket{socket(needs.UDP, "[::]:1812", 9)}, doctor.Holder{Free: true}},
		"somebody":                     {[]doctor.Socket{socket(needs.UDP, "10.0.0.1:1812", 9)}, doctor.Holder{PID: 9, Name: "n"}},
		"all addresses":                {[]doctor.Socket{socket(needs.UDP, "0.0.0.0:1812", 9)}, doctor.Holder{PID: 9, Name: "n"}},
		"not seen, then seen":          {[]doctor.Socket{socket(needs.UDP, "0.0.0.0:1812", 0), socket(needs.UDP, "10.0.0.1:1812", 9)}, doctor.Holder{PID: 9, Name: "n"}},
		"ours behind another's":        {[]doctor.Socket{socket(needs.UDP, "0.0.0.0:1812", 9), socket(needs.UDP, "10.0.0.1:1812", 4)}, doctor.Holder{Ours: true, PID: 4, Name: "n"}},
		"whose is not seen, no server": {[]doctor.Socket{socket(needs.UDP, "10.0.0.1:1812", 0)}, doctor.Holder{Name: "n"}},
	} {
		if got := Holder(doctor.Known(doctor.Sockets{Listening: c.sockets}), needs.UDP, at, 4); !got.Known || got.Value != c.want {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if got := Holder(doctor.Unseen[doctor.Sockets]("x"), needs.UDP, at, 4); got.Known || got.Why != "x" {
		t.Errorf("%+v", got)
	}
	if got := Holder(doctor.Known(doctor.Sockets{}), needs.UDP, netip.MustParseAddrPort("10.0.0.1:0"), 4); got.Known {
		t.Errorf("%+v", got)
	}
}

// kernel is one in a folder.
func kernel(t *testing.T, files map[string]string) Kernel {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return Kernel{Proc: dir}
}

const limits = "Limit                     Soft Limit           Hard Limit           Units\n" +
	"Max core file size        0                    unlimited            bytes\n" +
	"Max open files            1024                 524288               files\n"

func TestKernel(t *testing.T) {
	k := kernel(t, map[string]string{
		"sys/net/core/rmem_max": "212992\n", "sys/kernel/yama/ptrace_scope": "1\n", "7/limits": limits, "8/limits": "Max open files            unlimited   unlimited files\nMax core file size\n",
		"9/limits": "Max open files  many\n", "sys/kernel/osrelease": "6.1\x1b[2J\n",
	})
	if got := k.ReceiveBuffer(); !got.Known || got.Value != 212992 {
		t.Errorf("%+v", got)
	}
	if got := k.Ptrace(); !got.Known || got.Value != 1 {
		t.Errorf("%+v", got)
	}
	if got := k.Descriptors(7); !got.Known || got.Value != 1024 {
		t.Errorf("%+v", got)
	}
	if got := k.Descriptors(8); !got.Known || got.Value != math.MaxInt64 {
		t.Errorf("%+v", got)
	}
	if got := k.About(); got["kernel"] != "6.1?[2J" {
		t.Errorf("%+v", got)
	}
	for name, got := range map[string]doctor.Fact[int64]{
		"no process": k.Descriptors(6), "no server": k.Descriptors(0), "no such line": kernel(t, nil).ReceiveBuffer(), "no number": k.Descriptors(9),
		"a text": kernel(t, map[string]string{"sys/net/core/rmem_max": "x"}).ReceiveBuffer(),
	} {
		if got.Known || got.Why == "" {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if got := (Kernel{}).ReceiveBuffer(); got.Known && got.Value <= 0 { // this machine's, where it has one
		t.Errorf("%+v", got)
	}
	if got := (Kernel{}).Descriptors(os.Getpid()); !got.Known || got.Value < 1 {
		t.Errorf("%+v", got)
	}
}

func TestCores(t *testing.T) {
	for name, c := range map[string]struct {
		limits, pattern string
		want            doctor.Fact[bool]
	}{
		"none":            {limits, "core\n", doctor.Known(false)},
		"systemd":         {limits, "|/usr/lib/systemd/systemd-coredump %P\n", doctor.Known(false)},
		"another handler": {limits, "|/usr/share/apport/apport %p\n", doctor.Fact[bool]{}},
		"unlimited":       {strings.Replace(limits, "0  ", "unlimited  ", 1), "core\n", doctor.Known(true)},
		"some":            {strings.Replace(limits, "0  ", "4096  ", 1), "|/x\n", doctor.Known(true)},
		"a torn line":     {"Max core file size", "core\n", doctor.Fact[bool]{}},
	} {
		k := kernel(t, map[string]string{"7/limits": c.limits, "sys/kernel/core_pattern": c.pattern})
		if got := k.Cores(7); got.Known != c.want.Known || got.Value != c.want.Value || !got.Known && got.Why == "" {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if got := kernel(t, map[string]string{"7/limits": limits}).Cores(7); got.Known {
		t.Errorf("no pattern: %+v", got)
	}
}

func TestRights(t *testing.T) {
	const own = "Name:\tx\nUid:\t7\t7\t7\t7\nNoNewPrivs:\t1\nCapEff:\t0000000000000400\n"
	for name, c := range map[string]struct {
		status, group string
		want          doctor.Rights
	}{
		"few":          {own, "0::/system.slice/ivalt-radius.service\n", doctor.Rights{UnderUnit: true}},
		"by hand":      {own, "0::/user.slice/session-1.scope\n", doctor.Rights{}},
		"set-uid root": {strings.Replace(own, "\t7\t7\t7\t7", "\t7\t0\t7\t7", 1), "", doctor.Rights{Root: true}},
		"may grow":     {strings.Replace(own, "NoNewPrivs:\t1", "NoNewPrivs:\t0", 1), "", doctor.Rights{MayGrow: true}},
		"all":          {strings.Replace(own, "0000000000000400", "000001ffffffffff", 1), "", doctor.Rights{ManyMore: true}},
		"no number":    {strings.Replace(own, "0000000000000400", "x", 1), "", doctor.Rights{ManyMore: true}},
	} {
		k := kernel(t, map[string]string{"7/status": c.status, "7/cgroup": c.group})
		if got := k.Rights(7); !got.Known || got.Value != c.want {
			t.Errorf("%s: %+v", name, got)
		}
	}
	for name, got := range map[string]doctor.Fact[doctor.Rights]{
		"no server": (Kernel{}).Rights(0), "no process": kernel(t, nil).Rights(7), "not whole": kernel(t, map[string]string{"7/status": "Uid:\t7\t7\n"}).Rights(7),
	} {
		if got.Known || got.Why == "" {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if got := (Kernel{}).Rights(os.Getpid()); !got.Known || got.Value.Root != (os.Geteuid() == 0) {
		t.Errorf("%+v", got)
	}
}

func TestSpaceAndClock(t *testing.T) {
	if got := Space(t.TempDir()); !got.Known || got.Value.Free == 0 {
		t.Errorf("%+v", got)
	}
	if got := Space("/nonexistent/path"); got.Known || got.Why == "" {
		t.Errorf("%+v", got)
	}
	if got := Synchronised(); !got.Known && got.Why == "" { // whichever it is
		t.Errorf("%+v", got)
	}
	if got := printable(strings.Repeat("x", 100)); len(got) != longestName {
		t.Error(got)
	}
}
