package radiustest

import (
	"bytes"
	"context"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"layeh.com/radius"
	"layeh.com/radius/rfc2759"
	"layeh.com/radius/rfc2865"
	"layeh.com/radius/rfc2866"
	"layeh.com/radius/rfc2869"
	"layeh.com/radius/vendors/microsoft"

	"ivalt-radius/secret"
)

var alice = Credentials{User: "alice", Password: secret.New("a long password of alice"), CallingStation: "203.0.113.9"} //nolint:gochecknoglobals // never written

func TestLoginVerdicts(t *testing.T) {
	for _, want := range []Code{AccessAccept, AccessReject, AccessChallenge} {
		t.Run(want.String(), func(t *testing.T) {
			s := serve(t, func(d datagram, _ int) [][]byte {
				return [][]byte{reply(d.octets, radius.Code(want), func(p *radius.Packet) {
					_ = rfc2865.ReplyMessage_AddString(p, "Hello, ")
					_ = rfc2865.ReplyMessage_AddString(p, "you.")
					_ = rfc2865.State_Add(p, []byte{1, 2})
				})}
			})
			got, err := s.nas().Login(t.Context(), alice)
			if err != nil {
				t.Fatal(err)
			}
			if got.Code != want || got.ReplyMessage != "Hello, you." || !bytes.Equal(got.State, []byte{1, 2}) || got.Sent != 1 {
				t.Errorf("%+v", got)
			}
			if !got.Signed || !got.MessageAuthenticatorFirst || got.Discarded != 0 {
				t.Errorf("%+v", got)
			}
			if diff := cmp.Diff([]Attribute{{Name: "Reply-Message", Value: "Hello, "}, {Name: "Reply-Message", Value: "you."}, {Name: "State", Value: "0x0102"}}, got.Attributes); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestLoginSendsWhatANASSends(t *testing.T) {
	s := serve(t, accept)
	nas := s.nas()
	nas.Address = netip.MustParseAddr("192.0.2.1")
	credentials := alice
	credentials.State = []byte("state")
	if _, err := nas.Login(t.Context(), credentials); err != nil {
		t.Fatal(err)
	}
	raw := s.datagrams()[0].octets
	p, err := radius.Parse(raw, []byte(shared))
	if err != nil {
		t.Fatal(err)
	}
	for what, ok := range map[string]bool{
		"Code":                        p.Code == radius.CodeAccessRequest,
		"Message-Authenticator first": p.Attributes[0].Type == messageAuthenticator,
		"User-Name":                   rfc2865.UserName_GetString(p) == "alice",
		"User-Password":               rfc2865.UserPassword_GetString(p) == "a long password of alice",
		"NAS-Identifier":              rfc2865.NASIdentifier_GetString(p) == "test-nas",
		"NAS-IP-Address":              rfc2865.NASIPAddress_Get(p).String() == "192.0.2.1",
		"Calling-Station-Id":          rfc2865.CallingStationID_GetString(p) == "203.0.113.9",
		"NAS-Port-Type":               rfc2865.NASPortType_Get(p) == rfc2865.NASPortType_Value_Virtual,
		"State":                       rfc2865.State_GetString(p) == "state",
	} {
		if !ok {
			t.Errorf("%s is not as it should be", what)
		}
	}
	checkRequestSignature(t, raw)
}

// checkRequestSignature computes the Message-Authenticator on its own.
func checkRequestSignature(t *testing.T, raw []byte) {
	t.Helper()
	zeroed := bytes.Clone(raw)
	clear(zeroed[22:38])
	if !bytes.Equal(raw[22:38], sign(zeroed, []byte(shared))) {
		t.Error("the Message-Authenticator does not verify")
	}
}

func TestLoginWithoutMessageAuthenticator(t *testing.T) {
	s := serve(t, accept)
	nas := s.nas()
	nas.OmitMessageAuthenticator = true
	if _, err := nas.Login(t.Context(), alice); err != nil {
		t.Fatal(err)
	}
	p, _ := radius.Parse(s.datagrams()[0].octets, nil)
	if _, ok := p.Lookup(messageAuthenticator); ok {
		t.Error("it is there")
	}
}

func TestMethods(t *testing.T) {
	s := serve(t, accept)
	for _, method := range []Method{CHAP, MSCHAPv2} {
		credentials := alice
		credentials.Method = method
		if _, err := s.nas().Login(t.Context(), credentials); err != nil {
			t.Fatal(err)
		}
	}
	got := s.datagrams()
	chap, _ := radius.Parse(got[0].octets, nil)
	proof := chap.Get(rfc2865.CHAPPassword_Type)
	if want := chapResponse(proof[0], []byte(alice.Password.Reveal()), chap.Authenticator[:]); !bytes.Equal(proof, want) {
		t.Errorf("CHAP-Password %x, want %x", proof, want)
	}
	ms, _ := radius.Parse(got[1].octets, nil)
	challenge, response := microsoft.MSCHAPChallenge_Get(ms), microsoft.MSCHAP2Response_Get(ms)
	if len(challenge) != 16 || len(response) != 50 {
		t.Fatalf("challenge %x, response %x", challenge, response)
	}
	want, err := rfc2759.GenerateNTResponse(challenge, response[2:18], []byte("alice"), []byte(alice.Password.Reveal()))
	if err != nil || !bytes.Equal(response[26:], want) {
		t.Errorf("MS-CHAP2-Response %x, want %x, %v", response[26:], want, err)
	}
	for _, p := range []*radius.Packet{chap, ms} {
		if _, ok := p.Lookup(rfc2865.UserPassword_Type); ok {
			t.Error("the password is there too")
		}
	}
}

func TestParseMethod(t *testing.T) {
	for _, m := range []Method{PAP, CHAP, MSCHAPv2} {
		if got, err := ParseMethod(m.String()); got != m || err != nil {
			t.Errorf("%s: %v, %v", m, got, err)
		}
	}
	if _, err := ParseMethod("eap"); !errors.Is(err, ErrMethod) {
		t.Errorf("eap: %v", err)
	}
}

func TestRetrySamePacket(t *testing.T) {
	s := serve(t, func(d datagram, number int) [][]byte {
		if number < 3 {
			return nil
		}
		return accept(d, number)
	})
	nas := s.nas()
	nas.Retry = Retry{Interval: 20 * time.Millisecond, Tries: 1000}
	got, err := nas.Login(t.Context(), alice)
	if err != nil || got.Sent < 3 || got.Code != AccessAccept {
		t.Fatalf("%+v, %v", got, err)
	}
	all := s.datagrams()
	for _, d := range all {
		if d.from != all[0].from || !bytes.Equal(d.octets, all[0].octets) {
			t.Error("a retry differs")
		}
	}
}

// OpenVPN's plug-in: the same identifier, a new authenticator and a new port each time, and the newest port alone listens.
func TestRetryNewAuthenticator(t *testing.T) {
	s := serve(t, func(d datagram, number int) [][]byte {
		if number < 3 {
			return nil
		}
		first := d.server.datagrams()[0]
		_ = d.server.socket.Send(first.from, reply(first.octets, radius.CodeAccessReject, nil)) // nobody listens there any more
		return accept(d, number)
	})
	nas := s.nas()
	nas.Retry = Retry{Interval: 20 * time.Millisecond, Tries: 1000, Style: NewAuthenticator}
	got, err := nas.Login(t.Context(), alice)
	if err != nil || got.Sent < 3 || got.Code != AccessAccept {
		t.Fatalf("%+v, %v", got, err)
	}
	all := s.datagrams()
	for i, d := range all[1:] {
		if d.octets[1] != all[i].octets[1] {
			t.Error("a retry has another identifier")
		}
		if bytes.Equal(d.octets[4:20], all[i].octets[4:20]) || d.from == all[i].from {
			t.Error("a retry has the authenticator or the port of the packet before")
		}
		p, _ := radius.Parse(d.octets, []byte(shared))
		if rfc2865.UserPassword_GetString(p) != alice.Password.Reveal() {
			t.Error("a retry's password cannot be read")
		}
		checkRequestSignature(t, d.octets)
	}
}

func TestNoAnswer(t *testing.T) {
	s := serve(t, silent)
	nas := s.nas()
	nas.Retry = Retry{Interval: 10 * time.Millisecond, Tries: 2}
	got, err := nas.Login(t.Context(), alice)
	if !errors.Is(err, ErrNoAnswer) || got.Sent != 2 || got.Took < 20*time.Millisecond || got.Raw != nil {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestContextEndsTheWait(t *testing.T) {
	s := serve(t, silent)
	ctx, cancel := context.WithCancel(t.Context())
	nas := s.nas()
	nas.Progress = func(e Event) {
		if e.Kind == Sent {
			cancel()
		}
	}
	if got, err := nas.Login(ctx, alice); !errors.Is(err, ErrNoAnswer) || got.Sent != 1 {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestNobodyListens(t *testing.T) {
	socket, err := Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nas := NAS{Server: socket.Addr().String(), Secret: secret.New(shared), Retry: Retry{Interval: 50 * time.Millisecond, Tries: 3}}
	if err := socket.Close(); err != nil {
		t.Fatal(err)
	}
	got, err := nas.Login(t.Context(), alice)
	if !errors.Is(err, ErrNoAnswer) || got.Sent != 3 || !errors.Is(got.LastDiscard, ErrUnreachable) {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestLocalFaults(t *testing.T) {
	s := serve(t, accept)
	for name, change := range map[string]func(*NAS, *Credentials){
		"no server":         func(n *NAS, _ *Credentials) { n.Server = "nowhere" },
		"no local address":  func(n *NAS, _ *Credentials) { n.LocalAddr = "nowhere" },
		"a foreign address": func(n *NAS, _ *Credentials) { n.LocalAddr = "192.0.2.1" },
		"a long name":       func(_ *NAS, c *Credentials) { c.User = strings.Repeat("x", 254) },
		"a long password":   func(_ *NAS, c *Credentials) { c.Password = secret.New(strings.Repeat("x", 129)) },
		"a long station":    func(_ *NAS, c *Credentials) { c.CallingStation = strings.Repeat("x", 254) },
		"no secret":         func(n *NAS, _ *Credentials) { n.Secret = secret.Secret{} },
	} {
		nas, credentials := s.nas(), alice
		change(&nas, &credentials)
		if _, err := nas.Login(t.Context(), credentials); err == nil || errors.Is(err, ErrNoAnswer) {
			t.Errorf("%s: %v", name, err)
		} else if strings.Contains(err.Error(), "password of alice") || strings.Contains(err.Error(), shared) {
			t.Errorf("%s: a secret in %q", name, err)
		}
	}
	if len(s.datagrams()) != 0 {
		t.Error("something was sent")
	}
}

func TestLocalAddress(t *testing.T) {
	s := serve(t, accept)
	for _, local := range []string{"127.0.0.7", "127.0.0.7:0"} {
		nas := s.nas()
		nas.LocalAddr = local
		if _, err := nas.Login(t.Context(), alice); err != nil {
			t.Fatal(err)
		}
	}
	for _, d := range s.datagrams() {
		if d.from.Addr() != netip.MustParseAddr("127.0.0.7") {
			t.Errorf("sent from %s", d.from)
		}
	}
}

func TestProgress(t *testing.T) {
	s := serve(t, func(d datagram, _ int) [][]byte {
		return [][]byte{{1, 2, 3}, reply(d.octets, radius.CodeAccessReject, nil)}
	})
	var kinds []EventKind
	nas := s.nas()
	nas.Progress = func(e Event) {
		kinds = append(kinds, e.Kind)
		if e.Packet != 1 || (e.Kind == Discarded) != (e.Why != nil) {
			t.Errorf("%+v", e)
		}
	}
	if _, err := nas.Login(t.Context(), alice); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]EventKind{Sent, Discarded, Answered}, kinds); diff != "" {
		t.Error(diff)
	}
}

func TestStatus(t *testing.T) {
	s := serve(t, accept)
	nas := s.nas()
	nas.OmitMessageAuthenticator = true
	got, err := nas.Status(t.Context())
	if err != nil || got.Code != AccessAccept {
		t.Fatalf("%+v, %v", got, err)
	}
	raw := s.datagrams()[0].octets
	if Code(raw[0]) != StatusServer {
		t.Errorf("code %d", raw[0])
	}
	checkRequestSignature(t, raw)
	nas.Identifier = strings.Repeat("x", 254)
	if _, err := nas.Status(t.Context()); !errors.Is(err, ErrTooLong) {
		t.Errorf("a long identifier: %v", err)
	}
}

func TestAccount(t *testing.T) {
	s := serve(t, func(d datagram, _ int) [][]byte {
		return [][]byte{reply(d.octets, radius.CodeAccountingResponse, func(p *radius.Packet) { p.Attributes = nil })}
	})
	nas := s.nas()
	nas.Address = netip.MustParseAddr("2001:db8::1")
	record := Record{
		Status: 2, User: "alice", Session: "s1", CallingStation: "203.0.113.9", FramedIP: netip.MustParseAddr("10.8.0.2"),
		SessionTime: 60, InputOctets: 5<<32 | 6, OutputOctets: 7, TerminateCause: 1,
	}
	got, err := nas.Account(t.Context(), record)
	if err != nil || got.Code != AccountingResponse || got.Signed {
		t.Fatalf("%+v, %v", got, err)
	}
	raw := s.datagrams()[0].octets
	if !radius.IsAuthenticRequest(raw, []byte(shared)) {
		t.Error("the Request Authenticator does not verify")
	}
	p, _ := radius.Parse(raw, []byte(shared))
	if rfc2866.AcctStatusType_Get(p) != rfc2866.AcctStatusType_Value_Stop || rfc2866.AcctInputOctets_Get(p) != 6 ||
		rfc2869.AcctInputGigawords_Get(p) != 5 || rfc2866.AcctSessionID_GetString(p) != "s1" {
		t.Errorf("%+v", p)
	}
	record.Status = 1
	if _, err := nas.Account(t.Context(), record); err != nil {
		t.Fatal(err)
	}
	start, _ := radius.Parse(s.datagrams()[1].octets, []byte(shared))
	if _, ok := start.Lookup(rfc2866.AcctSessionTime_Type); ok {
		t.Error("a start has counters")
	}
	record.Session = strings.Repeat("x", 254)
	if _, err := nas.Account(t.Context(), record); !errors.Is(err, ErrTooLong) {
		t.Errorf("a long session: %v", err)
	}
}

func TestSocketExchange(t *testing.T) {
	s := serve(t, accept)
	socket, err := Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = socket.Close() }()
	packet, err := s.nas().Packet(alice)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := socket.Exchange(t.Context(), s.socket.Addr(), packet)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := Verify(secret.New(shared), packet, answer); err != nil || got.Code != AccessAccept {
		t.Errorf("%+v, %v", got, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if all := socket.Collect(ctx); len(all) != 0 {
		t.Errorf("%x came unasked", all)
	}
	if err := socket.Send(netip.AddrPort{}, packet); err == nil {
		t.Error("sent to nowhere")
	}
	if _, err := Listen(t.Context(), "nowhere"); err == nil {
		t.Error("listens nowhere")
	}
}
