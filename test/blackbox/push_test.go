package blackbox_test

import (
	"testing"
	"time"

	"ivalt-radius/ivalt/ivalttest"
	"ivalt-radius/test/blackbox"
)

const password = "correct horse battery staple"

// accepted fails the test unless the reply lets the person in.
func accepted(t *testing.T, reply blackbox.Reply) {
	t.Helper()
	if reply.Code != blackbox.AccessAccept || reply.Message != "Access granted." {
		t.Errorf("code %d, %q; want an Access-Accept", reply.Code, reply.Message)
	}
}

// rejected fails the test unless the reply refuses with the sentence.
func rejected(t *testing.T, reply blackbox.Reply, sentence string) {
	t.Helper()
	if reply.Code != blackbox.AccessReject || reply.Message != sentence {
		t.Errorf("code %d, %q; want an Access-Reject with %q", reply.Code, reply.Message, sentence)
	}
}

// way is one way in which a gateway repeats a login. from opens another socket on one of the gateway's addresses.
type way struct {
	name  string
	after time.Duration // when the person approves
	run   func(t *testing.T, w ways)
}

// ways is what a way has to work with.
type ways struct {
	site *blackbox.Site
	user string
}

func (w ways) from(t *testing.T, source string) *blackbox.NAS {
	t.Helper()
	return blackbox.NewNAS(t, source, w.site.Authentication(), blackbox.Secret)
}

func (w ways) login(id byte) blackbox.Login {
	return blackbox.Login{User: w.user, Password: password, CallingStation: "198.51.100.7", ID: id}
}

// TestOnePushPerLogin: whatever a gateway does to one login, the phone rings once, and every copy that waits is answered.
func TestOnePushPerLogin(t *testing.T) {
	t.Parallel()
	site := blackbox.NewSite(t)
	site.Start(t)
	for _, c := range []way{
		{"same-packet-10-times-in-10-s", 9 * time.Second, samePacketTenTimes},
		{"same-packet-after-the-answer", time.Second, samePacketAfterTheAnswer},
		{"new-identifier", time.Second, newIdentifier},
		{"new-source-port", time.Second, newSourcePort},
		{"new-authenticator", time.Second, newAuthenticator},
		{"3-identifiers-over-2-addresses", 2 * time.Second, threeOverTwo},
		{"newest-copy-after-the-accept", time.Second, copyAfterTheAccept},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			site.Enrol(c.name, ivalttest.Approve, c.after)
			c.run(t, ways{site: site, user: c.name})
			if n := site.Pushes(c.name); n != 1 {
				t.Errorf("%d pushes, want 1", n)
			}
		})
	}
}

func samePacketTenTimes(t *testing.T, w ways) {
	t.Helper()
	nas := w.from(t, blackbox.Source)
	r := nas.Request(w.login(1))
	second := time.NewTicker(time.Second)
	defer second.Stop()
	for range 10 {
		nas.Send(r)
		<-second.C
	}
	accepted(t, nas.Answer(t, r))
	nas.Silent(t, r, 500*time.Millisecond) // the duplicates of a waiting request have no answer of their own
}

func samePacketAfterTheAnswer(t *testing.T, w ways) {
	t.Helper()
	nas := w.from(t, blackbox.Source)
	r := nas.Request(w.login(2))
	nas.Send(r)
	first := nas.Answer(t, r)
	accepted(t, first)
	for range 3 {
		nas.Send(r)
		if again := nas.Answer(t, r); string(again.Bytes) != string(first.Bytes) {
			t.Error("the second answer is not the first one's bytes")
		}
	}
}

func newIdentifier(t *testing.T, w ways) {
	t.Helper()
	nas := w.from(t, blackbox.Source)
	one, two := nas.Request(w.login(3)), nas.Request(w.login(4))
	nas.Send(one)
	nas.Send(two)
	accepted(t, nas.Answer(t, one))
	accepted(t, nas.Answer(t, two))
}

// newSourcePort is OpenVPN's RADIUS plug-in: the same identifier, a new authenticator, a new port.
func newSourcePort(t *testing.T, w ways) {
	t.Helper()
	a, b := w.from(t, blackbox.Source), w.from(t, blackbox.Source)
	one, two := a.Request(w.login(5)), b.Request(w.login(5))
	a.Send(one)
	b.Send(two)
	accepted(t, a.Answer(t, one))
	accepted(t, b.Answer(t, two))
}

// newAuthenticator reuses port and identifier: the copy joins the login, and the answer that the gateway still listens for is
// the newer one's.
func newAuthenticator(t *testing.T, w ways) {
	t.Helper()
	nas := w.from(t, blackbox.Source)
	nas.Send(nas.Request(w.login(6)))
	two := nas.Request(w.login(6))
	nas.Send(two)
	accepted(t, nas.Answer(t, two))
}

func threeOverTwo(t *testing.T, w ways) {
	t.Helper()
	type ask struct {
		nas *blackbox.NAS
		r   blackbox.Request
	}
	a, b := w.from(t, blackbox.Source), w.from(t, blackbox.Second)
	asks := []ask{{a, a.Request(w.login(7))}, {b, b.Request(w.login(8))}, {a, a.Request(w.login(9))}}
	for range 3 {
		for _, ask := range asks {
			ask.nas.Send(ask.r)
		}
	}
	for _, ask := range asks {
		accepted(t, ask.nas.Answer(t, ask.r))
	}
}

// copyAfterTheAccept: a gateway may listen on its newest port alone, so a fresh Accept stays joinable.
func copyAfterTheAccept(t *testing.T, w ways) {
	t.Helper()
	accepted(t, w.from(t, blackbox.Source).Login(t, w.login(10)))
	accepted(t, w.from(t, blackbox.Source).Login(t, w.login(11)))
}
