package radius_test

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	layeh "layeh.com/radius"
	"layeh.com/radius/vendors/microsoft"

	"ivalt-radius/auth"
	"ivalt-radius/policy"
	"ivalt-radius/radius"
	"ivalt-radius/secret"
)

// choosing challenges a login without State, and lets in whoever brings the State and an answer.
func choosing(_ context.Context, req auth.Request) auth.Verdict {
	switch {
	case req.State == nil:
		return auth.Verdict{Kind: auth.Challenge, State: "0123456789abcdef", Message: "Which phone?"}
	case string(req.State) == "0123456789abcdef" && req.Password.Reveal() == "2":
		return accept()
	}
	return auth.Verdict{Reason: auth.BadRequest}
}

// TestA7_Conversation: a challenge, its answer under a new identifier, and a State that answers nothing.
func TestA7_Conversation(t *testing.T) {
	st := start(t, choosing, settings(optional))
	n := st.nas(st.auth)
	asked := n.ask(login(1, "bob", "secret", attr(33, "p")))
	if asked.Code != layeh.CodeAccessChallenge || message(asked) != "Which phone?" || string(asked.Get(33)) != "p" {
		t.Fatalf("got %v %q", asked.Code, message(asked))
	}
	if got := n.ask(login(2, "bob", "2", attr(24, string(asked.Get(24))))); got.Code != layeh.CodeAccessAccept {
		t.Errorf("the answer gets %v", got.Code)
	}
	if got := n.ask(login(3, "bob", "2", attr(24, "foreign"))); got.Code != layeh.CodeAccessReject {
		t.Errorf("a foreign State gets %v", got.Code)
	}
	if c := st.Counters(); c["challenged"] != 1 || c["accepted"] != 1 || c["rejected"] != 1 {
		t.Errorf("counters are %v", c)
	}
}

// TestA7_EmptyAnswer: a person who only presses Enter sends sixteen octets of padding.
func TestA7_EmptyAnswer(t *testing.T) {
	st := start(t, always(accept()), settings())
	st.nas(st.auth).ask(login(1, "bob", "", attr(24, "s")))
	if req := <-st.asked; req.Defect != "" || !req.Password.Empty() || req.Method != auth.PAP || string(req.State) != "s" {
		t.Errorf("request is %+v", req)
	}
}

// TestDUP3_ChallengeAnsweredAgain: a challenge is remembered as every reply is, and made once.
func TestDUP3_ChallengeAnsweredAgain(t *testing.T) {
	st := start(t, choosing, settings())
	n := st.nas(st.auth)
	request := signed(login(1, "bob", "secret"), shared)
	n.send(request)
	first := n.reply()
	n.send(request)
	if second := n.reply(); !bytes.Equal(first, second) || first[0] != 11 {
		t.Errorf("first %x, second %x", first, second)
	}
	if len(st.asked) != 1 || st.Counters()["duplicate_answered"] != 1 {
		t.Errorf("%d logins", len(st.asked))
	}
}

// TestDUP3_RandomOctetsAreKept: sealed values and the challenge of an MS-CHAP-Error are random, and a duplicate gets the
// same all the same.
func TestDUP3_RandomOctetsAreKept(t *testing.T) {
	tunnel := policy.Attribute{Name: "Tunnel-Password", Sealed: secret.New("\x45\x0d\x01passphrase")}
	for name, v := range map[string]auth.Verdict{
		"accept": {Kind: auth.Accept, Reply: []policy.Attribute{tunnel}}, "reject": {Reason: auth.BadPassword},
	} {
		t.Run(name, func(t *testing.T) {
			st := start(t, always(v), settings(optional))
			n := st.nas(st.auth)
			request := mschapv2(1)
			n.send(request)
			first := n.reply()
			n.judge(first, request, shared)
			n.send(request)
			if second := n.reply(); !bytes.Equal(first, second) {
				t.Errorf("first %x, second %x", first, second)
			}
			again := mschapv2(2)
			n.send(again)
			if other := n.reply(); bytes.Equal(first[38:], other[38:]) {
				t.Error("another login's reply has the same random octets")
			}
		})
	}
}

// TestDUP9_ChallengesAreNotDelayed: reject_delay is for Rejects alone, and for a challenge that cannot be made.
func TestDUP9_ChallengesAreNotDelayed(t *testing.T) {
	st := start(t, func(_ context.Context, req auth.Request) auth.Verdict {
		return auth.Verdict{Kind: auth.Challenge, State: req.Username, Message: "canary-message"}
	}, settings(func(s *radius.Settings) { s.RejectDelay = 10 * time.Second }))
	n := st.nas(st.auth)
	if got := n.ask(login(1, "s", "secret")); got.Code != layeh.CodeAccessChallenge {
		t.Errorf("got %v", got.Code)
	}
	n.send(login(2, "", "secret")) // no State: a Reject, which is held back
	await(t, "the Reject", func() bool { return st.Counters()["rejected"] == 1 })
	n.quiet()
	if c := st.Counters(); c["challenged"] != 1 || c["reply_unfit"] != 1 {
		t.Errorf("counters are %v", c)
	}
	if log := st.logged(); !strings.Contains(log, "the reply cannot be made") || !strings.Contains(log, `"verdict":"challenge"`) || strings.Contains(log, "canary") {
		t.Errorf("log is %s", log)
	}
}

// TestCHP2_RejectNamesTheRequestsIdentifier: and only that of an MS-CHAPv2 login.
func TestCHP2_RejectNamesTheRequestsIdentifier(t *testing.T) {
	st := start(t, always(auth.Verdict{Reason: auth.BadPassword}), settings(optional))
	n := st.nas(st.auth)
	if got := microsoft.MSCHAPError_GetString(n.ask(mschapv2(1))); !strings.HasPrefix(got, "mE=691 R=0 C=") {
		t.Errorf("MS-CHAP-Error is %q", got)
	}
	if got := microsoft.MSCHAPError_GetString(n.ask(login(2, "bob", "secret"))); got != "" {
		t.Errorf("MS-CHAP-Error is %q", got)
	}
}
