//go:build interop

package interop_test

import (
	"bytes"
	"crypto/md5" //nolint:gosec // RFC 2865 section 5.3
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"layeh.com/radius/rfc2759"

	"ivalt-radius/auth"
	"ivalt-radius/directory/mschap"
	"ivalt-radius/directory/upstream"
	"ivalt-radius/radius/attribute"
	"ivalt-radius/secret"
)

// dictionary is the server's own.
type dictionary struct{}

func (dictionary) Known(name string) bool {
	return slices.ContainsFunc(attribute.Names(), func(n string) bool { return strings.EqualFold(n, name) })
}

func (dictionary) Describe(typ byte, value []byte) (all []upstream.Named) {
	for _, d := range attribute.Describe(typ, value) {
		all = append(all, upstream.Named{Name: d.Name, Value: d.Value})
	}
	return all
}

// asker asks upstream servers, under a clock of its own for what is set aside.
type asker struct {
	*upstream.Source

	past atomic.Int64
}

func newAsker(t *testing.T, timeout time.Duration, addresses ...string) *asker {
	t.Helper()
	a := &asker{}
	s := upstream.Settings{
		Timeout: timeout, Tries: 2, Attributes: []string{"Class", "Filter-Id", "Cisco-AVPair"},
		Now: func() time.Time { return time.Now().Add(time.Duration(a.past.Load())) },
	}
	for _, address := range addresses {
		s.Servers = append(s.Servers, upstream.Server{Address: address, Secret: secret.New(upstreamSecret)})
	}
	source, faults := upstream.New(s, dictionary{})
	if source == nil {
		t.Fatal(faults)
	}
	a.Source = source
	return a
}

// later lets half a minute and more go by.
func (a *asker) later() { a.past.Add(int64(31 * time.Second)) }

// alice is a login of hers, by one of the methods.
func alice(t *testing.T, method auth.Method, name, password string) (auth.Subject, *auth.Request) {
	t.Helper()
	user, err := auth.ParseUsername(name)
	if err != nil {
		t.Fatal(err)
	}
	req := &auth.Request{Username: name, Method: method, CallingStation: "198.51.100.11"}
	challenge, peer := []byte("0123456789abcdef"), []byte("fedcba9876543210")
	switch method {
	case auth.CHAP:
		digest := md5.Sum([]byte("\x07" + password + string(challenge))) //nolint:gosec // RFC 2865 section 5.3
		req.Handshake = auth.Handshake{Challenge: challenge, Response: append([]byte{7}, digest[:]...)}
	case auth.MSCHAPv2:
		proof, err := rfc2759.GenerateNTResponse(challenge, peer, []byte(name), []byte(password))
		if err != nil {
			t.Fatal(err)
		}
		response := slices.Concat([]byte{9, 0}, peer, make([]byte, 8), proof)
		req.Handshake = auth.Handshake{Challenge: challenge, Response: response}
	case auth.PAP, auth.MSCHAP, auth.EAP, auth.NoCredential:
		req.Password = secret.New(password)
	}
	return auth.Subject{User: user}, req
}

// answered logs alice in by PAP and says whose Class came back.
func (a *asker) answered(t *testing.T) (class string, err error) {
	t.Helper()
	subject, req := alice(t, auth.PAP, "alice", password)
	checked, err := a.Verify(t.Context(), subject, req)
	if err != nil {
		return "", err
	}
	if !checked.Password || len(checked.Reply) == 0 {
		t.Fatalf("accepted with %v, %v", checked.Password, checked.Reply)
	}
	return checked.Reply[0].Value, nil
}

func (a *asker) expect(t *testing.T, when, class string) {
	t.Helper()
	if got, err := a.answered(t); err != nil || got != class {
		t.Errorf("%s: %q answered, %v; want %q", when, got, err, class)
	}
}

// TestUpstream_Methods: each method against FreeRADIUS, right and wrong. How long FreeRADIUS takes for an unknown person and for a wrong
// password is its own, and nothing of ours evens it out but reject_delay.
func TestUpstream_Methods(t *testing.T) {
	t.Parallel()
	server := newFreeRADIUS(t, "staff", signedAnswers)
	for name, method := range map[string]auth.Method{"PAP": auth.PAP, "CHAP": auth.CHAP, "MS-CHAPv2": auth.MSCHAPv2} {
		for _, c := range []struct {
			name, user, password string
			err                  error
		}{
			{"right", "alice", password, nil},
			{"wrong password", "alice", password + "x", auth.ErrBadPassword},
			{"unknown person", "mallory", password, auth.ErrBadPassword},
		} {
			t.Run(name+", "+c.name, func(t *testing.T) {
				subject, req := alice(t, method, c.user, c.password)
				checked, err := newAsker(t, 5*time.Second, server.address()).Verify(t.Context(), subject, req)
				if !errors.Is(err, c.err) || checked.Password != (c.err == nil) {
					t.Fatalf("%v, %v, want %v", checked.Password, err, c.err)
				}
				if c.err != nil {
					return
				}
				passed(t, checked)
				if method == auth.MSCHAPv2 {
					proved(t, checked.MSCHAP, req)
				}
			})
		}
	}
}

// passed: what the list names came through, and nothing else.
func passed(t *testing.T, checked auth.Checked) {
	t.Helper()
	var got []string
	for _, a := range checked.Reply {
		got = append(got, fmt.Sprintf("%s=%s", a.Name, a.Value))
	}
	slices.Sort(got)
	want := "Cisco-AVPair=ip:inacl#1=permit ip any any Cisco-AVPair=shell:priv-lvl=15 Class=staff Filter-Id=vpn-users"
	if strings.Join(got, " ") != want {
		t.Errorf("these came through: %q", got)
	}
}

// proved: FreeRADIUS's proof and keys are those that we would make of the NT hash, in the same sense of send and receive.
func proved(t *testing.T, got auth.MSCHAPSuccess, req *auth.Request) {
	t.Helper()
	want, err := mschap.Verify(mschap.HashOf(secret.New(password)), mschap.Names("alice"), req.Handshake)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Success, want.Success) {
		t.Errorf("MS-CHAP2-Success is %q, ours would be %q", got.Success, want.Success)
	}
	if !got.SendKey.Equal(want.SendKey) || !got.RecvKey.Equal(want.RecvKey) || got.SendKey.Len() != 16 {
		t.Error("the MPPE keys are others than ours would be")
	}
}

// TestUpstream_WithoutMessageAuthenticator: Debian's FreeRADIUS as it comes sends none, and is not believed; the error says what to do.
func TestUpstream_WithoutMessageAuthenticator(t *testing.T) {
	t.Parallel()
	server := newFreeRADIUS(t, "staff", unsignedAnswers)
	_, err := newAsker(t, 500*time.Millisecond, server.address()).answered(t)
	if err == nil || errors.Is(err, auth.ErrBadPassword) || !strings.Contains(err.Error(), "without Message-Authenticator") {
		t.Errorf("error is %v", err)
	}
}

// TestUpstream_Stopped: the first server dies as by a power cut, the second answers at once, and the first one's return is noticed.
func TestUpstream_Stopped(t *testing.T) {
	t.Parallel()
	first, second := newFreeRADIUS(t, "first", signedAnswers), newFreeRADIUS(t, "second", signedAnswers)
	a := newAsker(t, 5*time.Second, first.address(), second.address())
	a.expect(t, "both run", "first")
	first.kill(t)
	a.expect(t, "the first is dead", "second")
	second.kill(t)
	if _, err := a.answered(t); err == nil || errors.Is(err, auth.ErrBadPassword) {
		t.Errorf("both dead: %v", err)
	}
	first.start(t)
	a.expect(t, "the first is back, and all are set aside", "first")
	second.start(t)
	a.expect(t, "both are back", "first")
}

// TestUpstream_Slowed: the first server hangs, with its port open, in the middle of a login and behind it.
func TestUpstream_Slowed(t *testing.T) {
	t.Parallel()
	first, second := newFreeRADIUS(t, "first", signedAnswers), newFreeRADIUS(t, "second", signedAnswers)
	a := newAsker(t, time.Second, first.address(), second.address())
	first.signal(t, syscall.SIGSTOP)
	a.expect(t, "the first hangs", "second")
	first.signal(t, syscall.SIGCONT)
	a.expect(t, "the first is set aside", "second")
	a.later()
	a.expect(t, "the first is asked again", "first")
}

// TestUpstream_DiesInMidLogin: the first server has the request and dies before it answers.
func TestUpstream_DiesInMidLogin(t *testing.T) {
	t.Parallel()
	first, second := newFreeRADIUS(t, "first", signedAnswers), newFreeRADIUS(t, "second", signedAnswers)
	first.signal(t, syscall.SIGSTOP)
	way := newRelay(t, first.address())
	dead := make(chan struct{})
	way.asked = func() {
		_ = first.cmd.Process.Kill()
		close(dead)
		way.asked = func() {}
	}
	newAsker(t, time.Second, way.conn.LocalAddr().String(), second.address()).expect(t, "the first dies", "second")
	<-dead
}

// relay stands before a server and drops as many of its answers as it is told.
type relay struct {
	conn  net.PacketConn
	drop  atomic.Int32
	asked func() // called for each request, once it is handed on
}

func newRelay(t *testing.T, server string) *relay {
	t.Helper()
	conn, err := new(net.ListenConfig).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	to, err := net.ResolveUDPAddr("udp", server)
	if err != nil {
		t.Fatal(err)
	}
	r := &relay{conn: conn, asked: func() {}}
	done := make(chan struct{})
	go func() {
		defer close(done)
		r.run(to)
	}()
	t.Cleanup(func() {
		_ = conn.Close()
		<-done
	})
	return r
}

// run hands on what comes, to the server or to the last port that asked. One login at a time asks through it.
func (r *relay) run(server net.Addr) {
	var client net.Addr
	buffer := make([]byte, 4096)
	for {
		n, from, err := r.conn.ReadFrom(buffer)
		switch {
		case err != nil:
			return
		case from.String() != server.String():
			client = from
			_, _ = r.conn.WriteTo(buffer[:n], server)
			r.asked()
		case r.drop.Add(-1) >= 0:
		default:
			_, _ = r.conn.WriteTo(buffer[:n], client)
		}
	}
}

// TestUpstream_CutOff: the way back is cut in the middle of a login. A lost answer is had again by the retry, since it is the same packet;
// one that never comes sends the login to the next server.
func TestUpstream_CutOff(t *testing.T) {
	t.Parallel()
	first, second := newFreeRADIUS(t, "first", signedAnswers), newFreeRADIUS(t, "second", signedAnswers)
	way := newRelay(t, first.address())
	a := newAsker(t, time.Second, way.conn.LocalAddr().String(), second.address())
	a.expect(t, "the way is open", "first")
	way.drop.Store(1)
	a.expect(t, "one answer is lost", "first")
	way.drop.Store(1000)
	a.expect(t, "all answers are lost", "second")
	way.drop.Store(0)
	a.later()
	a.expect(t, "the way is open again", "first")
}
