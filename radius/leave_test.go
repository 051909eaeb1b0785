package radius_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/netip"
	"os"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	layeh "layeh.com/radius"

	"ivalt-radius/auth"
	"ivalt-radius/auth/carried"
	"ivalt-radius/radius"
	"ivalt-radius/radius/carry"
)

// leaving is a login that is left once its channel is closed.
func leaving(left <-chan struct{}) radius.LoginFunc {
	return func(ctx context.Context, _ auth.Request) auth.Verdict {
		select {
		case <-left:
			return auth.Verdict{Silent: true, Left: true, Reason: auth.ShuttingDown}
		case <-ctx.Done():
			return auth.Verdict{Reason: auth.ShuttingDown}
		}
	}
}

// leave has a server leave its exchanges and sockets, as the next process gets them; left is closed when nothing is read any more.
func (s *stage) leave(left chan struct{}) (e *carry.Exchanges, inherited func(*radius.Deps)) {
	s.t.Helper()
	if err := s.Pause(); err != nil {
		s.t.Fatal(err)
	}
	if left != nil {
		close(left)
	}
	ctx, cancel := context.WithTimeout(s.t.Context(), patient)
	defer cancel()
	text, err := json.Marshal(s.Leave(ctx))
	e = &carry.Exchanges{}
	if err == nil {
		err = json.Unmarshal(text, e)
	}
	if err != nil {
		s.t.Fatal(err)
	}
	fds, err := s.Sockets()
	if err != nil || len(fds) != 2 {
		s.t.Fatal(fds, err)
	}
	s.stop()
	files := []*os.File{os.NewFile(uintptr(fds[0]), "authentication"), os.NewFile(uintptr(fds[1]), "accounting")}
	return e, func(d *radius.Deps) {
		d.Waits = true
		d.Inherited = func(netip.AddrPort) *os.File {
			if len(files) == 0 {
				return nil
			}
			defer func() { files = files[1:] }()
			return files[0]
		}
	}
}

// heir is the server that takes the place.
func heir(t *testing.T, judge radius.LoginFunc, inherited func(*radius.Deps), c radius.Carried, change ...func(*radius.Settings)) *stage {
	t.Helper()
	st := start(t, judge, settings(change...), inherited)
	st.Serve(c)
	return st
}

// TestAnExchangeGoesOn: what waits is judged anew in the next process by its own octets, and answered from the same socket; its copies are dropped
// as ever.
func TestAnExchangeGoesOn(t *testing.T) {
	left := make(chan struct{})
	st := start(t, leaving(left), settings())
	n := st.nas(st.auth)
	request := login(7, "bob", "secret", attr(31, "station"))
	n.send(request)
	was := <-st.asked
	e, inherited := st.leave(left)
	n.quiet()
	if len(e.Unanswered) != 1 || len(e.Replies) != 0 || !bytes.Equal(e.Unanswered[0].Octets, request) || e.Unanswered[0].Socket != st.auth {
		t.Fatalf("left: %+v", e)
	}
	open := make(chan struct{})
	next := heir(t, gated(open, accept()), inherited, radius.Carried{Exchanges: e})
	is := <-next.asked
	if is.Username != was.Username || !is.Password.Equal(was.Password) || is.CallingStation != was.CallingStation || !is.Received.Equal(was.Received) {
		t.Errorf("it was %+v, and is %+v", was, is)
	}
	next.drops(n, "duplicate_dropped", request)
	close(open)
	if got := n.judge(n.reply(), request, shared); got.Code != layeh.CodeAccessAccept {
		t.Errorf("got %v", got.Code)
	}
	if next.auth != st.auth {
		t.Errorf("it listened at %v, and does at %v", st.auth, next.auth)
	}
	if got := n.ask(login(8, "eve", "secret")); got.Code != layeh.CodeAccessAccept {
		t.Errorf("a new login gets %v", got.Code)
	}
}

// TestPacketsWaitWhileNobodyReads: what comes between two processes is answered by the second.
func TestPacketsWaitWhileNobodyReads(t *testing.T) {
	st := start(t, always(accept()), settings())
	n, teller := st.nas(st.auth), st.nas(st.acct)
	e, inherited := st.leave(nil)
	request := login(1, "bob", "secret")
	n.send(request)
	told := accounting(raw(4, 2, attr(40, "\x00\x00\x00\x01"), attr(44, "s1"), attr(4, "\x7f\x00\x00\x01")), shared)
	teller.send(told)
	n.quiet()
	heir(t, always(accept()), inherited, radius.Carried{Exchanges: e})
	if got := n.judge(n.reply(), request, shared); got.Code != layeh.CodeAccessAccept {
		t.Errorf("got %v", got.Code)
	}
	if got := teller.judge(teller.reply(), told, shared); got.Code != layeh.CodeAccountingResponse {
		t.Errorf("accounting gets %v", got.Code)
	}
}

// TestAnAnswerIsRemembered: a duplicate gets the same octets in the next process, and is no login there.
func TestAnAnswerIsRemembered(t *testing.T) {
	st := start(t, always(accept()), settings())
	n := st.nas(st.auth)
	request := signed(login(1, "bob", "secret"), shared)
	n.send(request)
	first := n.reply()
	e, inherited := st.leave(nil)
	if len(e.Replies) != 1 || e.Replies[0].Held || !bytes.Equal(e.Replies[0].Octets, first) {
		t.Fatalf("left: %+v", e)
	}
	next := heir(t, always(auth.Verdict{Reason: auth.PolicyDenied}), inherited, radius.Carried{Exchanges: e})
	n.send(request)
	if again := n.reply(); !bytes.Equal(first, again) {
		t.Errorf("first %x, then %x", first, again)
	}
	if len(next.asked) != 0 || next.InFlight() != 0 {
		t.Errorf("%d logins, %d in flight", len(next.asked), next.InFlight())
	}
}

// TestAHeldRejectLeavesInTheNextProcess: not before, not twice, and not later than it would have.
func TestAHeldRejectLeavesInTheNextProcess(t *testing.T) {
	for name, due := range map[string]time.Duration{"later": 300 * time.Millisecond, "long ago": -time.Hour} {
		t.Run(name, func(t *testing.T) {
			delayed := func(s *radius.Settings) { s.RejectDelay = 10 * time.Second }
			st := start(t, always(auth.Verdict{Reason: auth.PolicyDenied}), settings(delayed))
			n := st.nas(st.auth)
			request := login(1, "bob", "secret")
			n.send(request)
			await(t, "the Reject", func() bool { return st.Counters()["rejected"] == 1 })
			e, inherited := st.leave(nil)
			n.quiet()
			if len(e.Replies) != 1 || !e.Replies[0].Held || len(e.Unanswered) != 0 || time.Until(e.Replies[0].At) < 5*time.Second {
				t.Fatalf("left: %+v", e)
			}
			e.Replies[0].At = time.Now().Add(due)
			at := e.Replies[0].At
			next := heir(t, always(accept()), inherited, radius.Carried{Exchanges: e}, delayed)
			if got := n.judge(n.reply(), request, shared); got.Code != layeh.CodeAccessReject || time.Now().Before(at) {
				t.Errorf("got %v, %v early", got.Code, time.Until(at))
			}
			n.send(request)
			if got := n.judge(n.reply(), request, shared); got.Code != layeh.CodeAccessReject || len(next.asked) != 0 {
				t.Errorf("a duplicate gets %v, %d logins", got.Code, len(next.asked))
			}
			n.quiet()
		})
	}
}

// TestARejectBehindPauseIsHeldForTheNext: a login that ends while the server leaves is held back there.
func TestARejectBehindPauseIsHeldForTheNext(t *testing.T) {
	open := make(chan struct{})
	st := start(t, gated(open, auth.Verdict{Reason: auth.PolicyDenied}), settings(func(s *radius.Settings) { s.RejectDelay = 10 * time.Second }))
	n := st.nas(st.auth)
	n.send(login(1, "bob", "secret"))
	<-st.asked
	e, _ := st.leave(open)
	n.quiet()
	if len(e.Replies) != 1 || !e.Replies[0].Held || len(e.Unanswered) != 0 {
		t.Errorf("left: %+v", e)
	}
}

// TestALoginThatEndsBehindLeaveIsNotAnswered: it is in the document, so another process answers.
func TestALoginThatEndsBehindLeaveIsNotAnswered(t *testing.T) {
	open := make(chan struct{})
	st := start(t, gated(open, accept()), settings())
	n := st.nas(st.auth)
	n.send(login(1, "bob", "secret"))
	<-st.asked
	if err := st.Pause(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	e := st.Leave(ctx)
	close(open)
	st.stop()
	n.quiet()
	if len(e.Unanswered) != 1 || st.Counters()["accepted"] != 0 {
		t.Errorf("left: %+v; %v", e, st.Counters())
	}
}

// TestABusyHouseIsNoEnd: a login that waited before waits on until there is room, and no longer than its NAS does.
func TestABusyHouseIsNoEnd(t *testing.T) {
	left := make(chan struct{})
	st := start(t, leaving(left), settings())
	n := st.nas(st.auth)
	request := login(1, "bob", "secret")
	n.send(request)
	<-st.asked
	e, inherited := st.leave(left)
	var tries atomic.Int32
	heir(t, func(context.Context, auth.Request) auth.Verdict {
		if tries.Add(1) < 3 {
			return auth.Verdict{Silent: true, Reason: auth.Busy}
		}
		return accept()
	}, inherited, radius.Carried{Exchanges: e})
	if got := n.judge(n.reply(), request, shared); got.Code != layeh.CodeAccessAccept || tries.Load() != 3 {
		t.Errorf("got %v at the %d. try", got.Code, tries.Load())
	}
}

// TestQuestionsAreOpenedAgain: by the octets of their login's first packet, before what waits is judged.
func TestQuestionsAreOpenedAgain(t *testing.T) {
	st := start(t, choosing, settings(optional))
	n := st.nas(st.auth)
	request := login(1, "bob", "secret")
	asked := n.ask(request)
	e, inherited := st.leave(nil)
	source := netip.MustParseAddrPort(n.conn.LocalAddr().String())
	packet := carried.Datagram{Socket: st.auth, Source: source, Received: time.Now(), Octets: request}
	told := packet
	told.Octets = accounting(raw(4, 2, attr(40, "\x00\x00\x00\x01")), shared)
	broken, foreign, stranger := packet, packet, packet
	broken.Octets, foreign.Socket, stranger.Source = request[:19], netip.MustParseAddrPort("192.0.2.1:1812"), netip.MustParseAddrPort("192.0.2.1:1812")
	var questions []carried.Question
	for _, p := range []carried.Datagram{packet, told, broken, foreign, stranger, {}} {
		questions = append(questions, carried.Question{State: "s", Packet: p})
	}
	questions = append(questions, carried.Question{State: "boom", Packet: packet})
	resumed := make(chan string, len(questions))
	heir(t, choosing, inherited, radius.Carried{Exchanges: e, Questions: questions, Resume: func(_ context.Context, req *auth.Request, q *carried.Question) {
		if q.State == "boom" {
			panic(q.State)
		}
		if again := req.Datagram(); !bytes.Equal(again.Octets, request) || again.Source != source {
			t.Errorf("it goes on with %+v", again)
		}
		resumed <- req.Username + " " + req.Password.Reveal()
	}}, optional)
	if len(resumed) != 1 || <-resumed != "bob secret" {
		t.Errorf("%d questions are opened again", len(resumed))
	}
	if got := n.ask(login(2, "bob", "2", attr(24, string(asked.Get(24))))); got.Code != layeh.CodeAccessAccept {
		t.Errorf("the answer gets %v", got.Code)
	}
}

// TestAQuestionThatTakesItsTime: a directory that hangs behind an open question keeps nobody else waiting.
func TestAQuestionThatTakesItsTime(t *testing.T) {
	st := start(t, always(accept()), settings())
	n := st.nas(st.auth)
	request := login(1, "bob", "secret")
	n.ask(request)
	e, inherited := st.leave(nil)
	packet := carried.Datagram{Socket: st.auth, Source: netip.MustParseAddrPort(n.conn.LocalAddr().String()), Received: time.Now(), Octets: request}
	release := make(chan struct{})
	defer close(release)
	heir(t, always(accept()), inherited, radius.Carried{
		Exchanges: e, Questions: []carried.Question{{State: "s", Packet: packet}},
		Resume: func(context.Context, *auth.Request, *carried.Question) { <-release },
	})
	if got := n.ask(login(2, "eve", "secret")); got.Code != layeh.CodeAccessAccept {
		t.Errorf("got %v", got.Code)
	}
}

// TestHostileExchanges: what no server can have left is harmless: nobody is let in, nothing is sent to a stranger, and the server serves.
func TestHostileExchanges(t *testing.T) {
	deny := always(auth.Verdict{Reason: auth.PolicyDenied})
	st := start(t, deny, settings())
	n, other := st.nas(st.auth), dial(t, netip.AddrPortFrom(netip.MustParseAddr("127.0.0.9"), 0), st.auth)
	forged := []byte{2, 1, 0, 20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}
	source, digest := netip.MustParseAddrPort(n.conn.LocalAddr().String()), make([]byte, 16)
	good := carry.Reply{Socket: st.auth, Source: source, Digest: digest, Octets: forged, At: time.Now()}
	with := func(change func(r *carry.Reply)) carry.Reply {
		r := good
		change(&r)
		return r
	}
	e, inherited := st.leave(nil)
	e.Replies = []carry.Reply{
		good, good, // twice
		with(func(r *carry.Reply) { r.Digest = nil }),
		with(func(r *carry.Reply) { r.Digest = make([]byte, 15) }),
		with(func(r *carry.Reply) { r.Digest = make([]byte, 1<<16) }),
		with(func(r *carry.Reply) { r.Digest, r.At = bytes.Repeat([]byte{1}, 16), time.Time{} }),
		with(func(r *carry.Reply) { r.Digest, r.At = bytes.Repeat([]byte{2}, 16), time.Now().Add(1<<63-1) }),
		with(func(r *carry.Reply) { r.Digest, r.Octets = bytes.Repeat([]byte{3}, 16), nil }),
		with(func(r *carry.Reply) {
			r.Digest, r.Held, r.Source = bytes.Repeat([]byte{4}, 16), true, netip.MustParseAddrPort("192.0.2.1:9")
		}),
		{Held: true},
		{},
	}
	packet := carried.Datagram{Socket: st.auth, Source: source, Received: time.Now(), Octets: login(9, "bob", "secret")}
	long, short, reply, zero := packet, packet, packet, packet
	long.Octets, short.Octets, reply.Octets = make([]byte, 1<<16), packet.Octets[:3], forged
	zero.Source = netip.AddrPort{}
	e.Unanswered = slices.Concat([]carried.Datagram{packet, packet, long, short, reply, zero, {}}, slices.Repeat([]carried.Datagram{packet}, 10_000))
	next := heir(t, deny, inherited, radius.Carried{Exchanges: e})
	if got := n.judge(n.reply(), packet.Octets, shared); got.Code != layeh.CodeAccessReject {
		t.Errorf("got %v", got.Code)
	}
	await(t, "all are judged", func() bool { return next.InFlight() == 0 })
	if got := other.ask(login(1, "eve", "secret")); got.Code != layeh.CodeAccessReject {
		t.Errorf("it does not serve: %v", got.Code)
	}
	if len(next.asked) > 2 || next.Counters()["accepted"] != 0 {
		t.Errorf("%d logins; %v", len(next.asked), next.Counters())
	}
}
