package radius_test

import (
	"bytes"
	"net/netip"
	"strings"
	"testing"

	layeh "layeh.com/radius"

	"ivalt-radius/auth"
	"ivalt-radius/radius"
)

// resized sets Length.
func resized(packet []byte, length int) []byte {
	packet = bytes.Clone(packet)
	packet[2], packet[3] = byte(length>>8), byte(length) //nolint:gosec // two octets
	return packet
}

// TestSilence is the table of what a server must not answer, by the checklist's ids.
func TestSilence(t *testing.T) {
	st := start(t, always(accept()), settings())
	n, a := st.nas(st.auth), st.nas(st.acct)
	good := login(1, "bob", "secret")
	wrong := signed(login(2, "bob", "secret"), "some other shared secret")
	flipped := signed(login(3, "bob", "secret"), shared)
	flipped[len(flipped)-1] ^= 1
	eap := attr(79, "\x02\x01\x00\x08\x01bob")
	status := signed(raw(12, 4), shared)
	start := attr(40, "\x00\x00\x00\x01")
	cases := []struct {
		name  string
		nas   nas
		cause string
		raw   []byte
	}{
		{"PKT1_short", n, "malformed", good[:19]},
		{"PKT2_length_19", n, "malformed", resized(good, 19)},
		{"PKT2_length_4097", n, "malformed", resized(append(bytes.Clone(good), make([]byte, 4097-len(good))...), 4097)},
		{"ADM4_oversized", n, "malformed", resized(append(bytes.Clone(good), make([]byte, 9000)...), 4200)},
		{"PKT3_truncated", n, "malformed", good[:len(good)-1]},
		{"PKT5_attribute_length_1", n, "malformed", raw(1, 1, []byte{1, 1})},
		{"PKT5_attribute_past_end", n, "malformed", raw(1, 1, []byte{1, 9, 'b'})},
		{"PKT6_attribute_0", n, "malformed", raw(1, 1, attr(0, "x"))},
		{"PKT7_201_attributes", n, "malformed", raw(1, 1, bytes.Repeat(attr(18, "x"), 201))},
		{"PKT9_accounting_on_authentication_port", n, "wrong_code", accounting(raw(4, 1, start), shared)},
		{"PKT9_access_on_accounting_port", a, "wrong_code", good},
		{"PKT9_access_accept", n, "wrong_code", signed(raw(2, 1), shared)},
		{"PKT9_access_challenge", n, "wrong_code", signed(raw(11, 1), shared)},
		{"PKT9_coa", n, "wrong_code", signed(raw(43, 1), shared)},
		{"PKT9_code_0", n, "wrong_code", raw(0, 1)},
		{"PKT11_no_credential_unsigned", n, "no_credential", raw(1, 1, attr(1, "bob"))},
		{"MA1_other_secret", n, "bad_authenticator", wrong},
		{"MA1_bit_flipped", n, "bad_authenticator", flipped},
		{"MA2_two", n, "bad_authenticator", signed(signed(good, shared), shared)},
		{"MA2_short", n, "bad_authenticator", raw(1, 1, attr(80, "short"))},
		{"MA5_EAP_unsigned", n, "missing_message_authenticator", raw(1, 1, attr(1, "bob"), eap)},
		{"MA5_status_unsigned", n, "missing_message_authenticator", raw(12, 1)},
		{"MA7_Proxy_State_unsigned", n, "missing_message_authenticator", login(5, "bob", "secret", attr(33, "p"))},
		{"A5_status_bad_authenticator", n, "bad_authenticator", signed(raw(12, 1), "some other shared secret")},
		{"A8_wrong_authenticator", a, "bad_authenticator", raw(4, 1, start)},
		{"A8_signed_wrongly", a, "bad_authenticator", accounting(signed(raw(4, 1, start), "some other shared secret"), shared)},
		{"A8_no_status_type", a, "unreadable_accounting", accounting(raw(4, 1), shared)},
	}
	for _, c := range cases {
		t.Run(c.name, func(*testing.T) { st.drops(c.nas, c.cause, c.raw) })
	}
	n.ask(status)
	if got := len(st.asked); got != 0 {
		t.Errorf("%d logins were tried", got)
	}
}

func optional(s *radius.Settings) { s.Clients[0].MessageAuthenticator = "optional" }

// TestReject is the table of packets that are believed and can only be rejected: a request with a Defect, never silence.
func TestReject(t *testing.T) {
	st := start(t, always(auth.Verdict{Reason: auth.BadRequest}), settings(optional))
	n := st.nas(st.auth)
	name := attr(1, "bob")
	password := attr(2, strings.Repeat("x", 16))
	chap := attr(3, strings.Repeat("c", 17))
	cases := []struct {
		name   string
		raw    []byte
		defect string
	}{
		{"PKT10_two_User_Name", signed(raw(1, 1, name, name, password), shared), "more often"},
		{"PKT10_two_User_Password", signed(raw(1, 2, name, password, password), shared), "more often"},
		{"PKT10_two_CHAP_Password", signed(raw(1, 3, name, chap, chap), shared), "more often"},
		{"PKT10_two_State", signed(raw(1, 4, name, password, attr(24, "a"), attr(24, "b")), shared), "more often"},
		{"PKT11_PAP_and_CHAP", raw(1, 5, name, password, chap), "more than one kind"},
		{"PKT11_PAP_and_EAP", signed(raw(1, 6, name, password, attr(79, "e")), shared), "more than one kind"},
		{"PKT11_PAP_and_MSCHAP", raw(1, 7, name, password, attr(26, "\x00\x00\x01\x37\x01\x34"+strings.Repeat("m", 50))), "more than one kind"},
		{"EAP1_refused_unread", signed(raw(1, 8, name, attr(79, "\xff\xff\xff")), shared), "EAP"},
		{"ARAP", raw(1, 9, name, attr(70, "0123456789abcdef")), "ARAP"},
		{"A7_empty_State", login(10, "bob", "secret", attr(24, "")), "State is empty"},
		{"UN1_no_User_Name", raw(1, 11, password), "no User-Name"},
		{"UN1_empty_User_Name", raw(1, 12, attr(1, ""), password), "no User-Name"},
		{"PAP1_15_octets", raw(1, 13, name, attr(2, strings.Repeat("x", 15))), "16 to 128"},
		{"PAP1_empty", raw(1, 14, name, attr(2, "")), "16 to 128"},
		{"PAP1_144_octets", raw(1, 15, name, attr(2, strings.Repeat("x", 144))), "16 to 128"},
		{"CHP1_16_octets", raw(1, 16, name, attr(3, strings.Repeat("c", 16))), "17 octets"},
		{"CHP2_no_challenge", raw(1, 17, name, attr(26, "\x00\x00\x01\x37\x19\x34"+strings.Repeat("m", 50))), "16 octets"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := n.ask(c.raw); got.Code != layeh.CodeAccessReject || message(got) != "Access denied." {
				t.Errorf("got %v %q", got.Code, message(got))
			}
			if req := <-st.asked; !strings.Contains(req.Defect, c.defect) {
				t.Errorf("defect is %q, want one with %q", req.Defect, c.defect)
			}
		})
	}
}

// TestRequest is the table of what a login's request holds.
func TestRequest(t *testing.T) {
	st := start(t, always(accept()), settings(optional))
	n := st.nas(st.auth)
	from := n.conn.LocalAddr().String()
	which := login(7, "bob", "secret")
	station := func(text string) []byte { return login(1, "bob", "secret", attr(31, text)) }
	cases := []struct {
		name string
		raw  []byte
		ok   func(r auth.Request) bool
	}{
		{"PAP", login(1, "bob", "secret"), func(r auth.Request) bool {
			return r.Username == "bob" && r.Password.Reveal() == "secret" && r.Method == auth.PAP && r.Defect == "" && r.ID != 0
		}},
		{"DUP1_which_packet", which, func(r auth.Request) bool {
			return string(r.Packet[:]) == string(which[4:20])+"\x07"
		}},
		{"PAP2_embedded_NUL_is_kept", login(1, "bob", "abc\x00def"), func(r auth.Request) bool { return r.Password.Reveal() == "abc\x00def" }},
		{"PAP5_empty", login(1, "bob", "\x00"), func(r auth.Request) bool { return r.Password.Empty() && r.Method == auth.PAP }},
		{"CHAP", raw(1, 1, attr(1, "bob"), attr(3, strings.Repeat("c", 17))), func(r auth.Request) bool { return r.Method == auth.CHAP }},
		{"CHP2_MSCHAPv2", mschapv2(1), func(r auth.Request) bool {
			return r.Method == auth.MSCHAPv2 && r.Defect == "" && len(r.Handshake.Challenge) == 16 && len(r.Handshake.Response) == 50
		}},
		{"CHP2_MSCHAP_version_1", raw(1, 1, attr(1, "bob"), attr(26, "\x00\x00\x01\x37\x01\x34"+strings.Repeat("m", 50))), func(r auth.Request) bool {
			return r.Method == auth.MSCHAP && r.Defect == ""
		}},
		{"A7_State_is_auths_to_judge", login(1, "bob", "secret", attr(24, "foreign")), func(r auth.Request) bool {
			return string(r.State) == "foreign" && r.Defect == ""
		}},
		{"no_credential_signed", signed(raw(1, 1, attr(1, "bob")), shared), func(r auth.Request) bool { return r.Method == auth.NoCredential }},
		{"UN2_name_as_sent", login(1, "B\xf6b\x00", "x"), func(r auth.Request) bool { return r.Username == "B\xf6b\x00" }},
		{"PKT4_padding", append(login(1, "bob", "secret"), 1, 2, 3), func(r auth.Request) bool { return r.Password.Reveal() == "secret" }},
		{"PKT8_bad_NAS_IP_Address_ignored", login(1, "bob", "x", attr(4, "12345")), func(r auth.Request) bool { return r.NAS == "" }},
		{"PKT12_bad_vendor_ignored", login(1, "bob", "x", attr(26, "\x00\x00\x01\x37\x19\x00mmm"), attr(26, "ab")), func(r auth.Request) bool { return r.Method == auth.PAP }},
		{"NAS_Identifier", login(1, "bob", "x", attr(4, "\x0a\x00\x00\x01"), attr(32, "gate")), func(r auth.Request) bool { return r.NAS == "gate" }},
		{"NAS_IP_Address", login(1, "bob", "x", attr(4, "\x0a\x00\x00\x01"), attr(32, "ga\x1bte")), func(r auth.Request) bool { return r.NAS == "10.0.0.1" }},
		{"NAS_IPv6_Address", login(1, "bob", "x", attr(95, strings.Repeat("\x00", 15)+"\x01")), func(r auth.Request) bool { return r.NAS == "::1" }},
		{"no_station", login(9, "bob", "x"), func(r auth.Request) bool { return r.CallingStation == "" && r.JoinScope == from+"#9" }},
		{"station_ip", station("192.0.2.7"), func(r auth.Request) bool { return r.CallingStation == "192.0.2.7" && r.JoinScope == "" }},
		{"station_ip_port", station("192.0.2.7:1194"), func(r auth.Request) bool { return r.From == netip.MustParseAddr("192.0.2.7") }},
		{"station_ip_brackets", station("192.0.2.7[500]"), func(r auth.Request) bool { return r.CallingStation == "192.0.2.7" }},
		{"station_v6", station("2001:DB8::7"), func(r auth.Request) bool { return r.CallingStation == "2001:db8::7" }},
		{"station_v6_port", station("[2001:db8::7]:1194"), func(r auth.Request) bool { return r.CallingStation == "2001:db8::7" }},
		{"station_v6_brackets", station("[2001:db8::7]"), func(r auth.Request) bool { return r.CallingStation == "2001:db8::7" }},
		{"station_mapped", station("::ffff:192.0.2.7"), func(r auth.Request) bool { return r.CallingStation == "192.0.2.7" && r.From.Is4() }},
		{"station_zone", station("fe80::1%eth0"), func(r auth.Request) bool { return r.CallingStation == "fe80::1" }},
		{"station_MAC", station("00-11-22-33-44-55"), func(r auth.Request) bool { return r.CallingStation == "00-11-22-33-44-55" && !r.From.IsValid() }},
		{"station_bad_port", station("192.0.2.7[5x0]"), func(r auth.Request) bool { return !r.From.IsValid() && r.CallingStation != "" }},
		{"station_control", station("192.0.2.7\n"), func(r auth.Request) bool { return r.CallingStation == "192.0.2.7" }},
		{"station_escape", station("\x1b[2J"), func(r auth.Request) bool { return r.CallingStation == "" && r.JoinScope != "" }},
		{"station_second_attribute", login(1, "bob", "x", attr(31, "00-11"), attr(66, "\x01192.0.2.8")), func(r auth.Request) bool { return r.CallingStation == "192.0.2.8" }},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			n.ask(c.raw)
			if req := <-st.asked; !c.ok(req) {
				t.Errorf("request is %+v", req)
			}
		})
	}
}

func TestMA6_Policies(t *testing.T) {
	unsigned := login(1, "bob", "secret")
	proxied := login(2, "bob", "secret", attr(33, "p"))
	cases := []struct {
		name   string
		policy string
		raw    []byte
		answer bool
	}{
		{"auto_unsigned", "auto", unsigned, true},
		{"default_is_auto", "", unsigned, true},
		{"auto_proxied", "auto", proxied, false},
		{"auto_proxied_signed", "auto", signed(proxied, shared), true},
		{"required_unsigned", "required", unsigned, false},
		{"required_signed", "required", signed(unsigned, shared), true},
		{"optional_unsigned", "optional", unsigned, true},
		{"optional_proxied", "optional", proxied, true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			st := start(t, always(accept()), settings(client(func(s *radius.ClientSettings) { s.MessageAuthenticator = c.policy })))
			n := st.nas(st.auth)
			if !c.answer {
				st.drops(n, "missing_message_authenticator", c.raw)
				return
			}
			n.ask(c.raw)
		})
	}
}

func TestMA6_AutoLearns(t *testing.T) {
	st := start(t, always(accept()), settings())
	n := st.nas(st.auth)
	n.ask(signed(raw(1, 1, attr(1, "bob"), attr(79, "e")), shared))
	n.ask(signed(raw(12, 2), shared))
	n.ask(login(3, "bob", "secret")) // EAP and Status-Server teach nothing
	n.ask(signed(login(4, "bob", "secret"), shared))
	if !st.learned.Has("vpn|127.0.0.1") {
		t.Error("the address is not learned")
	}
	st.drops(n, "missing_message_authenticator", login(5, "bob", "secret"))
	want := "ivalt-radius clients forget --client vpn --address 127.0.0.1"
	await(t, want, func() bool { return strings.Contains(st.logged(), want) })
	other := dial(t, netip.MustParseAddrPort("127.0.0.9:0"), st.auth)
	other.ask(login(6, "bob", "secret")) // learned per address, also inside a prefix
}

func TestMA1_WrongSecretIsHinted(t *testing.T) {
	st := start(t, always(accept()), settings())
	n := st.nas(st.auth)
	for id := range byte(20) {
		st.drops(n, "bad_authenticator", signed(login(id, "bob", "secret"), "some other shared secret"))
	}
	await(t, "the hint", func() bool { return strings.Contains(st.logged(), "shared secret differs?") })
	if got := strings.Count(st.logged(), "shared secret differs?"); got != 1 {
		t.Errorf("%d hints", got)
	}
	if st.learned.Has("vpn|127.0.0.1") {
		t.Error("a forged packet taught something")
	}
}

func TestADM7_EverySecretVerifiesAndSigns(t *testing.T) {
	st := start(t, always(accept()), settings())
	n := st.nas(st.auth)
	for _, under := range []string{shared, newer} {
		out := raw(1, 1, attr(1, "bob"))
		request := signed(append(out, covered("secret", under, out[4:20])...), under)
		n.send(request)
		n.judge(n.reply(), request, under)
		if req := <-st.asked; req.Password.Reveal() != "secret" {
			t.Errorf("under %s the password is unreadable", under)
		}
	}
}

func TestMA8_MA9_ReplyOrder(t *testing.T) {
	st := start(t, always(accept()), settings(client(func(s *radius.ClientSettings) { s.MessageAuthenticator = "optional" })))
	n := st.nas(st.auth)
	request := login(1, "bob", "secret", attr(33, "first"), attr(18, "x"), attr(33, ""), attr(33, "third"))
	n.send(request)
	reply := n.reply()
	n.judge(reply, request, shared)
	want := append(attr(18, "Access granted."), bytes.Join([][]byte{attr(33, "first"), attr(33, ""), attr(33, "third")}, nil)...)
	if !bytes.Equal(reply[38:], want) {
		t.Errorf("got %x, want %x", reply[38:], want)
	}
}

func TestMA8_OmittedByTheOperatorsWord(t *testing.T) {
	st := start(t, always(accept()), settings(client(func(s *radius.ClientSettings) { s.OmitMessageAuthenticator = true })))
	n := st.nas(st.auth)
	request := login(1, "bob", "secret")
	n.send(request)
	reply := n.reply()
	if !layeh.IsAuthenticResponse(reply, request, []byte(shared)) || bytes.Contains(reply, []byte{80, 18}) {
		t.Errorf("got %x", reply)
	}
}

func TestA5_StatusServer(t *testing.T) {
	st := start(t, always(accept()), settings())
	n, a := st.nas(st.auth), st.nas(st.acct)
	request := signed(raw(12, 1, attr(1, "bob"), attr(79, "e"), attr(24, "s")), shared)
	if got := n.ask(request); got.Code != layeh.CodeAccessAccept || len(got.Attributes) != 1 {
		t.Errorf("authentication port: %v with %d attributes", got.Code, len(got.Attributes))
	}
	if got := a.ask(signed(raw(12, 2), shared)); got.Code != layeh.CodeAccountingResponse {
		t.Errorf("accounting port: %v", got.Code)
	}
	if len(st.asked) != 0 {
		t.Error("Status-Server started a login")
	}
	for id := range byte(60) {
		n.send(signed(raw(12, id), shared))
	}
	await(t, "the rate limit", func() bool { return st.Counters()["status_limited"] > 0 })
	st.Drain()
	before := st.Counters()["status_silent"]
	a.send(signed(raw(12, 3), shared))
	await(t, "silence while draining", func() bool { return st.Counters()["status_silent"] > before })
}

func TestA5_StatusServerTurnedOff(t *testing.T) {
	st := start(t, always(accept()), settings(client(func(s *radius.ClientSettings) { s.IgnoreStatusServer = true })))
	n := st.nas(st.auth)
	before := st.Counters()["status_silent"]
	n.send(signed(raw(12, 1), shared))
	await(t, "silence", func() bool { return st.Counters()["status_silent"] > before })
	if got := n.ask(signed(login(2, "bob", "secret"), shared)); got.Code != layeh.CodeAccessAccept {
		t.Errorf("a login: %v", got.Code)
	}
}

func TestMA6_AWrongSecretDoesNotEatTheRemedy(t *testing.T) {
	st := start(t, always(accept()), settings())
	n := st.nas(st.auth)
	n.ask(signed(login(1, "bob", "secret"), shared))
	st.drops(n, "bad_authenticator", signed(login(2, "bob", "secret"), "some other shared secret"))
	st.drops(n, "missing_message_authenticator", login(3, "bob", "secret"))
	want := "ivalt-radius clients forget --client vpn --address 127.0.0.1"
	await(t, want, func() bool { return strings.Contains(st.logged(), want) })
}

// TestMA5_UnsignedStatusIsNoReasonToForget: that kind must be signed whatever was learned.
func TestMA5_UnsignedStatusIsNoReasonToForget(t *testing.T) {
	st := start(t, always(accept()), settings())
	n := st.nas(st.auth)
	n.ask(signed(login(1, "bob", "secret"), shared))
	st.drops(n, "missing_message_authenticator", raw(12, 2))
	await(t, "the hint", func() bool { return strings.Contains(st.logged(), "have the NAS send Message-Authenticator") })
	if strings.Contains(st.logged(), "clients forget") {
		t.Errorf("the log advises to forget: %s", st.logged())
	}
}

func TestADM2_StrangersHaveARemedy(t *testing.T) {
	st := start(t, always(accept()), settings(client(func(s *radius.ClientSettings) { s.Networks = []string{"192.0.2.0/24"} })))
	st.drops(st.nas(st.auth), "unknown_client", login(1, "bob", "secret"))
	await(t, "the remedy", func() bool { return strings.Contains(st.logged(), "add the address to a client's networks") })
}
