package radius_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	layeh "layeh.com/radius"

	"ivalt-radius/auth"
	"ivalt-radius/policy"
	"ivalt-radius/radius"
)

// gated judges nothing before its channel is closed, or the server gives up.
func gated(open <-chan struct{}, v auth.Verdict) radius.LoginFunc {
	return func(ctx context.Context, _ auth.Request) auth.Verdict {
		select {
		case <-open:
			return v
		case <-ctx.Done():
			return auth.Verdict{Reason: auth.ShuttingDown}
		}
	}
}

func TestDUP2_InFlightIsDropped(t *testing.T) {
	open := make(chan struct{})
	st := start(t, gated(open, accept()), settings())
	n := st.nas(st.auth)
	request := login(1, "bob", "secret")
	n.send(request)
	<-st.asked
	for range 9 {
		st.drops(n, "duplicate_dropped", request)
	}
	close(open)
	n.judge(n.reply(), request, shared)
	n.quiet()
	if len(st.asked) != 0 {
		t.Error("a duplicate became a login")
	}
}

// TestDuplicatesAreHeard: the login knows how often its NAS asked, and since when it was silent.
func TestDuplicatesAreHeard(t *testing.T) {
	open := make(chan struct{})
	st := start(t, gated(open, accept()), settings())
	n := st.nas(st.auth)
	request := login(1, "bob", "secret")
	n.send(request)
	asked := <-st.asked
	for range 3 {
		st.drops(n, "duplicate_dropped", request)
	}
	packets, last := asked.Heard.Since(asked.Received.Add(-time.Second))
	if packets != 4 || last < time.Second {
		t.Errorf("%d packets, the last after %v", packets, last)
	}
	close(open)
	n.judge(n.reply(), request, shared)
	n.send(request)
	n.judge(n.reply(), request, shared)
	if again, _ := asked.Heard.Since(asked.Received); again != packets {
		t.Errorf("%d packets behind the answer", again)
	}
}

func TestDUP3_AnsweredAgainWithTheSameOctets(t *testing.T) {
	st := start(t, always(accept()), settings())
	n := st.nas(st.auth)
	request := login(1, "bob", "secret", attr(33, "p"))
	request = signed(request, shared)
	n.send(request)
	first := n.reply()
	n.send(append(bytes.Clone(request), 0, 0)) // padding is no difference
	if second := n.reply(); !bytes.Equal(first, second) {
		t.Errorf("first %x, second %x", first, second)
	}
	if len(st.asked) != 1 || st.Counters()["duplicate_answered"] != 1 {
		t.Errorf("%d logins", len(st.asked))
	}
}

func TestDUP1_WhatIsNoDuplicate(t *testing.T) {
	st := start(t, always(accept()), settings())
	n := st.nas(st.auth)
	request := login(1, "bob", "secret")
	n.ask(request)
	first := <-st.asked
	captured := sized(append(append(bytes.Clone(request[:20]), attr(1, "eve")...), request[25:]...))
	n.ask(captured) // the same identifier and authenticator under another name
	if req := <-st.asked; req.Username != "eve" || req.ID == first.ID {
		t.Errorf("request is %+v", req)
	}
	st.nas(st.auth).ask(request) // another source port
	if req := <-st.asked; req.Username != "bob" {
		t.Errorf("request is %+v", req)
	}
}

func TestDUP5_ReusedIdentifierNamesTheOlderExchanges(t *testing.T) {
	open := make(chan struct{})
	st := start(t, gated(open, auth.Verdict{Silent: true}), settings())
	n := st.nas(st.auth)
	n.send(login(1, "bob", "secret"))
	older := <-st.asked
	st.drops(n, "bad_authenticator", signed(login(1, "eve", "x"), "some other shared secret"))
	n.send(login(2, "bob", "secret"))
	if req := <-st.asked; req.Replaces != nil {
		t.Errorf("another identifier replaces %d", req.Replaces)
	}
	n.send(login(1, "bob", "secret"))
	newer := <-st.asked
	if !slices.Equal(newer.Replaces, []uint64{older.ID}) || older.Replaces != nil {
		t.Errorf("replaces %d, want %d", newer.Replaces, older.ID)
	}
	n.send(login(1, "bob", "secret"))
	if req := <-st.asked; !slices.Equal(req.Replaces, []uint64{newer.ID, older.ID}) {
		t.Errorf("the third replaces %d, want %d and %d", req.Replaces, newer.ID, older.ID)
	}
	close(open)
	await(t, "the end", func() bool { return st.InFlight() == 0 })
	n.send(login(1, "bob", "secret"))
	if req := <-st.asked; req.Replaces != nil {
		t.Errorf("an exchange that ended is replaced: %d", req.Replaces)
	}
	n.quiet()
}

func TestSilentVerdictStaysSilent(t *testing.T) {
	st := start(t, always(auth.Verdict{Silent: true, Reason: auth.PushTimeout}), settings())
	n := st.nas(st.auth)
	request := login(1, "bob", "secret")
	st.drops(n, "silenced", request)
	st.drops(n, "duplicate_answered", request)
	if len(st.asked) != 1 {
		t.Errorf("%d logins", len(st.asked))
	}
}

func TestDUP9_RejectDelay(t *testing.T) {
	const delay = 50 * time.Millisecond
	st := start(t, always(auth.Verdict{Reason: auth.Busy}), settings(func(s *radius.Settings) { s.RejectDelay = delay }))
	n := st.nas(st.auth)
	begun := time.Now()
	if got := n.ask(login(1, "bob", "secret")); got.Code != layeh.CodeAccessReject || message(got) != "Try again later." {
		t.Errorf("got %v %q", got.Code, message(got))
	}
	if took := time.Since(begun); took < delay {
		t.Errorf("the Reject left after %s", took)
	}
}

func TestDUP9_DelayedIsInFlightAndFlushed(t *testing.T) {
	st := start(t, always(auth.Verdict{Reason: auth.PolicyDenied}), settings(func(s *radius.Settings) { s.RejectDelay = 10 * time.Second }))
	n := st.nas(st.auth)
	request := login(1, "bob", "secret")
	n.send(request)
	await(t, "the verdict", func() bool { return st.Counters()["rejected"] == 1 })
	st.drops(n, "duplicate_dropped", request)
	st.stop() // does not wait ten seconds
	n.judge(n.reply(), request, shared)
}

func TestAcceptAttributes(t *testing.T) {
	timeout := func(seconds string) policy.Attribute {
		return policy.Attribute{Name: "Session-Timeout", Wire: attr(27, seconds)}
	}
	cases := []struct {
		name    string
		verdict auth.Verdict
		code    layeh.Code
		least   uint32 // of Session-Timeout; 0: there is none
		most    uint32
	}{
		{"plain", accept(), layeh.CodeAccessAccept, 0, 0},
		{"filter", auth.Verdict{Kind: auth.Accept, Reply: []policy.Attribute{{Wire: attr(11, "staff")}}}, layeh.CodeAccessAccept, 0, 0},
		{"until", auth.Verdict{Kind: auth.Accept, Until: time.Now().Add(time.Hour)}, layeh.CodeAccessAccept, 3500, 3600},
		{"configured", auth.Verdict{Kind: auth.Accept, Reply: []policy.Attribute{timeout("\x00\x00\x01\x00")}}, layeh.CodeAccessAccept, 256, 256},
		{"the_smaller_configured", auth.Verdict{Kind: auth.Accept, Until: time.Now().Add(time.Hour), Reply: []policy.Attribute{timeout("\x00\x00\x01\x00")}}, layeh.CodeAccessAccept, 256, 256},
		{"the_smaller_left", auth.Verdict{Kind: auth.Accept, Until: time.Now().Add(time.Hour), Reply: []policy.Attribute{timeout("\x00\x01\x00\x00")}}, layeh.CodeAccessAccept, 3500, 3600},
		{"over", auth.Verdict{Kind: auth.Accept, Until: time.Now()}, layeh.CodeAccessReject, 0, 0},
		{"unsound", auth.Verdict{Kind: auth.Accept, Reply: []policy.Attribute{{Wire: []byte{11, 9, 'x'}}}}, layeh.CodeAccessReject, 0, 0},
		{"reserved", auth.Verdict{Kind: auth.Accept, Reply: []policy.Attribute{{Wire: attr(80, "0123456789abcdef")}}}, layeh.CodeAccessReject, 0, 0},
		{"too_large", auth.Verdict{Kind: auth.Accept, Reply: []policy.Attribute{{Wire: bytes.Repeat(attr(18, strings.Repeat("x", 253)), 16)}}}, layeh.CodeAccessReject, 0, 0},
		{"challenge_is_none", auth.Verdict{Kind: auth.Challenge}, layeh.CodeAccessReject, 0, 0},
		{"zero_rejects", auth.Verdict{}, layeh.CodeAccessReject, 0, 0},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			st := start(t, always(c.verdict), settings())
			got := st.nas(st.auth).ask(login(1, "bob", "secret"))
			if got.Code != c.code {
				t.Fatalf("got %v, want %v", got.Code, c.code)
			}
			seconds := sessionTimeouts(got)
			switch {
			case c.most == 0 && len(seconds) == 0:
			case len(seconds) != 1 || seconds[0] < c.least || seconds[0] > c.most:
				t.Errorf("Session-Timeout is %v, want %d to %d", seconds, c.least, c.most)
			}
		})
	}
}

func sessionTimeouts(p *layeh.Packet) (seconds []uint32) {
	for _, a := range p.Attributes {
		if a.Type == 27 {
			n, _ := layeh.Integer(a.Attribute)
			seconds = append(seconds, n)
		}
	}
	return seconds
}

func TestRejectWithoutRoom(t *testing.T) {
	st := start(t, always(auth.Verdict{}), settings(optional))
	n := st.nas(st.auth)
	fill := func(octets int) []byte { // Proxy-State of so many octets in all
		out := bytes.Repeat(attr(33, strings.Repeat("p", 253)), octets/255)
		return append(out, attr(33, strings.Repeat("q", octets%255-2))...)
	}
	password := attr(2, strings.Repeat("x", 16))
	cases := []struct {
		name    string
		raw     []byte
		message string
		proxied bool
	}{
		{"with_the_sentence", raw(1, 1, password, fill(4000)), "Try again later.", true},
		{"without_the_sentence", raw(1, 2, password, fill(4050)), "", true},
		{"without_Proxy_State", raw(1, 3, attr(2, ""), fill(4070)), "", false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := n.ask(c.raw)
			if got.Code != layeh.CodeAccessReject || message(got) != c.message || (got.Get(33) != nil) != c.proxied {
				t.Errorf("got %v %q with %d attributes", got.Code, message(got), len(got.Attributes))
			}
		})
	}
}

func TestADM6_PanicCostsOneRequest(t *testing.T) {
	st := start(t, func(_ context.Context, req auth.Request) auth.Verdict {
		if req.Username == "canary-user" {
			panic("canary-text " + req.Password.Reveal())
		}
		return accept()
	}, settings())
	n := st.nas(st.auth)
	request := login(1, "canary-user", "canary-password")
	st.drops(n, "panics", request)
	await(t, "its end", func() bool { return st.InFlight() == 0 })
	st.drops(n, "duplicate_answered", request) // silence, no second login
	n.ask(login(2, "bob", "secret"))
	if log := st.logged(); strings.Contains(log, "canary") || !strings.Contains(log, "panicked") {
		t.Errorf("log is %s", log)
	}
}

func TestPAP6_CanariesAppearNowhere(t *testing.T) {
	st := start(t, always(auth.Verdict{Reason: auth.BadPassword}), settings())
	n, a := st.nas(st.auth), st.nas(st.acct)
	const canary = "canary-password"
	n.ask(login(1, "bob", canary))
	n.ask(login(2, "bob", canary, attr(24, "canary-state")))
	st.drops(n, "bad_authenticator", signed(login(3, "bob", canary), "canary-secret"))
	st.drops(n, "malformed", login(4, "bob", canary)[:30])
	a.ask(accounting(raw(4, 5, attr(1, canary), attr(40, "\x00\x00\x00\x01")), shared))
	st.stop()
	for _, word := range []string{"canary", shared, newer} {
		if strings.Contains(st.logged(), word) {
			t.Errorf("the log shows %q: %s", word, st.logged())
		}
	}
}

func TestOVL1_CloseWaitsForLogins(t *testing.T) {
	open := make(chan struct{})
	st := start(t, gated(open, accept()), settings())
	n := st.nas(st.auth)
	request := login(1, "bob", "secret")
	n.send(request)
	<-st.asked
	st.Drain()
	st.drops(n, "duplicate_dropped", request) // retries are still read
	closed := make(chan error, 1)
	go func() { closed <- st.Close(context.Background()) }()
	close(open)
	if err := <-closed; err != nil {
		t.Error(err)
	}
	n.judge(n.reply(), request, shared)
}

func TestOVL1_CloseIsBounded(t *testing.T) {
	st := start(t, gated(nil, accept()), settings())
	n := st.nas(st.auth)
	request := login(1, "bob", "secret")
	n.send(request)
	<-st.asked
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := st.Close(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v", err)
	}
	if got := n.judge(n.reply(), request, shared); message(got) != "Try again later." {
		t.Errorf("got %q", message(got))
	}
}
