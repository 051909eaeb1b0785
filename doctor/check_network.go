package doctor

import (
	"fmt"
	"net/netip"
	"slices"

	"ivalt-radius/doctor/needs"
)

func networkListen(f *Facts, v *verdict) {
	for _, l := range f.Listening {
		what := fmt.Sprintf("%s, %s", l.Key, l.At)
		if !known(l.Holder, v, what) {
			continue
		}
		running := f.Server.Known && f.Server.Value.Running
		switch h := l.Holder.Value; {
		case h.Ours:
			v.ok(what + ": the running server has it")
		case h.Free && running:
			v.warning(what+": a server runs, and does not listen there", "restart it: a reload takes no change of listen.*")
		case h.Free:
			v.ok(what + ": free; no server runs")
		case h.PID == 0:
			v.unknown(what+": somebody has it, whom doctor may not see", asRoot)
		default:
			v.fault(fmt.Sprintf("%s: %s (pid %d) has it", what, h.Name, h.PID), "end that program, or name another address in "+l.Key)
		}
	}
}

// suspicious are the ports that the guide names (lines 521 to 532), and what is there.
func suspicious() map[uint16]string {
	return map[uint16]string{21: "FTP", 23: "Telnet", 135: "Windows RPC", 139: "NetBIOS", 445: "SMB", 1433: "SQL Server", 3389: "Remote Desktop"}
}

func networkSuspicious(f *Facts, v *verdict) {
	if !known(f.Sockets, v, "the sockets of this host") {
		return
	}
	for _, s := range f.Sockets.Value.Listening {
		what, ok := suspicious()[s.Local.Port()]
		if !ok || s.Protocol != needs.TCP {
			continue
		}
		if s.Local.Addr().IsLoopback() {
			v.warning(fmt.Sprintf("%s, port %d of %s, which this host alone reaches", named(s), s.Local.Port(), what), "end it, unless it is meant")
			continue
		}
		v.fault(fmt.Sprintf("%s listens at %s, a port of %s", named(s), s.Local, what), "end it, or move it to another host: a RADIUS server has secrets of every gateway")
	}
	if len(v.seen) == 0 {
		v.ok(fmt.Sprintf("%d sockets listen, none at a port of FTP, Telnet, RPC, NetBIOS, SMB, SQL Server or Remote Desktop", len(f.Sockets.Value.Listening)))
	}
}

// named is a socket's process.
func named(s Socket) string {
	if s.PID == 0 {
		return "a process that doctor may not see"
	}
	return fmt.Sprintf("%s (pid %d)", s.Name, s.PID)
}

// plainPorts are those of HTTP and its proxies (the guide, lines 534 to 539).
func plainPorts() []uint16 { return []uint16{80, 8080, 3128} }

func networkExplained(f *Facts, v *verdict) {
	if f.Server.Known && !f.Server.Value.Running {
		v.unknown("no server runs, so there are no sockets of it", "run doctor again beside the running server")
		return
	}
	if !known(f.Needs, v, "what the settings need") || !known(f.Sockets, v, "the sockets of this host") || !known(f.Sockets.Value.Ours, v, "the server's sockets") {
		return
	}
	ours := f.Sockets.Value.Ours.Value
	for _, s := range ours {
		explain(s, f.Needs.Value, v)
	}
	if len(v.seen) == 0 {
		v.ok(fmt.Sprintf("%d sockets, each of them in the settings", len(ours)))
	}
}

func explain(s Socket, n needs.Needs, v *verdict) {
	if !s.Remote.IsValid() {
		if !slices.ContainsFunc(n.In, func(in needs.Inward) bool { return in.Protocol == s.Protocol && Covers(in.At, s.Local) }) && s.Protocol == needs.TCP {
			v.warning(fmt.Sprintf("the server listens at %s, which the settings do not name", s.Local), "restart it with the settings that are meant, and find out why it does")
		}
		return
	}
	if slices.ContainsFunc(n.In, func(in needs.Inward) bool { return in.Protocol == s.Protocol && in.At.Port() == s.Local.Port() }) ||
		slices.ContainsFunc(n.Out, func(out needs.Outward) bool { return out.Explains(s.Protocol, s.Remote) }) {
		return
	}
	if slices.Contains(plainPorts(), s.Remote.Port()) && s.Protocol == needs.TCP {
		v.fault(fmt.Sprintf("the server speaks plain HTTP to %s, which the settings do not name", s.Remote), "find out who that is; restart the server, whose binary or settings may be others")
		return
	}
	v.warning(fmt.Sprintf("the server is connected to port %d of %s, which the settings do not name", s.Remote.Port(), s.Remote.Addr()),
		"see whether it was the settings' before a reload; else restart the server")
}

// Covers reports that a socket at one address is, or stands in the way of, one at the other: the same port, and the same address, or any.
func Covers(a, b netip.AddrPort) bool {
	x, y := a.Addr().Unmap(), b.Addr().Unmap()
	return a.Port() == b.Port() && x.Is4() == y.Is4() && (x == y || x.IsUnspecified() || y.IsUnspecified())
}

func networkFirewall(f *Facts, v *verdict) {
	if known(f.Needs, v, "what the settings need") {
		for _, in := range f.Needs.Value.In {
			if in.Key == "listen.admin" && !in.At.Addr().IsLoopback() {
				v.warning("listen.admin is on the network", "bind it to 127.0.0.1, or let in only who needs it: ivalt-radius firewall --admin-network PREFIX")
			}
			for _, s := range in.Sources {
				if s.Network.Bits() == 0 {
					v.warning(fmt.Sprintf("%s: the client %s may ask from everywhere", in.Key, s.Client), "name the gateway's own address in clients[].networks")
				}
			}
		}
	}
	v.unknown("which packet filter this host has is not looked at", "ivalt-radius firewall --format nftables prints rules from the settings")
}

func gatewaysSigned(f *Facts, v *verdict) {
	switch {
	case !known(f.Access, v, "the clients"):
	case len(f.Access.Value.Optional) > 0:
		v.warning("message_authenticator is optional for "+list(f.Access.Value.Optional)+" (CVE-2024-3596, Blast-RADIUS)", "set it to auto or required")
	default:
		v.ok("each client must sign, or must from its first signature on; ivalt-radius clients list shows who does")
	}
}
