package host

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"syscall"

	psnet "github.com/shirou/gopsutil/v4/net"
	"github.com/shirou/gopsutil/v4/process"

	"ivalt-radius/doctor"
	"ivalt-radius/doctor/needs"
)

// Whoever is not root is told this.
const rootAlone = "root alone may see it"

// mostSockets bounds what is kept of a host with very many.
const mostSockets = 4096

// Sockets are those of this host that listen, and those of one process, the server's; pid 0: there is none. Those of one process are not known
// where not one of them can be seen.
func Sockets(ctx context.Context, pid int) doctor.Fact[doctor.Sockets] {
	all, err := psnet.ConnectionsWithContext(ctx, "inet")
	if err != nil {
		return doctor.Unseen[doctor.Sockets]("the kernel's list of sockets cannot be read")
	}
	names := map[int32]string{}
	var out doctor.Sockets
	var ours []doctor.Socket
	for _, c := range all {
		s, ok := socketOf(c)
		if !ok {
			continue
		}
		s.Name = nameOf(ctx, c.Pid, names)
		if !s.Remote.IsValid() && len(out.Listening) < mostSockets {
			out.Listening = add(out.Listening, s)
		}
		if pid != 0 && s.PID == pid && len(ours) < mostSockets {
			ours = add(ours, s)
		}
	}
	switch {
	case pid == 0:
		out.Ours = doctor.Unseen[[]doctor.Socket]("no server runs")
	case len(ours) == 0:
		out.Ours = doctor.Unseen[[]doctor.Socket](rootAlone)
	default:
		out.Ours = doctor.Known(ours)
	}
	return doctor.Known(out)
}

// add leaves out a socket that several processes of one program have.
func add(all []doctor.Socket, s doctor.Socket) []doctor.Socket {
	if slices.Contains(all, s) {
		return all
	}
	return append(all, s)
}

// socketOf reads a socket that listens or is connected; UDP listens where it has no peer.
func socketOf(c psnet.ConnectionStat) (doctor.Socket, bool) {
	s := doctor.Socket{Protocol: needs.TCP, PID: int(c.Pid)}
	if c.Type == syscall.SOCK_DGRAM {
		s.Protocol = needs.UDP
	}
	local, ok := addressOf(c.Laddr)
	remote, connected := addressOf(c.Raddr)
	if s.Local = local; !ok {
		return s, false
	}
	if connected && remote.Port() != 0 {
		s.Remote = remote
		return s, s.Protocol == needs.UDP || c.Status == "ESTABLISHED"
	}
	return s, s.Protocol == needs.UDP || c.Status == "LISTEN"
}

func addressOf(a psnet.Addr) (netip.AddrPort, bool) {
	ip, err := netip.ParseAddr(a.IP)
	if a.IP == "*" {
		ip, err = netip.IPv6Unspecified(), nil
	}
	if err != nil || a.Port > 0xffff {
		return netip.AddrPort{}, false
	}
	return netip.AddrPortFrom(ip.Unmap().WithZone(""), uint16(a.Port)), true
}

// longestName bounds a process's name: it is whatever its owner likes.
const longestName = 32

func nameOf(ctx context.Context, pid int32, names map[int32]string) string {
	if pid == 0 {
		return ""
	}
	if name, ok := names[pid]; ok {
		return name
	}
	name := "?"
	if p, err := process.NewProcessWithContext(ctx, pid); err == nil {
		if text, err := p.NameWithContext(ctx); err == nil {
			name = printable(text)
		}
	}
	names[pid] = name
	return name
}

func printable(text string) string {
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, text)
	return text[:min(len(text), longestName)]
}

// Holder is who has a UDP address: nobody, the server with the pid, or another process. Several sockets may share one.
func Holder(sockets doctor.Fact[doctor.Sockets], protocol needs.Protocol, at netip.AddrPort, pid int) doctor.Fact[doctor.Holder] {
	if !sockets.Known {
		return doctor.Unseen[doctor.Holder](sockets.Why)
	}
	found := doctor.Holder{Free: true}
	for _, s := range sockets.Value.Listening {
		if s.Protocol != protocol || !doctor.Covers(at, s.Local) {
			continue
		}
		if s.PID != 0 && s.PID == pid {
			return doctor.Known(doctor.Holder{Ours: true, PID: pid, Name: s.Name})
		}
		if found.Free || found.PID == 0 {
			found = doctor.Holder{PID: s.PID, Name: s.Name}
		}
	}
	if at.Port() == 0 {
		return doctor.Unseen[doctor.Holder](fmt.Sprintf("port %d is a free one at each start", at.Port()))
	}
	return doctor.Known(found)
}
