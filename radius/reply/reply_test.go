package reply_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	layeh "layeh.com/radius"
	"layeh.com/radius/rfc2865"
	"layeh.com/radius/rfc2868"

	"ivalt-radius/auth"
	"ivalt-radius/policy"
	"ivalt-radius/radius/attribute"
	"ivalt-radius/radius/reply"
	"ivalt-radius/radius/wire"
	"ivalt-radius/secret"
)

// TestVerdicts is the table of what becomes of a verdict: code, attributes in their order, message.
func TestVerdicts(t *testing.T) {
	cases := []struct {
		name    string
		verdict auth.Verdict
		code    layeh.Code
		types   []byte
		message string
	}{
		{"zero_rejects", auth.Verdict{}, layeh.CodeAccessReject, []byte{18}, "Try again later."},
		{"unknown_kind_rejects", auth.Verdict{Kind: 99, Reason: auth.ApprovedByPerson}, layeh.CodeAccessReject, []byte{18}, "Access granted."},
		{"reject", auth.Verdict{Reason: auth.BadPassword}, layeh.CodeAccessReject, []byte{18}, "Access denied."},
		{"reject_in_own_words", auth.Verdict{Reason: auth.UnknownUser, Message: "Enrol first."}, layeh.CodeAccessReject, []byte{18}, "Enrol first."},
		{"reject_holds_nothing_of_an_accept", auth.Verdict{
			Reason: auth.Busy, Reply: accept(plain(attr(11, "x"))).Reply, State: "s", Until: now().Add(time.Hour), MSCHAP: success(),
		}, layeh.CodeAccessReject, []byte{18}, "Try again later."},
		{"accept", accept(), layeh.CodeAccessAccept, []byte{18}, "Access granted."},
		{"accept_in_own_words", auth.Verdict{Kind: auth.Accept, Message: "Welcome."}, layeh.CodeAccessAccept, []byte{18}, "Welcome."},
		{"accept_with_attributes_in_order", accept(plain(attr(11, "b")), plain(attr(25, "c"), attr(11, "d"))), layeh.CodeAccessAccept, []byte{18, 11, 25, 11}, "Access granted."},
		{"accept_has_no_State", auth.Verdict{Kind: auth.Accept, State: "s"}, layeh.CodeAccessAccept, []byte{18}, "Try again later."},
		{"challenge", auth.Verdict{Kind: auth.Challenge, State: "s", Message: "Which?"}, layeh.CodeAccessChallenge, []byte{18, 24}, "Which?"},
		{"challenge_without_words", auth.Verdict{Kind: auth.Challenge, State: "s"}, layeh.CodeAccessChallenge, []byte{24}, ""},
		{"challenge_has_nothing_of_a_rule", auth.Verdict{
			Kind: auth.Challenge, State: "s", Message: "Which?", Reply: accept(plain(attr(11, "x")), sealed(tunnel("x"))).Reply, MSCHAP: success(),
		}, layeh.CodeAccessChallenge, []byte{18, 24}, "Which?"},
		{"challenge_that_ends", auth.Verdict{Kind: auth.Challenge, State: "s", Message: "Which?", Until: now().Add(30 * time.Second)}, layeh.CodeAccessChallenge, []byte{18, 24, 27}, "Which?"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := made(t, target(proxied(append(attr(33, "one"), attr(33, "two")...))), c.verdict)
			want := append(bytes.Clone(c.types), 33, 33) // MA-9: Proxy-State is behind everything
			if got.Code != c.code || !bytes.Equal(types(got), want) || rfc2865.ReplyMessage_GetString(got) != c.message {
				t.Errorf("got %v %v %q, want %v %v", got.Code, types(got), rfc2865.ReplyMessage_GetString(got), c.code, want)
			}
		})
	}
}

// TestChallengeOctets is a golden Access-Challenge; one flipped bit of it is not authentic.
func TestChallengeOctets(t *testing.T) {
	v := auth.Verdict{Kind: auth.Challenge, Message: "Approve 42, then press Enter.", State: "0123456789abcdef", Until: now().Add(time.Minute)}
	golden, err := reply.Make(target(), v, now())
	if err != nil {
		t.Fatal(err)
	}
	want := append(attr(18, v.Message), attr(24, v.State)...)
	if want = append(want, attr(27, "\x00\x00\x00\x3c")...); !bytes.Equal(golden[38:], want) || golden[0] != 11 || golden[1] != 9 {
		t.Errorf("got %x, want %x", golden[38:], want)
	}
	question, err := request().Encode()
	if err != nil {
		t.Fatal(err)
	}
	for bit := range len(golden) * 8 {
		twin := bytes.Clone(golden)
		twin[bit/8] ^= 1 << (bit % 8)
		if bit/8 != 1 && layeh.IsAuthenticResponse(twin, question, []byte(shared)) { // the identifier is the asker's
			t.Errorf("bit %d makes no difference", bit)
		}
	}
}

// TestCannotBeMade is the table of what is never made in part: a Reject as misconfigured leaves, and the error says why without a
// value.
func TestCannotBeMade(t *testing.T) {
	challenge := func(state string) auth.Verdict {
		return auth.Verdict{Kind: auth.Challenge, State: state, Message: "canary-message", Reason: auth.ApprovedByPerson}
	}
	both := plain(attr(11, "x"))
	both.Sealed = secret.New(string(tunnel("x")))
	template := policy.Attribute{Name: "Template", Value: "canary-{group}", Fill: func(string) (policy.Attribute, error) { return policy.Attribute{}, nil }}
	halfKeys := success()
	halfKeys.RecvKey = secret.Secret{}
	longKey := success()
	longKey.SendKey = secret.New(strings.Repeat("canary", 50))
	cases := []struct {
		name    string
		verdict auth.Verdict
		want    error
	}{
		{"A7_no_State", challenge(""), reply.ErrState},
		{"A7_State_of_254", challenge(strings.Repeat("s", 254)), reply.ErrState},
		{"challenge_over", auth.Verdict{Kind: auth.Challenge, State: "s", Until: now()}, reply.ErrOver},
		{"over", auth.Verdict{Kind: auth.Accept, Until: now().Add(999 * time.Millisecond)}, reply.ErrOver},
		{"no_octets", accept(policy.Attribute{Name: "Empty"}), reply.ErrUnfit},
		{"template_not_filled", accept(template), reply.ErrUnfit},
		{"plain_and_sealed", accept(both), reply.ErrUnfit},
		{"unsound", accept(plain([]byte{11, 9, 'x'})), reply.ErrUnfit},
		{"unsound_behind_a_sound_one", accept(plain(attr(11, "x"), []byte{1})), reply.ErrUnfit},
		{"type_0", accept(plain(attr(0, "x"))), reply.ErrUnfit},
		{"Message_Authenticator", accept(plain(attr(80, asked))), reply.ErrUnfit},
		{"Proxy_State", accept(plain(attr(33, "x"))), reply.ErrUnfit},
		{"State", accept(plain(attr(24, "x"))), reply.ErrUnfit},
		{"Tunnel_Password_in_plain_text", accept(plain(tunnel("canary-passphrase"))), reply.ErrUnfit},
		{"MS_MPPE_Send_Key_of_a_rule", accept(plain(attr(26, "\x00\x00\x01\x37\x10\x04xx"))), reply.ErrUnfit},
		{"MS_CHAP2_Success_of_a_rule", accept(plain(attr(26, "\x00\x00\x01\x37\x01\x04xx\x1a\x04xx"))), reply.ErrUnfit},
		{"sealed_MS_MPPE_Send_Key_of_a_rule", accept(sealed(attr(26, "\x00\x00\x01\x37\x10\x04xx"))), reply.ErrUnfit},
		{"sealed_and_neither", accept(sealed(attr(11, "canary"))), reply.ErrUnfit},
		{"sealed_without_a_tag", accept(sealed(attr(69, ""))), reply.ErrUnfit},
		{"sealed_without_a_vendor", accept(sealed(attr(26, "\x00\x00\x39\xe7"))), reply.ErrUnfit},
		{"sealed_vendor_cut_short", accept(sealed(attr(26, "\x00\x00\x39\xe7\x2c\x09canary"))), reply.ErrUnfit},
		{"two_in_one_vendor", accept(sealed(attr(26, "\x00\x00\x39\xe7\x2c\x03x\x2c\x03y"))), reply.ErrUnfit},
		{"sealed_too_long", accept(sealed(tunnel(strings.Repeat("canary", 40)))), wire.ErrSealed},
		{"sealed_vendor_too_long", accept(sealed(aruba(strings.Repeat("canary", 40)))), wire.ErrSealed},
		{"too_large", accept(plain(bytes.Repeat(attr(11, strings.Repeat("x", 253)), 16))), wire.ErrTooLong},
		{"too_large_challenge", auth.Verdict{Kind: auth.Challenge, State: "s", Message: strings.Repeat("canary", 700)}, wire.ErrTooLong},
		{"one_key_alone", auth.Verdict{Kind: auth.Accept, MSCHAP: halfKeys}, reply.ErrUnfit},
		{"key_too_long", auth.Verdict{Kind: auth.Accept, MSCHAP: longKey}, wire.ErrSealed},
		{"success_too_long", auth.Verdict{Kind: auth.Accept, MSCHAP: auth.MSCHAPSuccess{Success: make([]byte, 248)}}, reply.ErrUnfit},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			octets, err := reply.Make(target(), c.verdict, now())
			if !errors.Is(err, c.want) || strings.Contains(err.Error(), "canary") {
				t.Errorf("error is %v, want %v", err, c.want)
			}
			got := read(t, octets)
			if got.Code != layeh.CodeAccessReject || !bytes.Equal(octets[38:], attr(18, "Access denied.")) {
				t.Errorf("got %v, %x", got.Code, octets[38:])
			}
		})
	}
}

// TestSealedAttributes: another codec opens them under the client's secret and the Request Authenticator, and plain text is
// nowhere.
func TestSealedAttributes(t *testing.T) {
	long := strings.Repeat("p", wire.MaxSealed)
	v := accept(sealed(tunnel("first passphrase")), plain(attr(11, "staff")), sealed(aruba(long)), sealed(append(tunnel("second"), tunnel("")...)))
	octets, err := reply.Make(target(), v, now())
	if err != nil {
		t.Fatal(err)
	}
	got := read(t, octets)
	if !bytes.Equal(types(got), []byte{18, 69, 11, 26, 69, 69}) || bytes.Contains(octets, []byte("passphrase")) || bytes.Contains(octets, []byte("pppp")) {
		t.Fatalf("got %v", types(got))
	}
	tags, passwords, err := rfc2868.TunnelPassword_GetStrings(got, request())
	if err != nil || strings.Join(passwords, "|") != "first passphrase|second|" || !bytes.Equal(tags, []byte{3, 3, 3}) {
		t.Errorf("Tunnel-Password reads as %v %q, %v", tags, passwords, err)
	}
	vendor := got.Get(26)
	if len(vendor) != 248 || vendor[4] != 44 || int(vendor[5]) != len(vendor)-4 {
		t.Fatalf("the vendor's attribute is %x", vendor)
	}
	passphrase, _, err := layeh.TunnelPassword(vendor[6:], []byte(shared), []byte(asked))
	if err != nil || string(passphrase) != long {
		t.Errorf("Aruba-MPSK-Passphrase reads as %q, %v", passphrase, err)
	}
	checkSalts(t, got, vendor[6:8])
}

// TestCompiledAttributesAreSealed: what settings mean is what another codec reads at the other end.
func TestCompiledAttributesAreSealed(t *testing.T) {
	tunnel, err := attribute.Compile("Tunnel-Password", []string{"2:for {group}"})
	if err != nil {
		t.Fatal(err)
	}
	if tunnel[0], err = tunnel[0].Fill("staff"); err != nil {
		t.Fatal(err)
	}
	aruba, err := attribute.Compile("Vendor-Specific.14823.44", []string{"0x616263"})
	if err != nil {
		t.Fatal(err)
	}
	got := made(t, target(), accept(tunnel[0], aruba[0]))
	if tag, password, err := rfc2868.TunnelPassword_LookupString(got, request()); tag != 2 || password != "for staff" || err != nil {
		t.Errorf("Tunnel-Password reads as %d:%q, %v", tag, password, err)
	}
	if passphrase, _, err := layeh.TunnelPassword(got.Get(26)[6:], []byte(shared), []byte(asked)); string(passphrase) != "abc" {
		t.Errorf("Aruba-MPSK-Passphrase reads as %q, %v", passphrase, err)
	}
}

// checkSalts: RFC 2868 section 3.5: the top bit is set, none stands in the packet twice.
func checkSalts(t *testing.T, p *layeh.Packet, more ...[]byte) {
	t.Helper()
	seen := map[string]bool{}
	for _, a := range p.Attributes {
		if a.Type == 69 {
			more = append(more, a.Attribute[1:3])
		}
	}
	for _, salt := range more {
		if salt[0]&0x80 == 0 || seen[string(salt)] {
			t.Errorf("salt %x", salt)
		}
		seen[string(salt)] = true
	}
}

// TestSessionTimeout: one, and the least of what the rule's hours leave and what is configured.
func TestSessionTimeout(t *testing.T) {
	configured := func(seconds string) policy.Attribute { return plain(attr(27, seconds)) }
	cases := []struct {
		name  string
		reply []policy.Attribute
		until time.Time
		want  rfc2865.SessionTimeout
	}{
		{"hours", nil, now().Add(time.Hour + 900*time.Millisecond), 3600},
		{"configured", []policy.Attribute{configured("\x00\x00\x01\x00")}, time.Time{}, 256},
		{"configured_is_less", []policy.Attribute{configured("\x00\x00\x01\x00")}, now().Add(time.Hour), 256},
		{"hours_are_less", []policy.Attribute{configured("\x00\x01\x00\x00")}, now().Add(time.Hour), 3600},
		{"least_of_two", []policy.Attribute{configured("\x00\x00\x02\x00"), configured("\x00\x00\x01\x00")}, time.Time{}, 256},
		{"more_than_it_can_say", nil, now().Add(200 * 365 * 24 * time.Hour), 0},
		{"none", nil, time.Time{}, 0},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			v := accept(c.reply...)
			v.Until = c.until
			got := made(t, target(), v)
			if n := bytes.Count(types(got), []byte{27}); rfc2865.SessionTimeout_Get(got) != c.want || n > 1 || n == 0 && c.want != 0 {
				t.Errorf("%d of them, %d s", n, rfc2865.SessionTimeout_Get(got))
			}
		})
	}
}

// TestLongMessages: RFC 2865 section 5.18: in several attributes, none of which ends inside a character.
func TestLongMessages(t *testing.T) {
	for name, text := range map[string]string{
		"fits":                strings.Repeat("a", 253),
		"one_octet_more":      strings.Repeat("a", 254),
		"a_character_between": strings.Repeat("a", 252) + "é" + strings.Repeat("b", 300),
		"four_octets_each":    strings.Repeat("𝛼", 200),
		"three_octets_each":   "a" + strings.Repeat("€", 200),
		"no_UTF-8_at_all":     strings.Repeat("\x80", 600),
	} {
		t.Run(name, func(t *testing.T) {
			got := made(t, target(), auth.Verdict{Kind: auth.Challenge, State: "s", Message: text})
			parts, err := rfc2865.ReplyMessage_GetStrings(got)
			if err != nil || strings.Join(parts, "") != text {
				t.Fatalf("got %q, %v", parts, err)
			}
			for _, part := range parts {
				if utf8.ValidString(text) && !utf8.ValidString(part) || part == "" {
					t.Errorf("a part is %q", part)
				}
			}
		})
	}
}

// TestRejectWithoutRoom: what can be spared is left out in turn.
func TestRejectWithoutRoom(t *testing.T) {
	fill := func(octets int) []byte {
		return append(bytes.Repeat(attr(33, strings.Repeat("p", 253)), octets/255), attr(33, strings.Repeat("q", octets%255-2))...)
	}
	cases := []struct {
		name    string
		target  reply.Target
		message bool
		proof   bool
		proxied bool
	}{
		{"all", target(proxied(fill(3900)), shaken), true, true, true},
		{"without_the_sentence", target(proxied(fill(3980)), shaken), false, true, true},
		{"without_Proxy_State", target(proxied(fill(4050)), shaken), false, true, false},
		{"PAP", target(proxied(fill(4040))), true, false, true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := made(t, c.target, auth.Verdict{Reason: auth.BadPassword})
			all := types(got)
			if bytes.Contains(all, []byte{18}) != c.message || bytes.Contains(all, []byte{26}) != c.proof || bytes.Contains(all, []byte{33}) != c.proxied {
				t.Errorf("got %v", all)
			}
		})
	}
}

func TestUnsignedByTheOperatorsWord(t *testing.T) {
	octets, err := reply.Make(target(func(t *reply.Target) { t.Signature = wire.Unsigned }), accept(), now())
	if err != nil || !bytes.Equal(octets[20:], attr(18, "Access granted.")) {
		t.Errorf("%x, %v", octets, err)
	}
}
