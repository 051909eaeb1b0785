package radiustest

import (
	"errors"
	"strings"
	"testing"

	"layeh.com/radius"
	"layeh.com/radius/rfc2759"
	"layeh.com/radius/rfc2865"
	"layeh.com/radius/rfc3079"
	"layeh.com/radius/vendors/microsoft"

	"ivalt-radius/secret"
)

// knowing answers an MS-CHAPv2 login as a server that knows a password, changed.
func knowing(password string, change func(success, send, recv []byte) (a, b, c []byte)) func(datagram, int) [][]byte {
	return func(d datagram, _ int) [][]byte {
		asked, err := radius.Parse(d.octets, []byte(shared))
		if err != nil {
			panic(err)
		}
		response := microsoft.MSCHAP2Response_Get(asked)
		text, err := rfc2759.GenerateAuthenticatorResponse(microsoft.MSCHAPChallenge_Get(asked), response[2:18], response[26:], []byte("alice"), []byte(password))
		if err != nil {
			panic(err)
		}
		success := append([]byte{response[0]}, text...)
		send, _ := rfc3079.MakeKey(response[26:], []byte(password), true)
		recv, _ := rfc3079.MakeKey(response[26:], []byte(password), false)
		if change != nil {
			success, send, recv = change(success, send, recv)
		}
		return [][]byte{reply(d.octets, radius.CodeAccessAccept, func(p *radius.Packet) {
			if success != nil {
				_ = microsoft.MSCHAP2Success_Add(p, success)
			}
			if send != nil {
				_ = microsoft.MSMPPESendKey_Add(p, send)
			}
			if recv != nil {
				_ = microsoft.MSMPPERecvKey_Add(p, recv)
			}
		})}
	}
}

// TestCHP2_ServersProof is the table of what an Access-Accept shows of the server.
func TestCHP2_ServersProof(t *testing.T) {
	right := alice.Password.Reveal()
	cases := []struct {
		name, user, password string
		change               func(success, send, recv []byte) (a, b, c []byte)
		want                 string // empty: it is proved
	}{
		{"right", "alice", right, nil, ""},
		{"the_domain_does_not_count", `CORP\alice`, right, nil, ""},
		{"a_message_follows", "alice", right, func(s, send, recv []byte) (a, b, c []byte) { return append(s, " M=Hello"...), send, recv }, ""},
		{"no_keys", "alice", right, func(s, _, _ []byte) (a, b, c []byte) { return s, nil, nil }, ""},
		{"missing", "alice", right, func(_, send, recv []byte) (a, b, c []byte) { return nil, send, recv }, "no MS-CHAP2-Success"},
		{"another_password", "alice", "guessed", nil, "a wrong MS-CHAP2-Success"},
		{"another_identifier", "alice", right, func(s, send, recv []byte) (a, b, c []byte) { s[0]++; return s, send, recv }, "a wrong MS-CHAP2-Success"},
		{"a_bit_flipped", "alice", right, func(s, send, recv []byte) (a, b, c []byte) { s[42] ^= 1; return s, send, recv }, "a wrong MS-CHAP2-Success"},
		{"cut_short", "alice", right, func(s, send, recv []byte) (a, b, c []byte) { return s[:42], send, recv }, "a wrong MS-CHAP2-Success"},
		{"keys_exchanged", "alice", right, func(s, send, recv []byte) (a, b, c []byte) { return s, recv, send }, "a wrong MS-MPPE-Send-Key"},
		{"recv_key_flipped", "alice", right, func(s, send, recv []byte) (a, b, c []byte) { recv[0] ^= 1; return s, send, recv }, "a wrong MS-MPPE-Recv-Key"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			credentials := alice
			credentials.User, credentials.Method = c.user, MSCHAPv2
			got, err := serve(t, knowing(c.password, c.change)).nas().Login(t.Context(), credentials)
			if err != nil || got.Code != AccessAccept {
				t.Fatalf("%+v, %v", got, err)
			}
			switch {
			case c.want == "" && got.Unproved != nil:
				t.Errorf("not proved: %v", got.Unproved)
			case c.want != "" && (!errors.Is(got.Unproved, ErrUnproved) || !strings.Contains(got.Unproved.Error(), c.want)):
				t.Errorf("proved, or for another reason not: %v", got.Unproved)
			}
			for _, a := range got.Attributes {
				if strings.HasPrefix(a.Name, "MS-MPPE-") && a.Value != "(encrypted, 34 octets)" {
					t.Errorf("%s = %s", a.Name, a.Value)
				}
			}
		})
	}
}

// TestCHP2_KeysUnderAnotherSecret cannot be opened.
func TestCHP2_KeysUnderAnotherSecret(t *testing.T) {
	server := knowing(alice.Password.Reveal(), func(s, _, _ []byte) (a, b, c []byte) { return s, nil, nil })
	s := serve(t, func(d datagram, n int) [][]byte {
		p, err := radius.Parse(server(d, n)[0], []byte(shared))
		if err != nil {
			panic(err)
		}
		copy(p.Authenticator[:], d.octets[4:20])
		p.Attributes[0].Attribute = make([]byte, 16)
		p.Add(26, append([]byte{0, 0, 1, 55, 16, 5}, "key"...))
		return [][]byte{seal(p)}
	})
	credentials := alice
	credentials.Method = MSCHAPv2
	got, err := s.nas().Login(t.Context(), credentials)
	if err != nil || got.Unproved == nil || !strings.Contains(got.Unproved.Error(), "MS-MPPE-Send-Key cannot be opened") {
		t.Errorf("%v, %v", got.Unproved, err)
	}
}

// TestOnlyMSCHAPv2IsProved: nothing is asked of other methods, nor of a Reject.
func TestOnlyMSCHAPv2IsProved(t *testing.T) {
	for _, m := range []Method{PAP, CHAP} {
		credentials := alice
		credentials.Method = m
		if got, err := serve(t, accept).nas().Login(t.Context(), credentials); err != nil || got.Unproved != nil {
			t.Errorf("%s: %v, %v", m, got.Unproved, err)
		}
	}
	credentials := alice
	credentials.Method = MSCHAPv2
	s := serve(t, func(d datagram, _ int) [][]byte { return [][]byte{reply(d.octets, radius.CodeAccessReject, nil)} })
	if got, err := s.nas().Login(t.Context(), credentials); err != nil || got.Unproved != nil {
		t.Errorf("a Reject: %v, %v", got.Unproved, err)
	}
}

// challenging challenges twice, with States of their own, then accepts.
func challenging(d datagram, number int) [][]byte {
	if number == 3 {
		return accept(d, number)
	}
	return [][]byte{reply(d.octets, radius.CodeAccessChallenge, func(p *radius.Packet) {
		_ = rfc2865.State_Add(p, []byte{'s', byte(number)}) //nolint:gosec // small
	})}
}

// TestAnswer: a whole conversation; each answer has a new identifier, authenticator and port, the newest State, and the text in the
// password's place.
func TestAnswer(t *testing.T) {
	s := serve(t, challenging)
	credentials := alice
	credentials.Method = CHAP
	challenge, err := s.nas().Login(t.Context(), credentials)
	if err != nil {
		t.Fatal(err)
	}
	second, err := s.nas().Answer(t.Context(), credentials, challenge, secret.New("2"))
	if err != nil || second.Code != AccessChallenge {
		t.Fatalf("%+v, %v", second, err)
	}
	last, err := s.nas().Answer(t.Context(), credentials, second, secret.Secret{})
	if err != nil || last.Code != AccessAccept {
		t.Fatalf("%+v, %v", last, err)
	}
	all := s.datagrams()
	for i, want := range []struct{ password, state string }{{"", ""}, {"2", "s\x01"}, {"", "s\x02"}} {
		p, err := radius.Parse(all[i].octets, []byte(shared))
		if err != nil {
			t.Fatal(err)
		}
		if rfc2865.UserPassword_GetString(p) != want.password || rfc2865.State_GetString(p) != want.state || rfc2865.UserName_GetString(p) != "alice" {
			t.Errorf("request %d is %+v", i, p)
		}
		checkRequestSignature(t, all[i].octets)
		if i == 0 {
			continue
		}
		if _, chap := p.Lookup(rfc2865.CHAPPassword_Type); chap || len(p.Get(rfc2865.UserPassword_Type)) != 16 {
			t.Errorf("answer %d has User-Password of %d octets", i, len(p.Get(rfc2865.UserPassword_Type)))
		}
		before := all[i-1]
		if before.octets[1] == all[i].octets[1] || string(before.octets[4:20]) == string(all[i].octets[4:20]) {
			t.Errorf("answer %d has the identifier or the authenticator of what it answers", i)
		}
	}
}

func TestAnswerWantsAChallenge(t *testing.T) {
	s := serve(t, accept)
	for name, r := range map[string]Result{
		"zero": {}, "accept": {Code: AccessAccept, State: []byte("s")}, "no State": {Code: AccessChallenge},
	} {
		if _, err := s.nas().Answer(t.Context(), alice, r, secret.New("x")); !errors.Is(err, ErrNoChallenge) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if len(s.datagrams()) != 0 {
		t.Error("something was sent")
	}
}
