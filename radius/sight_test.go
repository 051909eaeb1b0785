package radius_test

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"ivalt-radius/audit"
	"ivalt-radius/auth"
	"ivalt-radius/radius"
	"ivalt-radius/radius/sighting"
	"ivalt-radius/state/statetest"
)

// enforcing has keys enforced by hand.
func enforcing(keys ...string) func(*radius.Deps) {
	m := &memory{keys: map[string]bool{}}
	for _, k := range keys {
		m.Learn(k)
	}
	return func(d *radius.Deps) { d.Enforced = m }
}

func sightedBy(b *sighting.Book) func(*radius.Deps) {
	return func(d *radius.Deps) { d.Sightings = b }
}

// seen is what is known of this machine's address.
func seen(b *sighting.Book) sighting.Sighting {
	s, _ := b.Find(sighting.PeerOf("vpn", netip.MustParseAddr("127.0.0.1")))
	return s
}

// TestMA_EnforcedByHand: whatever the policy allows, and with the remedy in the log.
func TestMA_EnforcedByHand(t *testing.T) {
	const forget = "clients forget --client vpn"
	one := radius.LearnedKey("vpn", netip.MustParseAddr("127.0.0.1"))
	for _, c := range []struct {
		name, policy, key string
		refused           bool
		remedy            string
	}{
		{"optional, the address", "optional", one, true, forget + " --address 127.0.0.1"},
		{"auto, the address", "auto", one, true, forget + " --address 127.0.0.1"},
		{"required, the address", "required", one, true, "have the NAS send Message-Authenticator"},
		{"optional, the client", "optional", radius.EnforcedKey("vpn"), true, forget + `"`},
		{"auto, the client", "auto", radius.EnforcedKey("vpn"), true, forget + `"`},
		{"optional, another address", "optional", radius.LearnedKey("vpn", netip.MustParseAddr("127.0.0.9")), false, ""},
		{"optional, another client", "optional", radius.EnforcedKey("lan"), false, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			st := start(t, always(accept()), settings(client(func(s *radius.ClientSettings) { s.MessageAuthenticator = c.policy })), enforcing(c.key))
			n := st.nas(st.auth)
			if !c.refused {
				n.ask(login(1, "bob", "secret"))
				return
			}
			st.drops(n, "missing_message_authenticator", login(1, "bob", "secret"))
			await(t, c.remedy, func() bool { return strings.Contains(st.logged(), c.remedy) })
			n.ask(signed(login(2, "bob", "secret"), shared))
		})
	}
}

// TestSightings: what each packet showed, under each policy, and how its login ended.
func TestSightings(t *testing.T) {
	plain, good := login(1, "bob", "secret"), signed(login(2, "bob", "secret"), shared)
	eap := signed(raw(1, 3, attr(1, "bob"), attr(79, "e")), shared)
	forged := signed(login(4, "bob", "secret"), "some other shared secret")
	for _, c := range []struct {
		policy, packets                   string
		signed, unsigned, refused, forged uint64
		row, logins                       uint64
	}{
		{"optional", "sspfe", 3, 1, 0, 1, 0, 4},
		{"optional", "pssef", 3, 1, 0, 1, 2, 4},
		{"auto", "psspf", 2, 1, 1, 1, 0, 3},
		{"required", "pspsf", 2, 0, 2, 1, 1, 2},
	} {
		t.Run(c.policy+"_"+c.packets, func(t *testing.T) {
			b := sighting.New()
			st := start(t, always(accept()), settings(client(func(s *radius.ClientSettings) { s.MessageAuthenticator = c.policy })), sightedBy(b))
			n := st.nas(st.auth)
			for i, p := range c.packets {
				packet := map[rune][]byte{'p': plain, 's': good, 'e': eap, 'f': forged}[p]
				before := answeredOrDropped(st)
				n.send(packet)
				await(t, fmt.Sprintf("packet %d", i), func() bool { return answeredOrDropped(st) > before })
			}
			s := seen(b)
			if s.Signed.Count != c.signed || s.Unsigned.Count != c.unsigned || s.Refused.Count != c.refused || s.Forged.Count != c.forged || s.InRow != c.row {
				t.Errorf("%+v", s)
			}
			if got := st.Counters()["accepted"]; s.Accepted != got {
				t.Errorf("%d accepted, %d are counted", got, s.Accepted)
			}
		})
	}
}

// answeredOrDropped is how many packets came to an end.
func answeredOrDropped(st *stage) (n uint64) {
	c := st.Counters()
	for _, name := range []string{"accepted", "duplicate_answered", "missing_message_authenticator", "bad_authenticator"} {
		n += c[name]
	}
	return n
}

// TestPatienceIsLearned from a NAS that asks every 3 s and gives up after 10 s, on a clock of its own.
func TestPatienceIsLearned(t *testing.T) {
	clock := statetest.NewClock(time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC))
	b := sighting.New()
	end := make(chan auth.Verdict)
	st := start(t, func(context.Context, auth.Request) auth.Verdict { return <-end }, settings(), sightedBy(b), func(d *radius.Deps) { d.Now = clock.Now })
	n := st.nas(st.auth)
	one := func(id byte, verdict auth.Verdict, after time.Duration) {
		t.Helper()
		request, begun := signed(login(id, "bob", "secret"), shared), clock.Now()
		copies := st.Counters()["duplicate_dropped"]
		n.send(request)
		<-st.asked
		for i := uint64(1); i <= 3; i++ { // at 3, 6 and 9 s
			clock.Pass(3 * time.Second)
			n.send(request)
			await(t, "a copy", func() bool { return st.Counters()["duplicate_dropped"] == copies+i })
		}
		if w := st.Waiting(); w[sighting.PeerOf("vpn", netip.MustParseAddr("127.0.0.1"))] != 1 {
			t.Errorf("waiting: %v", w)
		}
		clock.Pass(begun.Add(after).Sub(clock.Now()))
		end <- verdict
		n.judge(n.reply(), request, shared)
	}
	one(1, auth.Verdict{Attempt: "a", Reason: auth.PushTimeout}, 55*time.Second)
	approved := accept()
	approved.Attempt = "b"
	one(2, approved, 11*time.Second)
	approved.Attempt = "c"
	one(3, approved, 30*time.Second)
	await(t, "three logins", func() bool { s := seen(b); return s.Accepted+s.Rejected == 3 })
	s := seen(b)
	if s.Interval != (sighting.Estimate{Time: 3 * time.Second, Logins: 3}) || s.Patience != (sighting.Estimate{Time: 12 * time.Second, Logins: 2}) {
		t.Errorf("interval %v, patience %v", s.Interval, s.Patience)
	}
	if s.Approvals != 2 || s.Late != 1 || s.Rejected != 1 || s.Signed.Count != 12 || len(st.Waiting()) != 0 {
		t.Errorf("%+v, waiting %v", s, st.Waiting())
	}
	b.Heed(audit.Security{Event: "late_approval", Attempt: "a"})
	if s := seen(b); s.Late != 2 || s.Approvals != 3 {
		t.Errorf("%d of %d are late", s.Late, s.Approvals)
	}
}

// TestACopyIsNoLogin: what joined another login has no end of its own, nor has a copy that was not answered.
func TestACopyIsNoLogin(t *testing.T) {
	b := sighting.New()
	var first *auth.Request
	var mu sync.Mutex
	st := start(t, func(_ context.Context, req auth.Request) auth.Verdict {
		mu.Lock()
		defer mu.Unlock()
		switch {
		case req.Username == "unjudged":
			return auth.Verdict{Silent: true, Reason: auth.Busy}
		case first == nil:
			first = &req
		default:
			req.Heard.Join(first.Heard)
		}
		return accept()
	}, settings(), sightedBy(b))
	n := st.nas(st.auth)
	n.ask(login(1, "bob", "secret"))
	n.ask(login(2, "bob", "secret"))
	n.send(login(3, "unjudged", "secret"))
	await(t, "silence", func() bool { return st.Counters()["silenced"] == 1 })
	if s := seen(b); s.Accepted != 1 || s.Unanswered != 0 || s.Unsigned.Count != 3 {
		t.Errorf("%+v", s)
	}
}

// TestDropsAreTold: who wants to know hears the counter's word, the client and the address of each packet that gets no answer.
func TestDropsAreTold(t *testing.T) {
	var mu sync.Mutex
	var told []string
	hook := func(d *radius.Deps) {
		d.Dropped = func(cause, client string, from netip.Addr) {
			mu.Lock()
			defer mu.Unlock()
			told = append(told, cause+" "+client+" "+from.String())
		}
	}
	b := sighting.New()
	st := start(t, always(accept()), settings(client(func(s *radius.ClientSettings) {
		s.Networks, s.MessageAuthenticator = []string{"127.0.0.1/32"}, "required"
	})), hook, sightedBy(b))
	n, stranger := st.nas(st.auth), dial(t, netip.MustParseAddrPort("127.0.0.9:0"), st.auth)
	st.drops(stranger, "unknown_client", login(1, "bob", "secret"))
	st.drops(n, "missing_message_authenticator", login(2, "bob", "secret"))
	st.drops(n, "bad_authenticator", signed(login(3, "bob", "secret"), "some other shared secret"))
	st.drops(n, "malformed", []byte{1})
	st.drops(n, "wrong_code", raw(2, 1))
	n.ask(signed(login(4, "bob", "secret"), shared))
	want := "unknown_client  127.0.0.9, missing_message_authenticator vpn 127.0.0.1, bad_authenticator vpn 127.0.0.1, malformed vpn 127.0.0.1, wrong_code vpn 127.0.0.1"
	await(t, want, func() bool {
		mu.Lock()
		defer mu.Unlock()
		return len(told) >= 5
	})
	mu.Lock()
	defer mu.Unlock()
	if got := strings.Join(told, ", "); got != want {
		t.Errorf("told: %s", got)
	}
	if s := b.Strangers(10); len(s) != 1 || s[0].Address.String() != "127.0.0.9" || s[0].Packets != 1 {
		t.Errorf("strangers: %v", s)
	}
}
