package dynauth_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	layeh "layeh.com/radius"

	"ivalt-radius/audit"
	"ivalt-radius/radius/client"
	"ivalt-radius/radius/dynauth"
	"ivalt-radius/radius/dynauth/sessions"
	"ivalt-radius/radius/wire"
	"ivalt-radius/secret"
)

// answering is a NAS's way with a request.
type answering = func(n *nas, try int, request []byte, from netip.AddrPort)

// always answers each packet with one.
func always(code byte, cause uint32) answering {
	return func(n *nas, _ int, request []byte, from netip.AddrPort) {
		n.send(reply(request, code, cause, n.secret), from)
	}
}

func silent(*nas, int, []byte, netip.AddrPort) {}

// unbelievable sends what is no answer, and nothing else.
func unbelievable(answer func(request []byte) []byte) answering {
	return func(n *nas, _ int, request []byte, from netip.AddrPort) { n.send(answer(request), from) }
}

type answerCase struct {
	name    string
	answer  answering
	state   dynauth.State
	cause   string
	packets int
	stays   bool // in the table
}

func TestAnswers(t *testing.T) {
	for _, c := range append(believedCases(), ignoredCases()...) {
		t.Run(c.name, func(t *testing.T) {
			n := newNAS(t, c.answer)
			s := newScene(t, n.port())
			got := s.ask(session("5F3A"))
			if got.State != c.state || got.Cause != c.cause {
				t.Errorf("%q, %q, want %q, %q", got.State, got.Cause, c.state, c.cause)
			}
			if packets := len(n.requests()); packets != c.packets {
				t.Errorf("%d packets, want %d", packets, c.packets)
			}
			if s.remembered() != c.stays {
				t.Errorf("the session is still known: %t", !c.stays)
			}
			for _, again := range n.requests() {
				if !bytes.Equal(again, n.requests()[0]) {
					t.Error("a retransmission is another packet")
				}
			}
		})
	}
}

func believedCases() []answerCase {
	late := func(n *nas, try int, request []byte, from netip.AddrPort) {
		if try == 2 {
			n.send(reply(request, 41, 0, n.secret), from)
		}
	}
	twice := func(n *nas, _ int, request []byte, from netip.AddrPort) {
		for range 3 {
			n.send(reply(request, 41, 0, n.secret), from)
		}
	}
	behindGarbage := func(n *nas, _ int, request []byte, from netip.AddrPort) {
		n.send([]byte("garbage"), from)
		n.send(reply(request, 41, 0, "another secret of theirs"), from)
		n.send(append(reply(request, 41, 0, n.secret), "padding"...), from)
	}
	return []answerCase{
		{"ACK", always(41, 0), dynauth.Disconnected, "", 1, false},
		{"ACK with a Message-Authenticator", unbelievable(func(r []byte) []byte { return signedReply(r, 41, shared, shared) }), dynauth.Disconnected, "", 1, false},
		{"ACK with residues", always(41, 201), dynauth.Disconnected, "201 Residual Session Context Removed", 1, false},
		{"no such session", always(42, 503), dynauth.Gone, "503 Session Context Not Found", 1, false},
		{"NAK with residues", always(42, 201), dynauth.Gone, "201 Residual Session Context Removed", 1, false},
		{"prohibited", always(42, 501), dynauth.Refused, "501 Administratively Prohibited", 1, true},
		{"another NAS", always(42, 403), dynauth.Refused, "403 NAS Identification Mismatch", 1, true},
		{"a cause of the vendor's own", always(42, 777), dynauth.Refused, "Error-Cause 777", 1, true},
		{"NAK without a cause", always(42, 0), dynauth.Refused, "", 1, true},
		{"after the second packet", late, dynauth.Disconnected, "", 2, false},
		{"many times", twice, dynauth.Disconnected, "", 1, false},
		{"behind garbage", behindGarbage, dynauth.Disconnected, "", 1, false},
	}
}

func ignoredCases() []answerCase {
	otherID := func(r []byte) []byte {
		r = bytes.Clone(r)
		r[1]++
		return reply(r, 41, 0, shared)
	}
	otherRequest := func(r []byte) []byte {
		r = bytes.Clone(r)
		r[4]++
		return reply(r, 41, 0, shared)
	}
	return []answerCase{
		{"silence", silent, dynauth.Silent, "", 3, true},
		{"another secret", unbelievable(func(r []byte) []byte { return reply(r, 41, 0, newer) }), dynauth.Silent, "", 3, true},
		{"another secret's Message-Authenticator", unbelievable(func(r []byte) []byte { return signedReply(r, 41, shared, newer) }), dynauth.Silent, "", 3, true},
		{"another identifier", unbelievable(otherID), dynauth.Silent, "", 3, true},
		{"to another request", unbelievable(otherRequest), dynauth.Silent, "", 3, true},
		{"another code", unbelievable(func(r []byte) []byte { return reply(r, 44, 0, shared) }), dynauth.Silent, "", 3, true},
		{"an Access-Accept", unbelievable(func(r []byte) []byte { return reply(r, 2, 0, shared) }), dynauth.Silent, "", 3, true},
		{"the request itself", unbelievable(bytes.Clone), dynauth.Silent, "", 3, true},
		{"garbage", unbelievable(func([]byte) []byte { return bytes.Repeat([]byte{41}, 5000) }), dynauth.Silent, "", 3, true},
		{"an empty datagram", unbelievable(func([]byte) []byte { return nil }), dynauth.Silent, "", 3, true},
		{"from another port", func(n *nas, _ int, request []byte, from netip.AddrPort) {
			elsewhere, err := net.DialUDP("udp4", nil, net.UDPAddrFromAddrPort(from))
			if err != nil {
				n.t.Error(err)
				return
			}
			defer func() { _ = elsewhere.Close() }()
			_, _ = elsewhere.Write(reply(request, 41, 0, n.secret))
		}, dynauth.Silent, "", 3, true},
	}
}

// TestRequest: the NAS reads what it has written itself, behind the Message-Authenticator and the time.
func TestRequest(t *testing.T) {
	n := newNAS(t, always(41, 0))
	newScene(t, n.port()).ask(session("5F3A"))
	p, err := layeh.Parse(n.requests()[0], []byte(shared))
	if err != nil {
		t.Fatal(err)
	}
	got := map[int]string{}
	for _, a := range p.Attributes {
		if a.Type != 80 && a.Type != 55 {
			got[int(a.Type)] += string(a.Attribute)
		}
	}
	want := map[int]string{
		1: `CORP\Alice`, 4: "\xc0\x00\x02\x01", 31: "203.0.113.9:4711", 32: "gw1", 44: "5F3A", 8: "\x0a\x08\x00\x02",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestLocal: the request leaves from where the NAS sends to, and from any address where that is no more ours.
func TestLocal(t *testing.T) {
	for local, want := range map[string]string{"127.0.0.77": "127.0.0.77", "192.0.2.77": "127.0.0.1"} {
		n := newNAS(t, always(41, 0))
		in := session("5F3A")
		in.Local = netip.MustParseAddr(local)
		if got := newScene(t, n.port()).ask(in); got.State != dynauth.Disconnected || n.source().String() != want {
			t.Errorf("%s: %q, from %s", local, got.State, n.source())
		}
	}
}

// TestSecret: the one that the NAS used last, as long as it is the client's; else the client's first.
func TestSecret(t *testing.T) {
	first, second := secret.New(shared), secret.New(newer)
	for _, c := range []struct {
		name    string
		client  []secret.Secret
		last    *wire.Key
		expects string
	}{
		{"the second", []secret.Secret{first, second}, wire.NewKey(second), newer},
		{"one that moved in a reload", []secret.Secret{second, first}, wire.NewKey(first), shared},
		{"one that is gone", []secret.Secret{second}, wire.NewKey(first), newer},
		{"none", []secret.Secret{second, first}, nil, newer},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := newNASUnder(t, c.expects, always(41, 0))
			s := newScene(t, n.port())
			s.reload(func(o *client.Settings) { o.DisconnectPort, o.Secrets = n.port(), c.client })
			in := session("5F3A")
			in.Key = c.last
			if got := s.ask(in); got.State != dynauth.Disconnected {
				t.Errorf("%+v", got)
			}
		})
	}
}

// TestNothingIsSent: where the settings have no such client there any more, or its NAS takes no requests.
func TestNothingIsSent(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*client.Settings)
		state  dynauth.State
	}{
		{"renamed", func(o *client.Settings) { o.Name = "another" }, dynauth.Unknown},
		{"moved", func(o *client.Settings) { o.Networks = []string{"192.0.2.0/24"} }, dynauth.Unknown},
		{"no port", func(o *client.Settings) { o.DisconnectPort = 0 }, dynauth.Unsupported},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := newNAS(t, always(41, 0))
			s := newScene(t, n.port())
			s.reload(func(o *client.Settings) {
				o.DisconnectPort = n.port()
				c.change(o)
			})
			if got := s.ask(session("5F3A")); got.State != c.state || len(n.requests()) != 0 || !s.remembered() {
				t.Errorf("%+v after %d packets", got, len(n.requests()))
			}
		})
	}
}

// TestWhom: both must fit, nobody is not everybody, and what came of it is recorded.
func TestWhom(t *testing.T) {
	n := newNAS(t, always(41, 0))
	s := newScene(t, n.port())
	bob, away := session("bob's"), session("away")
	bob.User, away.Station = "bob", netip.MustParseAddr("198.51.100.1")
	s.table.Told("start", bob)
	s.table.Told("start", away)
	s.table.Told("start", session("here"))
	station := netip.MustParseAddr("203.0.113.9")

	if r, err := s.Disconnect(t.Context(), "", netip.Addr{}); !errors.Is(err, dynauth.ErrNobody) || len(r.Sessions) != 0 {
		t.Errorf("nobody: %+v, %v", r, err)
	}
	r, err := s.Disconnect(t.Context(), "alice", station)
	want := dynauth.Result{Sessions: []dynauth.Outcome{
		{State: dynauth.Disconnected, Client: "vpn", NAS: bob.Source, User: "alice", Station: station, Session: "here"},
	}}
	if diff := cmp.Diff(want, r, cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" || err != nil {
		t.Error(diff, err)
	}
	if r, err = s.Disconnect(t.Context(), "carol", netip.Addr{}); err != nil || r.String() != "no session is known" {
		t.Errorf("carol: %+v, %v", r, err)
	}
	events := []audit.Event{
		audit.Security{Event: "sessions_disconnected", User: "alice", CallingStation: "203.0.113.9", Detail: "1 session: 1 disconnected"},
		audit.Security{Event: "sessions_disconnected", User: "carol", Detail: "no session is known"},
	}
	if diff := cmp.Diff(events, s.events); diff != "" {
		t.Error(diff)
	}
	if s.table.Len() != 2 {
		t.Errorf("%d sessions are left", s.table.Len())
	}
}

// TestMany: 256 at once, the others are said.
func TestMany(t *testing.T) {
	n := newNAS(t, always(41, 0))
	s := newScene(t, n.port())
	for i := range 300 {
		s.table.Told("start", session(fmt.Sprint(i)))
	}
	r, err := s.Disconnect(t.Context(), "alice", netip.Addr{})
	if err != nil || len(r.Sessions) != 256 || r.Left != 44 {
		t.Fatalf("%s, %v", r, err)
	}
	if text := r.String(); !strings.Contains(text, "256 sessions: ") || !strings.HasSuffix(text, "; 44 more not asked for yet") {
		t.Error(text)
	}
}

// TestCancelled: a caller who goes away waits for no NAS.
func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	n := newNAS(t, func(*nas, int, []byte, netip.AddrPort) { cancel() })
	s := newScene(t, n.port())
	s.Disconnector = dynauth.New(dynauth.Deps{Table: s.table, Clients: s, Recorder: s, Now: time.Now})
	s.table.Told("start", session("5F3A"))
	r, err := s.Disconnect(ctx, "alice", netip.Addr{})
	if err != nil || r.Count(dynauth.Silent) != 1 || len(n.requests()) != 1 {
		t.Errorf("%s, %v", r, err)
	}
	if r, err = s.Disconnect(ctx, "alice", netip.Addr{}); err != nil || r.Count(dynauth.Unsent) != 1 {
		t.Errorf("%s, %v", r, err)
	}
}

// TestClosedPort: an ICMP message, which anybody can forge, ends nothing before its time.
func TestClosedPort(t *testing.T) {
	n := newNAS(t, silent)
	port := n.port()
	_ = n.conn.Close()
	if got := newScene(t, port).ask(session("5F3A")); got.State != dynauth.Silent {
		t.Errorf("%+v", got)
	}
}

// TestUnsendable: a session whose attributes do not fit a packet, and an address that cannot be reached, are said.
func TestUnsendable(t *testing.T) {
	n := newNAS(t, always(41, 0))
	s := newScene(t, n.port())
	in := session("5F3A")
	in.Attributes = append(in.Attributes, bytes.Repeat(wire.Append(nil, 25, make([]byte, 253)), 17)...)
	if got := s.ask(in); got.State != dynauth.Unsent || !strings.Contains(got.Cause, "4096") {
		t.Errorf("%+v", got)
	}
	s = newScene(t, n.port())
	s.reload(func(o *client.Settings) {
		o.DisconnectPort, o.Networks = n.port(), []string{"2001:db8::/32", "fe80::/10"}
	})
	in = session("5F3A")
	in.Source = netip.MustParseAddr("fe80::1%no-such-zone")
	if got := s.ask(in); got.State != dynauth.Unsent {
		t.Errorf("%+v", got)
	}
}

// TestCauses: every Error-Cause of the RFCs has its name, and every state its words.
func TestCauses(t *testing.T) {
	for _, cause := range []uint32{202, 401, 402, 404, 405, 406, 407, 502, 504, 505, 506, 507, 508, 509, 601} {
		n := newNAS(t, always(42, cause))
		got := newScene(t, n.port()).ask(session("5F3A"))
		if got.State != dynauth.Refused || !strings.HasPrefix(got.Cause, fmt.Sprint(cause)+" ") {
			t.Errorf("%d: %q, %q", cause, got.State, got.Cause)
		}
	}
	var all dynauth.Result
	for _, s := range []dynauth.State{"disconnected", "gone", "refused", "silent", "unsupported", "unknown", "unsent"} {
		all.Sessions = append(all.Sessions, dynauth.Outcome{State: s})
	}
	const want = "7 sessions: 1 disconnected, 1 gone, 1 refused, 1 without an answer, 1 on a NAS without clients[].disconnect_port, " +
		"1 of a client that the settings no longer have, 1 not sent"
	if all.String() != want {
		t.Error(all.String())
	}
}

// TestASessionOfAnotherNode is ended by this one with the client's first secret; where that is not to be found, the outcome names the node.
func TestASessionOfAnotherNode(t *testing.T) {
	for _, name := range []string{"vpn", "another"} {
		n := newNAS(t, always(41, 0))
		s := newScene(t, n.port())
		s.reload(func(c *client.Settings) { c.Name, c.DisconnectPort = name, n.port() })
		other := sessions.New(time.Now)
		other.Tell = func(text []byte) {
			if err := s.table.Apply("node-b", time.Now(), text); err != nil {
				t.Error(err)
			}
		}
		other.Told("start", session("5F3A"))
		r, err := s.Disconnect(t.Context(), "alice", netip.Addr{})
		if err != nil || len(r.Sessions) != 1 {
			t.Fatalf("%+v, %v", r, err)
		}
		switch got := r.Sessions[0]; {
		case name == "vpn" && (got.State != dynauth.Disconnected || len(n.requests()) != 1 || s.remembered()):
			t.Errorf("%+v", got)
		case name != "vpn" && (got.State != dynauth.Unknown || !strings.Contains(got.Cause, "node-b")):
			t.Errorf("%+v", got)
		}
	}
}
