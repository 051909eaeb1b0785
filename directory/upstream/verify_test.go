package upstream

import (
	"bytes"
	"context"
	"crypto/md5" //nolint:gosec // RFC 2865, by the book
	"errors"
	"net"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"layeh.com/radius"
	"layeh.com/radius/rfc2759"
	"layeh.com/radius/rfc2865"
	"layeh.com/radius/vendors/microsoft"

	"ivalt-radius/auth"
	"ivalt-radius/directory/mschap"
	"ivalt-radius/secret"
)

// types are the attribute types of a request, in order.
func types(t *testing.T, raw []byte) (list []int) {
	t.Helper()
	for _, a := range parse(t, raw).Attributes {
		list = append(list, int(a.Type))
	}
	return list
}

func TestVerify_PAP(t *testing.T) {
	long := strings.Repeat("p", 128)
	for name, want := range map[string]string{"short": password, "128 octets": long, "two blocks whole": long[:32], "not ASCII": "pässwörd"} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, always(accepts))
			req := login()
			req.Password = secret.New(want)
			checked, err := source(t, nil, s.address()).Verify(t.Context(), subject(t, "bob"), req)
			if err != nil || !checked.Password {
				t.Fatalf("%v, %v", checked.Password, err)
			}
			raw := s.packets()[0].octets
			p := parse(t, raw)
			if got, err := radius.UserPassword(p.Get(rfc2865.UserPassword_Type), p.Secret, p.Authenticator[:]); err != nil || string(got) != want {
				t.Errorf("the server reads %q, %v", got, err)
			}
			if diff := cmp.Diff([]int{80, 1, 2, 32, 31}, types(t, raw)); diff != "" {
				t.Errorf("attributes (-want +got):\n%s", diff)
			}
			zeroed := bytes.Clone(raw)
			clear(zeroed[22:38])
			if !bytes.Equal(raw[22:38], signature(zeroed, []byte(shared))) || bytes.Equal(raw[22:38], make([]byte, 16)) {
				t.Error("the Message-Authenticator is wrong")
			}
			if id, from := rfc2865.NASIdentifier_GetString(p), rfc2865.CallingStationID_GetString(p); id != "ivalt-radius" || from != "198.51.100.7" {
				t.Errorf("NAS-Identifier %q, Calling-Station-Id %q", id, from)
			}
		})
	}
}

func TestVerify_NoCallingStation(t *testing.T) {
	s := serve(t, always(accepts))
	req := login()
	req.CallingStation = ""
	if _, err := source(t, nil, s.address()).Verify(t.Context(), subject(t, "bob"), req); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]int{80, 1, 2, 32}, types(t, s.packets()[0].octets)); diff != "" {
		t.Errorf("attributes (-want +got):\n%s", diff)
	}
}

// chap is bob's CHAP response, by the book.
func chap(challenge, password string) []byte {
	digest := md5.Sum([]byte("\x07" + password + challenge)) //nolint:gosec // RFC 2865 section 5.3
	return append([]byte{7}, digest[:]...)
}

func TestVerify_CHAP(t *testing.T) {
	const challenge = "0123456789abcdef"
	s := serve(t, func(r received) [][]byte {
		p, err := radius.Parse(r.octets, []byte(shared))
		if err != nil || !bytes.Equal(p.Get(rfc2865.CHAPPassword_Type), chap(string(p.Get(rfc2865.CHAPChallenge_Type)), password)) {
			return [][]byte{refused(r.octets)}
		}
		return [][]byte{accepted(r.octets)}
	})
	for typed, want := range map[string]error{password: nil, "another": auth.ErrBadPassword} {
		req := &auth.Request{Username: "bob", Method: auth.CHAP, Handshake: auth.Handshake{Challenge: []byte(challenge), Response: chap(challenge, typed)}}
		checked, err := source(t, nil, s.address()).Verify(t.Context(), subject(t, "bob"), req)
		if !errors.Is(err, want) || checked.Password != (want == nil) {
			t.Errorf("%v, %v", checked.Password, err)
		}
	}
	if diff := cmp.Diff([]int{80, 1, 3, 60, 32}, types(t, s.packets()[0].octets)); diff != "" {
		t.Errorf("attributes (-want +got):\n%s", diff)
	}
}

// handshake is an MS-CHAPv2 response of somebody who types this name and password.
func handshake(t *testing.T, name, password string) auth.Handshake {
	t.Helper()
	challenge, peer := []byte("challenge 16 oct"), []byte("peer of 16 octet")
	proof, err := rfc2759.GenerateNTResponse(challenge, peer, []byte(name), []byte(password))
	if err != nil {
		t.Fatal(err)
	}
	response := append([]byte{5, 0}, peer...)
	response = append(response, make([]byte, 8)...)
	return auth.Handshake{Challenge: challenge, Response: append(response, proof...)}
}

// microsoftServer checks MS-CHAPv2 against the password. edit changes what its Accept holds.
func microsoftServer(t *testing.T, edit func(attributes map[string][]byte)) *server {
	t.Helper()
	return serve(t, func(r received) [][]byte {
		p, err := radius.Parse(r.octets, []byte(shared))
		if err != nil {
			return nil
		}
		asked := auth.Handshake{Challenge: microsoft.MSCHAPChallenge_Get(p), Response: microsoft.MSCHAP2Response_Get(p)}
		ok, err := mschap.Verify(mschap.HashOf(secret.New(password)), mschap.Names(rfc2865.UserName_GetString(p)), asked)
		if err != nil {
			return [][]byte{answerTo(r.octets, shared, 3, unsigned(), vsa(311, attr(2, "\x05E=691 R=1")))}
		}
		hide := func(key secret.Secret, salt string) []byte {
			hidden, _ := radius.NewTunnelPassword([]byte(key.Reveal()), []byte(salt), []byte(shared), r.octets[4:20])
			return hidden
		}
		attributes := map[string][]byte{
			"success": attr(26, string(ok.Success)), "send": attr(16, string(hide(ok.SendKey, "\x80\x01"))), "recv": attr(17, string(hide(ok.RecvKey, "\x80\x02"))),
		}
		if edit != nil {
			edit(attributes)
		}
		return [][]byte{accepted(r.octets, vsa(311, attributes["success"], attributes["send"]), vsa(311, attributes["recv"]))}
	})
}

func TestVerify_MSCHAPv2(t *testing.T) {
	cases := []struct {
		name string
		edit func(attributes map[string][]byte)
		keys int
		err  error
	}{
		{"success and keys", nil, 16, nil},
		{"success alone", func(a map[string][]byte) { delete(a, "send"); delete(a, "recv") }, 0, nil},
		{"no success", func(a map[string][]byte) { delete(a, "success") }, 0, errNoSuccess},
		{"success cut", func(a map[string][]byte) { a["success"] = attr(26, "\x05S=0123") }, 0, errNoSuccess},
		{"success of no digits", func(a map[string][]byte) { a["success"] = attr(26, "\x05S="+strings.Repeat("g", 40)) }, 0, errNoSuccess},
		{"success of another form", func(a map[string][]byte) { a["success"] = attr(26, "\x05E="+strings.Repeat("0", 40)) }, 0, errNoSuccess},
		{"one key alone", func(a map[string][]byte) { delete(a, "recv") }, 0, errKeys},
		{"a key under another secret", func(a map[string][]byte) { a["recv"][4] ^= 0xff }, 0, errKeys},
		{"a key without its salt's bit", func(a map[string][]byte) { a["send"][2] &= 0x7f }, 0, errKeys},
		{"an empty key", func(a map[string][]byte) { a["send"] = attr(16, "") }, 0, errKeys},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := microsoftServer(t, c.edit)
			req := &auth.Request{Username: `CORP\bob`, Method: auth.MSCHAPv2, Handshake: handshake(t, "bob", password)}
			checked, err := source(t, nil, s.address()).Verify(t.Context(), subject(t, `CORP\bob`), req)
			if !errors.Is(err, c.err) || checked.Password != (c.err == nil) {
				t.Fatalf("%v, %v, want %v", checked.Password, err, c.err)
			}
			if err != nil {
				if errors.Is(err, auth.ErrBadPassword) || checked.MSCHAP.Success != nil {
					t.Errorf("an unfit Accept: %v", err)
				}
				return
			}
			if diff := cmp.Diff([]int{80, 1, 26, 26, 32}, types(t, s.packets()[0].octets)); diff != "" {
				t.Errorf("attributes (-want +got):\n%s", diff)
			}
			want, _ := mschap.Verify(mschap.HashOf(secret.New(password)), []string{"bob"}, req.Handshake)
			got := checked.MSCHAP
			if !bytes.Equal(got.Success, want.Success) || got.SendKey.Len() != c.keys || got.RecvKey.Len() != c.keys {
				t.Errorf("success %q, keys of %d and %d octets", got.Success, got.SendKey.Len(), got.RecvKey.Len())
			}
			if c.keys > 0 && (!got.SendKey.Equal(want.SendKey) || !got.RecvKey.Equal(want.RecvKey)) {
				t.Error("other keys than the server's")
			}
		})
	}
	t.Run("wrong password", func(t *testing.T) {
		req := &auth.Request{Username: "bob", Method: auth.MSCHAPv2, Handshake: handshake(t, "bob", "another")}
		_, err := source(t, nil, microsoftServer(t, nil).address()).Verify(t.Context(), subject(t, "bob"), req)
		if !errors.Is(err, auth.ErrBadPassword) {
			t.Errorf("error is %v", err)
		}
	})
}

// TestVerify_RefusedUnasked: what can be no login is refused before any server hears of it.
func TestVerify_RefusedUnasked(t *testing.T) {
	pap := func(password string) *auth.Request {
		return &auth.Request{Username: "bob", Method: auth.PAP, Password: secret.New(password)}
	}
	shake := func(m auth.Method, challenge, response int) *auth.Request {
		return &auth.Request{Username: "bob", Method: m, Handshake: auth.Handshake{Challenge: make([]byte, challenge), Response: make([]byte, response)}}
	}
	for name, c := range map[string]struct {
		req *auth.Request
		err error
	}{
		"empty password":                 {pap(""), auth.ErrBadPassword},
		"password with a control":        {pap("a\x00b"), auth.ErrBadPassword},
		"password that is no UTF-8":      {pap("\xff\xfe"), auth.ErrBadPassword},
		"password of 129":                {pap(strings.Repeat("p", 129)), auth.ErrBadPassword},
		"no credential":                  {&auth.Request{Username: "bob"}, auth.ErrBadPassword},
		"CHAP of 16":                     {shake(auth.CHAP, 16, 16), auth.ErrBadPassword},
		"CHAP without a challenge":       {shake(auth.CHAP, 0, 17), auth.ErrBadPassword},
		"CHAP challenge of 254":          {shake(auth.CHAP, 254, 17), auth.ErrBadPassword},
		"MS-CHAPv2 of 49":                {shake(auth.MSCHAPv2, 16, 49), auth.ErrBadPassword},
		"MS-CHAPv2 challenge of 8":       {shake(auth.MSCHAPv2, 8, 50), auth.ErrBadPassword},
		"MS-CHAP of the first version":   {shake(auth.MSCHAP, 8, 50), auth.ErrMisconfigured},
		"EAP":                            {&auth.Request{Username: "bob", Method: auth.EAP}, auth.ErrMisconfigured},
		"a method that nobody has named": {&auth.Request{Username: "bob", Method: 99}, auth.ErrBadPassword},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, always(accepts))
			checked, err := source(t, nil, s.address()).Verify(t.Context(), subject(t, "bob"), c.req)
			if !errors.Is(err, c.err) || checked.Password {
				t.Errorf("%v, %v, want %v", checked.Password, err, c.err)
			}
			if len(s.packets()) != 0 {
				t.Error("the server was asked")
			}
		})
	}
}

func TestUN2_UserName(t *testing.T) {
	cases := []struct {
		name, sent, subject string
		method              auth.Method
		want                string
	}{
		{"as sent, in its case", "Bob", "bob", auth.PAP, "Bob"},
		{"with its domain", `CORP\Bob`, `corp\bob`, auth.PAP, `CORP\Bob`},
		{"rewritten", `CORP\Bob`, "bob@corp.example", auth.PAP, "bob@corp.example"},
		{"rewritten, CHAP", `CORP\Bob`, "bob@corp.example", auth.CHAP, "bob@corp.example"},
		{"rewritten, but in the response", `CORP\Bob`, "bob@corp.example", auth.MSCHAPv2, `CORP\Bob`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := serve(t, always(refused))
			req := &auth.Request{Username: c.sent, Method: c.method, Password: secret.New(password)}
			req.Handshake = map[auth.Method]auth.Handshake{
				auth.CHAP: {Challenge: []byte("c"), Response: chap("c", password)}, auth.MSCHAPv2: handshake(t, "bob", password),
			}[c.method]
			if _, err := source(t, nil, s.address()).Verify(t.Context(), subject(t, c.subject), req); !errors.Is(err, auth.ErrBadPassword) {
				t.Fatal(err)
			}
			if got := rfc2865.UserName_GetString(parse(t, s.packets()[0].octets)); got != c.want {
				t.Errorf("User-Name is %q, want %q", got, c.want)
			}
		})
	}
}

func TestVerify_Answers(t *testing.T) {
	cases := []struct {
		name   string
		answer func(request []byte) []byte
		err    error
		right  bool
	}{
		{"accept", accepts, nil, true},
		{"accept, Message-Authenticator last", func(r []byte) []byte { return answerTo(r, shared, 2, attr(25, "staff"), unsigned()) }, nil, true},
		{"accept with padding", func(r []byte) []byte { return append(accepted(r), 0, 0, 0) }, nil, true},
		{"reject", refused, auth.ErrBadPassword, false},
		{"reject with attributes", func(r []byte) []byte { return answerTo(r, shared, 3, unsigned(), attr(25, "staff"), attr(18, "no")) }, auth.ErrBadPassword, false},
		{"challenge", func(r []byte) []byte { return answerTo(r, shared, 11, unsigned(), attr(24, "state")) }, auth.ErrMisconfigured, false},
		{"too many attributes", func(r []byte) []byte { return accepted(r, bytes.Repeat(attr(25, "c"), 65)) }, errTooMuch, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := serve(t, always(c.answer))
			checked, err := source(t, func(s *Settings) { s.Attributes = []string{"Class"} }, s.address()).Verify(t.Context(), subject(t, "bob"), login())
			if !errors.Is(err, c.err) || checked.Password != c.right {
				t.Errorf("%v, %v, want %v", checked.Password, err, c.err)
			}
			if !c.right && (checked.Reply != nil || checked.MSCHAP.Success != nil) {
				t.Errorf("a refused login got %v", checked.Reply)
			}
			if strings.Contains(c.name, "last") && len(checked.Reply) != 1 {
				t.Errorf("the reply is %v", checked.Reply)
			}
		})
	}
}

// TestMA10_IgnoresAndGoesOn: what does not count ends no login, and the right answer behind it counts.
func TestMA10_IgnoresAndGoesOn(t *testing.T) {
	for name, bad := range badAnswers() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, always(bad.make))
			checked, err := source(t, short, s.address()).Verify(t.Context(), subject(t, "bob"), login())
			if checked.Password || !errors.Is(err, errSilent) || !errors.Is(err, bad.why) {
				t.Errorf("alone: %v, %v, want %v", checked.Password, err, bad.why)
			}
			s = serve(t, func(r received) [][]byte { return [][]byte{bad.make(r.octets), bad.make(r.octets), accepted(r.octets)} })
			checked, err = source(t, nil, s.address()).Verify(t.Context(), subject(t, "bob"), login())
			if !checked.Password || err != nil {
				t.Errorf("the right answer behind it: %v, %v", checked.Password, err)
			}
		})
	}
}

// TestVerify_WrongSource: a right answer from another port is nobody's.
func TestVerify_WrongSource(t *testing.T) {
	elsewhere, err := new(net.ListenConfig).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = elsewhere.Close() }()
	s := serve(t, func(r received) [][]byte {
		_, _ = elsewhere.WriteTo(accepted(r.octets), net.UDPAddrFromAddrPort(r.from))
		return nil
	})
	checked, err := source(t, short, s.address()).Verify(t.Context(), subject(t, "bob"), login())
	if checked.Password || !errors.Is(err, errSilent) {
		t.Errorf("%v, %v", checked.Password, err)
	}
}

func TestVerify_Busy(t *testing.T) {
	s := serve(t, always(accepts))
	made := source(t, nil, s.address())
	for range maxExchanges {
		made.slots <- struct{}{}
	}
	if _, err := made.Verify(t.Context(), subject(t, "bob"), login()); !errors.Is(err, auth.ErrBusy) {
		t.Errorf("error is %v", err)
	}
	<-made.slots
	for range 3 { // each gives its place back
		if _, err := made.Verify(t.Context(), subject(t, "bob"), login()); err != nil {
			t.Errorf("with one place free: %v", err)
		}
	}
}

func TestVerify_ContextEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := serve(t, func(received) [][]byte {
		cancel()
		return nil
	})
	next := serve(t, always(accepts))
	made := source(t, func(s *Settings) { s.Tries = 3 }, s.address(), next.address())
	if checked, err := made.Verify(ctx, subject(t, "bob"), login()); checked.Password || !errors.Is(err, context.Canceled) {
		t.Errorf("%v, %v", checked.Password, err)
	}
	if _, err := made.Verify(ctx, subject(t, "bob"), login()); !errors.Is(err, context.Canceled) {
		t.Errorf("with a context that was over before: %v", err)
	}
	if len(s.packets()) != 1 || len(next.packets()) != 0 {
		t.Errorf("%d packets and %d to the next server, for nobody", len(s.packets()), len(next.packets()))
	}
	if made.servers[0].silent.Load() != 0 {
		t.Error("the server is set aside since its asker left")
	}
}
