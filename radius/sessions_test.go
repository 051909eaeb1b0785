package radius_test

import (
	"context"
	"encoding/binary"
	"errors"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"ivalt-radius/auth"
	"ivalt-radius/radius"
	"ivalt-radius/radius/dynauth/sessions"
	"ivalt-radius/radius/wire"
	"ivalt-radius/secret"
)

// told are what a server tells of who is in.
type told struct {
	mu  sync.Mutex
	all []tale
}

type tale struct {
	status string // "accept" for an Access-Accept
	in     sessions.Session
}

func (s *told) Admitted(in sessions.Session) { s.Told("accept", in) }

func (s *told) Told(status string, in sessions.Session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = append(s.all, tale{status, in})
}

func (s *told) list() []tale {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.all
}

// rewriting has every name end before its first plus sign.
func rewriting() *auth.Rules {
	return &auth.Rules{Rewrite: func(u auth.Username) (auth.Username, error) {
		name, _, _ := strings.Cut(u.String(), "+")
		return auth.ParseUsername(name)
	}}
}

// startWith tells somebody who is in.
func startWith(t *testing.T, judge radius.LoginFunc, s radius.Settings, in radius.Sessions, change ...func(*radius.Deps)) *stage {
	t.Helper()
	asked := make(chan auth.Request, 100000)
	st := startFlow(t, radius.LoginFunc(func(ctx context.Context, req auth.Request) auth.Verdict {
		asked <- req
		return judge(ctx, req)
	}), s, in, change...)
	st.asked = asked
	return st
}

// telling is a server that tells who is in.
func telling(t *testing.T, judge radius.LoginFunc, s radius.Settings) (*stage, *told) {
	t.Helper()
	in := &told{}
	s.Clients[0].Rules = rewriting()
	return startWith(t, judge, s, in), in
}

// expect checks the one session that was told of last.
func (s *told) expect(t *testing.T, n int, status, under string, attributes ...[]byte) {
	t.Helper()
	all := s.list()
	if len(all) != n {
		t.Fatalf("%d tales, want %d: %+v", len(all), n, all)
	}
	got := all[n-1]
	want := string(join(attributes))
	if got.status != status || string(got.in.Attributes) != want {
		t.Errorf("%s %q, want %s %q", got.status, got.in.Attributes, status, want)
	}
	if in := got.in; in.Client != "vpn" || in.User != `corp\alice` || in.Station != netip.MustParseAddr("203.0.113.9") ||
		in.Source != netip.MustParseAddr("127.0.0.1") || in.Local != netip.MustParseAddr("127.0.0.1") || time.Since(in.Heard).Abs() > time.Minute {
		t.Errorf("%+v", in)
	}
	if !got.in.Key.Same(wire.NewKey(secret.New(under))) {
		t.Error("the key is another")
	}
}

func join(attributes [][]byte) (all []byte) {
	for _, a := range attributes {
		all = append(all, a...)
	}
	return all
}

const writtenName = `CORP\Alice+vpn`

// identity is what a NAS writes of the person and of itself.
func identity() [][]byte {
	return [][]byte{attr(31, "203.0.113.9:4711"), attr(32, "gw1")}
}

// TestAdmitted: an Access-Accept is told of, at once or after a wait; a Reject, a Challenge and a duplicate are not.
func TestAdmitted(t *testing.T) {
	names := append([][]byte{attr(1, writtenName)}, identity()...)
	for _, address := range []string{"127.0.0.1:0", "0.0.0.0:0", ":0"} {
		st, in := telling(t, func(_ context.Context, req auth.Request) auth.Verdict {
			switch req.Password.Reveal() {
			case "right":
				return accept()
			case "more":
				return auth.Verdict{Kind: auth.Challenge, State: "0123456789abcdef"}
			}
			return auth.Verdict{Reason: auth.BadPassword}
		}, settings(func(s *radius.Settings) { s.Authentication = []string{address} }))
		n := st.nas(netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), st.auth.Port()))
		n.ask(signed(login(1, writtenName, "wrong", identity()...), shared))
		n.ask(signed(login(2, writtenName, "more", identity()...), shared))
		right := signed(login(3, writtenName, "right", append(identity(), attr(8, "\x0a\x08\x00\x02"))...), shared)
		n.ask(right)
		n.ask(right)
		in.expect(t, 1, "accept", shared, names...)
	}
}

// TestAdmittedAtOnce: a login that does not wait.
func TestAdmittedAtOnce(t *testing.T) {
	in := &told{}
	st := startFlow(t, unwaiting{}, settings(), in)
	n := st.nas(st.auth)
	n.ask(signed(login(1, "bob", "wrong"), shared))
	n.ask(signed(login(2, "bob", "right"), shared))
	if all := in.list(); len(all) != 1 || all[0].status != "accept" || all[0].in.User != "bob" || all[0].in.Station.IsValid() {
		t.Errorf("%+v", all)
	}
}

// unwaiting is a Login without a wait.
type unwaiting struct{}

func (unwaiting) Open(_ context.Context, req *auth.Request) (auth.Verdict, func() auth.Verdict) {
	if req.Password.Reveal() == "right" {
		return accept(), nil
	}
	return auth.Verdict{Reason: auth.BadPassword}, nil
}

// TestTold: what accounting tells is told on once it is durable, once.
func TestTold(t *testing.T) {
	st, in := telling(t, always(accept()), settings())
	n := st.nas(st.acct)
	request := func(id byte, status uint32, under string) []byte {
		out := raw(4, id, attr(40, string(binary.BigEndian.AppendUint32(nil, status))), attr(1, writtenName), attr(44, "s1"), attr(8, "\x0a\x08\x00\x02"))
		for _, a := range identity() {
			out = append(out, a...)
		}
		return accounting(sized(out), under)
	}
	names := append([][]byte{attr(1, writtenName), attr(44, "s1"), attr(8, "\x0a\x08\x00\x02")}, identity()...)
	start := request(1, 1, shared)
	n.judge(n.exchange(start), start, shared)
	in.expect(t, 1, "start", shared, names...)
	again := request(2, 1, shared)
	n.judge(n.exchange(again), again, shared)
	in.expect(t, 1, "start", shared, names...)

	stop := request(3, 2, newer)
	st.recorder.breakWith(errors.New("the disk is full"))
	st.drops(n, "not_recorded", stop)
	in.expect(t, 1, "start", shared, names...)
	st.recorder.breakWith(nil)
	n.judge(n.exchange(stop), stop, newer)
	in.expect(t, 2, "stop", newer, names...)

	st.drops(n, "bad_authenticator", request(4, 3, "another secret of somebody"))
	in.expect(t, 2, "stop", newer, names...)
}

// exchange sends and waits for a reply.
func (n nas) exchange(packet []byte) []byte {
	n.t.Helper()
	n.send(packet)
	return n.reply()
}

// TestClientOf: the settings in force count.
func TestClientOf(t *testing.T) {
	st, _ := telling(t, always(accept()), settings(client(func(c *radius.ClientSettings) { c.DisconnectPort = 3799 })))
	here := netip.MustParseAddr("::ffff:127.0.0.9")
	if c := st.ClientOf(here); c == nil || c.Auth.Name != "vpn" || c.DisconnectPort != 3799 {
		t.Errorf("%+v", c)
	}
	st.Reload(settings(client(func(c *radius.ClientSettings) { c.Networks = []string{"192.0.2.0/24"} })))
	if c := st.ClientOf(here); c != nil {
		t.Errorf("%+v", c)
	}
}
