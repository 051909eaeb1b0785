package doctor

import (
	"io/fs"
	"net/netip"
	"time"

	"ivalt-radius/doctor/needs"
)

func settingsRows() []row {
	const id, access, files = "settings.load", "settings.access", "files.private"
	load := func(all ...SettingsFault) Facts { return Facts{Settings: Known(all)} }
	who := func(a Access) Facts { return Facts{Access: Known(a)} }
	server := Known(Server{UID: 7})
	file := func(role Role, mode fs.FileMode, uid int) Facts {
		return Facts{Files: Known([]File{{Path: "/x", Role: role, Mode: mode, UID: uid}}), Server: server}
	}
	return []row{
		{"sound", id, load(), OK, "no fault"},
		{"a warning", id, load(SettingsFault{Text: "w", Warning: true}), Warning, "w"},
		{"a fault among warnings", id, load(SettingsFault{Text: "w", Warning: true}, SettingsFault{Text: "f"}), Fault, "check"},
		{"a file that may not be read", id, load(SettingsFault{Text: "d", Denied: true}), Unknown, "as root"},
		{"not read", id, Facts{}, Unknown, "not known"},

		{"all rules ask", access, who(Access{}), OK, "asks a phone"},
		{"default exempt", access, who(Access{DefaultExempt: true}), Warning, "policy.default"},
		{"rules exempt", access, who(Access{Exempt: 2}), Warning, "2 of the rules"},
		{"no first factor", access, who(Access{PhoneAlone: []string{"vpn"}}), Warning, "vpn"},
		{"not read", access, Facts{}, Unknown, "not known"},

		{"private", files, file(SecretFile, 0o600, 7), OK, "1 files"},
		{"root's", files, file(SecretFile, 0o600, 0), OK, "1 files"},
		{"a secret that others read", files, file(SecretFile, 0o640, 7), Fault, "chmod 0600 /x"},
		{"people whom others read", files, file(PeopleFile, 0o604, 7), Fault, "chmod 0600 /x"},
		{"a configuration that others read", files, file(ConfigFile, 0o644, 7), OK, "1 files"},
		{"a configuration that others change", files, file(ConfigFile, 0o664, 7), Fault, "chmod go-w /x"},
		{"a directory that anybody writes to", files, file(StateFile, fs.ModeDir|0o777, 7), Fault, "chmod go-w /x"},
		{"a directory with the sticky bit", files, file(TrailFile, fs.ModeDir|fs.ModeSticky|0o777, 0), OK, "1 files"},
		{"state that others look into", files, file(StateFile, fs.ModeDir|0o755, 7), Warning, "chmod 0700 /x"},
		{"a trail that others read", files, file(TrailFile, 0o640, 7), Warning, "chmod 0600 /x"},
		{"the public key", files, file(PublicFile, 0o644, 7), OK, "1 files"},
		{"a stranger's", files, file(SecretFile, 0o600, 8), Fault, "uid=8"},
		{"a stranger's public key", files, file(PublicFile, 0o644, 8), Fault, "uid=8"},
		{"whose server it is, is not known", files, Facts{Files: Known([]File{{Path: "/x", Mode: 0o600, UID: 8}})}, OK, "1 files"},
		{"some not seen", files, Facts{Files: Known([]File{}), Unseen: []string{"/y"}}, Unknown, "/y"},
		{"not looked at", files, Facts{}, Unknown, "not known"},
	}
}

func secretRows() []row {
	const strong, age, synced, offset = "secrets.strength", "secrets.age", "clock.synchronised", "clock.ivalt"
	one := func(s Secret) Facts { s.Key = "k"; return Facts{Secrets: Known([]Secret{s})} }
	clock := func(ahead, within time.Duration) Facts { return Facts{Offset: Known(Offset{ahead, within})} }
	return []row{
		{"sound", strong, one(Secret{}), OK, "1 secrets"},
		{"weak", strong, one(Secret{Words: []string{"weak", "reused"}}), Warning, "k: weak, reused"},
		{"in the file", strong, one(Secret{Literal: true}), Warning, "file:PATH"},
		{"not read", strong, Facts{Secrets: Unseen[[]Secret]("no right")}, Unknown, "no right"},

		{"young", age, one(Secret{Dated: true, AgeDays: 3}), OK, "3 days"},
		{"old", age, one(Secret{Dated: true, AgeDays: 400, Old: true, Remedy: "change it"}), Warning, "change it"},
		{"never seen by a server", age, one(Secret{}), Unknown, "k"},
		{"not read", age, Facts{}, Unknown, "not known"},

		{"yes", synced, Facts{Synchronised: Known(true)}, OK, "kernel"},
		{"no", synced, Facts{Synchronised: Known(false)}, Warning, "set-ntp"},
		{"not told", synced, Facts{}, Unknown, "not known"},

		{"near", offset, clock(-time.Second, time.Second), OK, "behind"},
		{"a difference that the answer explains", offset, clock(3*time.Second, 1500*time.Millisecond), OK, "ahead of"},
		{"two seconds and more", offset, clock(4*time.Second, time.Second), Warning, "4s"},
		{"a minute", offset, clock(-time.Minute, time.Second), Fault, "1m0s behind"},
		{"not told", offset, Facts{Offset: Unseen[Offset]("--offline")}, Unknown, "--offline"},
	}
}

func ivaltRows() []row {
	const way, key, src, names = "ivalt.tls", "ivalt.key", "factor.sources", "network.names"
	tls := func(t TLS) Facts { return Facts{TLS: Known(t)} }
	in := func(days int) time.Time { return at().Add(time.Duration(days)*24*time.Hour + time.Hour) }
	answer := func(s State) Facts { return Facts{Key: Known(Key{Answer: "status 1", State: s})} }
	source := func(s Source) Facts { s.Key, s.Name = "k", "n"; return Facts{Sources: []Source{s}} }
	name := func(n Name) Facts { n.Key, n.Host = "k", "h"; return Facts{Names: []Name{n}} }
	return []row{
		{"trusted", way, tls(TLS{Version: "TLS 1.3", Expires: in(90)}), OK, "90 days"},
		{"pinned, through a proxy", way, tls(TLS{Version: "TLS 1.3", Expires: in(90), Pins: 2, ViaProxy: true}), OK, "ivalt.pins is in the chain, through ivalt.proxy"},
		{"soon over", way, tls(TLS{Version: "TLS 1.3", Expires: in(13)}), Warning, "13 days"},
		{"over", way, tls(TLS{Trouble: "not trusted", Expires: in(-2)}), Fault, "ended on 2026-11-24"},
		{"not trusted", way, tls(TLS{Trouble: "not trusted"}), Fault, "not trusted"},
		{"old", way, tls(TLS{Version: "TLS 1.1", Old: true, Expires: in(90)}), Fault, "older than TLS 1.2"},
		{"no end seen", way, tls(TLS{Version: "TLS 1.3"}), Unknown, "end: not known"},
		{"http", way, tls(TLS{Plain: true}), Warning, "rehearsal"},
		{"not asked", way, Facts{TLS: Unseen[TLS]("--offline")}, Unknown, "--offline"},

		{"taken", key, answer(OK), OK, "no phone rang: status 1"},
		{"refused", key, answer(Fault), Fault, "ivalt.api_key"},
		{"throttled", key, answer(Warning), Warning, "wait"},
		{"no word", key, answer(Unknown), Unknown, "status 1"},
		{"not asked", key, Facts{}, Unknown, "not known"},

		{"answers", src, source(Source{Reached: Known(true), Depth: "bound"}), OK, "k, n: bound"},
		{"answers, not all was tried", src, source(Source{Reached: Known(true), Depth: "connected", Partly: "no bind"}), Unknown, "no bind"},
		{"does not", src, source(Source{Reached: Known(false), Trouble: "refused"}), Fault, "refused"},
		{"not asked", src, source(Source{}), Unknown, "not known"},

		{"found", names, name(Name{Addresses: Known(2)}), OK, "2 addresses"},
		{"not found", names, name(Name{Addresses: Known(0), Trouble: "no such name"}), Fault, "no such name"},
		{"not asked", names, name(Name{}), Unknown, "not known"},
	}
}

func networkRows() []row {
	const listen, filter, signed = "network.listen", "network.firewall", "gateways.signed"
	held := func(running bool, h Holder) Facts {
		return Facts{
			Server:    Known(Server{Running: running}),
			Listening: []Listening{{Key: "listen.authentication[0]", At: netip.MustParseAddrPort("0.0.0.0:1812"), Holder: Known(h)}},
		}
	}
	in := func(n needs.Inward) Facts { return Facts{Needs: Known(needs.Needs{In: []needs.Inward{n}})} }
	return []row{
		{"free", listen, held(false, Holder{Free: true}), OK, "free"},
		{"ours", listen, held(true, Holder{Ours: true}), OK, "running server"},
		{"free beside a server", listen, held(true, Holder{Free: true}), Warning, "restart"},
		{"another's", listen, held(false, Holder{PID: 9, Name: "freeradius"}), Fault, "freeradius (pid 9)"},
		{"somebody's", listen, held(true, Holder{}), Unknown, "somebody"},
		{"not seen", listen, Facts{Listening: []Listening{{Holder: Unseen[Holder]("no right")}}}, Unknown, "no right"},

		{"admin on the network", filter, in(needs.Inward{Key: "listen.admin", At: netip.MustParseAddrPort("10.0.0.1:9812")}), Warning, "--admin-network"},
		{"admin on loopback", filter, in(needs.Inward{Key: "listen.admin", At: netip.MustParseAddrPort("127.0.0.1:9812")}), Unknown, "not looked at"},
		{"anybody may ask", filter, in(needs.Inward{Key: "listen.authentication[0]", Sources: []needs.Source{{Client: "all", Network: netip.MustParsePrefix("0.0.0.0/0")}}}), Warning, "from everywhere"},
		{"not read", filter, Facts{}, Unknown, "not known"},

		{"all", signed, Facts{Access: Known(Access{})}, OK, "each client"},
		{"some need not", signed, Facts{Access: Known(Access{Optional: []string{"old"}})}, Warning, "old"},
		{"not read", signed, Facts{}, Unknown, "not known"},
	}
}

func socket(protocol needs.Protocol, local, remote string) Socket {
	s := Socket{Protocol: protocol, Local: netip.MustParseAddrPort(local), PID: 4, Name: "n"}
	if remote != "" {
		s.Remote = netip.MustParseAddrPort(remote)
	}
	return s
}

func socketRows() []row {
	const odd, own = "network.suspicious", "network.explained"
	listens := func(s Socket) Facts { return Facts{Sockets: Known(Sockets{Listening: []Socket{s}})} }
	n := needs.Needs{
		In: []needs.Inward{
			{Protocol: needs.UDP, At: netip.MustParseAddrPort("0.0.0.0:1812")}, {Protocol: needs.TCP, At: netip.MustParseAddrPort("127.0.0.1:9812")},
		},
		Out: []needs.Outward{
			{Protocol: needs.TCP, Host: "api.example", Port: 443},
			{Protocol: needs.TCP, Host: "192.0.2.1", Port: 3128},
			{Protocol: needs.UDP, Port: 53},
			{Protocol: needs.UDP, Port: 3799, Networks: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}},
		},
	}
	has := func(s Socket) Facts {
		return Facts{Server: Known(Server{Running: true}), Needs: Known(n), Sockets: Known(Sockets{Ours: Known([]Socket{s})})}
	}
	rows := []row{
		{"a web server", odd, listens(socket(needs.TCP, "0.0.0.0:443", "")), OK, "1 sockets"},
		{"UDP 445 is no SMB", odd, listens(socket(needs.UDP, "0.0.0.0:445", "")), OK, "1 sockets"},
		{"on loopback", odd, listens(socket(needs.TCP, "127.0.0.1:1433", "")), Warning, "SQL Server"},
		{"whose is not seen", odd, listens(Socket{Protocol: needs.TCP, Local: netip.MustParseAddrPort("[::]:23")}), Fault, "may not see"},
		{"not seen", odd, Facts{}, Unknown, "not known"},

		{"RADIUS", own, has(socket(needs.UDP, "0.0.0.0:1812", "")), OK, "1 sockets"},
		{"a port for an upstream server", own, has(socket(needs.UDP, "0.0.0.0:40000", "")), OK, "1 sockets"},
		{"admin's connection", own, has(socket(needs.TCP, "127.0.0.1:9812", "127.0.0.1:40000")), OK, "1 sockets"},
		{"iVALT", own, has(socket(needs.TCP, "10.0.0.1:40000", "198.51.100.1:443")), OK, "1 sockets"},
		{"the proxy", own, has(socket(needs.TCP, "10.0.0.1:40000", "192.0.2.1:3128")), OK, "1 sockets"},
		{"another proxy", own, has(socket(needs.TCP, "10.0.0.1:40000", "192.0.2.2:3128")), Fault, "plain HTTP to 192.0.2.2:3128"},
		{"DNS", own, has(socket(needs.UDP, "10.0.0.1:40000", "192.0.2.2:53")), OK, "1 sockets"},
		{"a Disconnect-Request", own, has(socket(needs.UDP, "10.0.0.1:40000", "10.9.9.9:3799")), OK, "1 sockets"},
		{"a Disconnect-Request to a stranger", own, has(socket(needs.UDP, "10.0.0.1:40000", "11.9.9.9:3799")), Warning, "port 3799"},
		{"a shell", own, has(socket(needs.TCP, "10.0.0.1:40000", "203.0.113.9:4444")), Warning, "port 4444"},
		{"another listener", own, has(socket(needs.TCP, "0.0.0.0:4444", "")), Warning, "0.0.0.0:4444"},
		{"no server", own, Facts{Server: Known(Server{})}, Unknown, "no server runs"},
		{"not seen", own, Facts{Server: Known(Server{Running: true}), Needs: Known(n), Sockets: Known(Sockets{Ours: Unseen[[]Socket]("root alone")})}, Unknown, "root alone"},
	}
	for port, what := range suspicious() {
		rows = append(rows, row{what, odd, listens(socket(needs.TCP, netip.AddrPortFrom(netip.IPv4Unspecified(), port).String(), "")), Fault, what})
	}
	for _, port := range plainPorts() {
		to := netip.AddrPortFrom(netip.MustParseAddr("203.0.113.9"), port).String()
		rows = append(rows, row{to, own, has(socket(needs.TCP, "10.0.0.1:40000", to)), Fault, "plain HTTP"})
	}
	return rows
}

func gatewayRows() []row {
	const id = "gateways.patience"
	vpn := func(within, approval, configured time.Duration, l Fact[Learned]) Facts {
		return Facts{Gateways: Known([]Gateway{{Client: "vpn", Profile: "fortigate", AnswerWithin: within, Approval: approval, Configured: configured, Learned: l}})}
	}
	told := func(patience time.Duration, late float64) Fact[Learned] {
		return Known(Learned{Patience: patience, RestsOn: 5, LateShare: late})
	}
	const s = time.Second
	return []row{
		{"patient", id, vpn(60*s, 57*s, 0, told(60*s, 0)), OK, "seen in 5 logins"},
		{"short", id, vpn(20*s, 17*s, 0, told(20*s, 0)), Warning, "fortigate: set remoteauthtimeout 60"},
		{"less than approval_timeout", id, vpn(55*s, 52*s, 60*s, told(55*s, 0)), Warning, "ivalt.approval_timeout (1m0s)"},
		{"gives up before", id, vpn(55*s, 52*s, 0, told(5*s, 0.9)), Fault, "gives up after 5s (seen in 5 logins)"},
		{"many come late", id, vpn(55*s, 52*s, 0, told(55*s, 0.06)), Warning, "6 % of approvals"},
		{"nothing learned yet", id, vpn(55*s, 52*s, 0, told(0, 0)), Unknown, "have not told"},
		{"the trail was not read", id, vpn(55*s, 52*s, 0, Unseen[Learned]("no right")), Unknown, "no right"},
		{"not read", id, Facts{}, Unknown, "not known"},
	}
}
