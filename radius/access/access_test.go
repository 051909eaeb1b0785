package access_test

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"

	layeh "layeh.com/radius"

	"ivalt-radius/auth"
	"ivalt-radius/radius/access"
	"ivalt-radius/radius/wire"
	"ivalt-radius/secret"
)

const (
	shared = "a shared secret of ours"
	asked  = "0123456789abcdef" // the Request Authenticator
)

// attr encodes one attribute.
func attr(typ byte, value string) []byte { return wire.Append(nil, typ, []byte(value)) }

// microsoft encodes one attribute of Microsoft's.
func microsoft(typ byte, value string) []byte {
	return attr(26, "\x00\x00\x01\x37"+string(attr(typ, value)))
}

// packet is an Access-Request.
func packet(attributes ...[]byte) []byte {
	raw := append([]byte{1, 7, 0, 0}, asked...)
	raw = append(raw, bytes.Join(attributes, nil)...)
	binary.BigEndian.PutUint16(raw[2:], uint16(len(raw))) //nolint:gosec // a packet
	return raw
}

// fill is what the package makes of a packet; the packet's memory is then written over.
func fill(t *testing.T, raw []byte) auth.Request {
	t.Helper()
	p, err := wire.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	var f access.Facts
	f.Gather(p)
	var req auth.Request
	f.Fill(&req, p, wire.NewKey(secret.New(shared)))
	for i := range raw {
		raw[i] = 0xee
	}
	return req
}

// The attributes of the cases.
func name() []byte                     { return attr(1, "bob") }
func chap(octets int) []byte           { return attr(3, strings.Repeat("c", octets)) }
func chapChallenge(octets int) []byte  { return attr(60, strings.Repeat("q", octets)) }
func msChallenge(octets int) []byte    { return microsoft(11, strings.Repeat("q", octets)) }
func ms2(octets int) []byte            { return microsoft(25, strings.Repeat("r", octets)) }
func ms1() []byte                      { return microsoft(1, strings.Repeat("r", 50)) }
func join(attributes ...[]byte) []byte { return bytes.Join(attributes, nil) }
func password(t *testing.T, p string) []byte {
	t.Helper()
	cipher, err := layeh.NewUserPassword([]byte(p), []byte(shared), []byte(asked))
	if err != nil {
		t.Fatal(err)
	}
	return attr(2, string(cipher))
}

// TestMethods is the table of credentials that can be judged, and what auth is handed of them.
func TestMethods(t *testing.T) {
	cases := []struct {
		name                string
		raw                 []byte
		method              auth.Method
		challenge, response string
	}{
		{"PAP", join(name(), password(t, "secret")), auth.PAP, "", ""},
		{"CHP1_challenge_is_the_authenticator", join(name(), chap(17)), auth.CHAP, asked, strings.Repeat("c", 17)},
		{"CHP1_CHAP_Challenge", join(name(), chap(17), chapChallenge(16)), auth.CHAP, strings.Repeat("q", 16), strings.Repeat("c", 17)},
		{"CHP1_CHAP_Challenge_first", join(chapChallenge(5), name(), chap(17)), auth.CHAP, "qqqqq", strings.Repeat("c", 17)},
		{"CHP1_shortest_challenge", join(name(), chap(17), chapChallenge(1)), auth.CHAP, "q", strings.Repeat("c", 17)},
		{"CHP1_longest_challenge", join(name(), chap(17), chapChallenge(253)), auth.CHAP, strings.Repeat("q", 253), strings.Repeat("c", 17)},
		{"CHP2_two_vendor_attributes", join(name(), msChallenge(16), ms2(50)), auth.MSCHAPv2, strings.Repeat("q", 16), strings.Repeat("r", 50)},
		{"CHP2_one_vendor_attribute", join(name(), attr(26, "\x00\x00\x01\x37"+string(join(ms2(50)[6:], msChallenge(16)[6:])))), auth.MSCHAPv2, strings.Repeat("q", 16), strings.Repeat("r", 50)},
		{"CHP2_version_1_is_none", join(name(), msChallenge(8), ms1()), auth.MSCHAP, "", ""},
		{"CHP2_another_vendor", join(name(), attr(26, "\x00\x00\x01\x38"+string(ms2(50)[6:]))), auth.NoCredential, "", ""},
		{"nothing", name(), auth.NoCredential, "", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			req := fill(t, packet(c.raw))
			if req.Defect != "" || req.Method != c.method || string(req.Handshake.Challenge) != c.challenge || string(req.Handshake.Response) != c.response {
				t.Errorf("request is %+v", req)
			}
			if req.Username != "bob" || (req.Password.Reveal() == "secret") != (c.method == auth.PAP) {
				t.Errorf("request is %+v", req)
			}
		})
	}
}

// TestDefects is the table of what can only be rejected. Nothing of such a packet's credential is handed on.
func TestDefects(t *testing.T) {
	cases := []struct {
		name, defect string
		raw          []byte
	}{
		{"CHP1_16_octets", "CHAP-Password is not 17 octets", join(name(), chap(16))},
		{"CHP1_18_octets", "CHAP-Password is not 17 octets", join(name(), chap(18))},
		{"CHP1_empty", "CHAP-Password is not 17 octets", join(name(), chap(0))},
		{"CHP1_empty_challenge", "CHAP-Challenge is empty", join(name(), chap(17), chapChallenge(0))},
		{"CHP1_two_passwords", "more often", join(name(), chap(17), chap(17))},
		{"CHP1_two_challenges", "more often", join(name(), chap(17), chapChallenge(16), chapChallenge(16))},
		{"CHP2_49_octets", "MS-CHAP2-Response is not 50 octets", join(name(), msChallenge(16), ms2(49))},
		{"CHP2_51_octets", "MS-CHAP2-Response is not 50 octets", join(name(), msChallenge(16), ms2(51))},
		{"CHP2_empty", "MS-CHAP2-Response is not 50 octets", join(name(), msChallenge(16), ms2(0))},
		{"CHP2_no_challenge", "MS-CHAP-Challenge is not 16 octets", join(name(), ms2(50))},
		{"CHP2_challenge_of_15", "MS-CHAP-Challenge is not 16 octets", join(name(), msChallenge(15), ms2(50))},
		{"CHP2_challenge_of_17", "MS-CHAP-Challenge is not 16 octets", join(name(), msChallenge(17), ms2(50))},
		{"CHP2_two_responses", "more often", join(name(), msChallenge(16), ms2(50), ms2(50))},
		{"CHP2_two_challenges", "more often", join(name(), msChallenge(16), msChallenge(16), ms2(50))},
		{"CHP2_two_of_version_1", "more often", join(name(), msChallenge(8), ms1(), ms1())},
		{"CHP2_256_responses_are_not_none", "more often", join(name(), msChallenge(16), bytes.Repeat(attr(26, "\x00\x00\x01\x37"+strings.Repeat("\x19\x02", 64)), 4))},
		{"CHP2_both_versions", "more than one kind", join(name(), msChallenge(16), ms1(), ms2(50))},
		{"PKT11_CHAP_and_MSCHAPv2", "more than one kind", join(name(), chap(17), msChallenge(16), ms2(50))},
		{"PKT11_PAP_and_MSCHAPv2", "more than one kind", join(name(), password(t, "x"), msChallenge(16), ms2(50))},
		{"A7_empty_State", "State is empty", join(name(), password(t, "x"), attr(24, ""))},
		{"A7_two_States", "more often", join(name(), password(t, "x"), attr(24, "a"), attr(24, "a"))},
		{"EAP1", "EAP is not served", join(name(), attr(79, "\x02\x01\x00\x08\x01bob"))},
		{"ARAP", "ARAP is not served", join(name(), attr(70, asked))},
		{"PAP1_empty", "16 to 128", join(name(), attr(2, ""))},
		{"PAP1_17_octets", "16 to 128", join(name(), attr(2, strings.Repeat("x", 17)))},
		{"UN1_no_name", "no User-Name", chap(17)},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			req := fill(t, packet(c.raw))
			if !strings.Contains(req.Defect, c.defect) {
				t.Errorf("defect is %q, want one with %q", req.Defect, c.defect)
			}
			if !req.Password.Empty() || req.Handshake.Challenge != nil || req.Handshake.Response != nil {
				t.Error("a credential is handed on")
			}
		})
	}
}

// TestState: what may be a State is handed on as it stands, for auth to judge.
func TestState(t *testing.T) {
	for _, state := range []string{"a", "\x00\xff", strings.Repeat("s", 253)} {
		req := fill(t, packet(name(), password(t, ""), attr(24, state)))
		if req.Defect != "" || string(req.State) != state {
			t.Errorf("State of %d octets: defect %q, State of %d", len(state), req.Defect, len(req.State))
		}
	}
	if req := fill(t, packet(name(), password(t, "x"))); req.State != nil {
		t.Errorf("a State from nowhere: %x", req.State)
	}
}

// TestEmptyAnswer: beside a State there may be no octets at all where a person just presses Enter, and nothing else of a wrong length.
func TestEmptyAnswer(t *testing.T) {
	if req := fill(t, packet(name(), attr(2, ""), attr(24, "a"))); req.Defect != "" || req.Method != auth.PAP || !req.Password.Empty() {
		t.Errorf("defect %q, method %d", req.Defect, req.Method)
	}
	if req := fill(t, packet(name(), attr(2, "x"), attr(24, "a"))); req.Defect == "" {
		t.Error("one octet is no defect")
	}
}

func TestNAS(t *testing.T) {
	four, six := attr(4, "\x0a\x00\x00\x01"), attr(95, strings.Repeat("\x00", 15)+"\x01")
	for want, raw := range map[string][]byte{
		"gate":     join(four, attr(32, " gate ")),
		"10.0.0.1": join(six, four, attr(32, "\x1b[2J")),
		"::1":      join(attr(4, "12345"), six),
		"":         attr(95, "x"),
	} {
		if req := fill(t, packet(raw)); req.NAS != want {
			t.Errorf("NAS is %q, want %q", req.NAS, want)
		}
	}
}

func TestWhatDecodeAsks(t *testing.T) {
	cases := []struct {
		name         string
		raw          []byte
		eap, proxied bool
		credentials  int
	}{
		{"nothing", name(), false, false, 0},
		{"EAP_through_a_proxy", join(attr(79, "e"), attr(33, "p")), true, true, 1},
		{"all_kinds", join(password(t, "x"), chap(17), attr(70, asked), attr(79, "e"), ms1(), ms2(50)), true, false, 6},
	}
	for _, c := range cases {
		p, err := wire.Parse(packet(c.raw))
		if err != nil {
			t.Fatal(err)
		}
		f := access.Facts{}
		f.Gather(p)
		if f.EAP() != c.eap || f.Proxied() != c.proxied || f.Credentials() != c.credentials {
			t.Errorf("%s: EAP %v, proxied %v, %d credentials", c.name, f.EAP(), f.Proxied(), f.Credentials())
		}
	}
}

// FuzzFill: whatever the attributes are, a request without a Defect has a handshake of the right sizes or none, and nothing of a
// packet with one is handed on.
func FuzzFill(f *testing.F) {
	f.Add(join(name(), chap(17), chapChallenge(16)))
	f.Add(join(name(), msChallenge(16), ms2(50)))
	f.Add(join(name(), ms1(), attr(24, "s")))
	f.Add([]byte{26, 9, 0, 0, 1, 55, 25, 0, 1})
	f.Fuzz(func(t *testing.T, attributes []byte) {
		if len(attributes) > wire.MaxPacket-wire.HeaderSize {
			return
		}
		raw := packet(attributes)
		if _, err := wire.Parse(raw); err != nil {
			return
		}
		req := fill(t, raw)
		challenge, response := len(req.Handshake.Challenge), len(req.Handshake.Response)
		sizes := map[auth.Method]bool{
			auth.CHAP:     challenge >= 1 && challenge <= 253 && response == 17,
			auth.MSCHAPv2: challenge == 16 && response == 50,
		}
		sound, shaken := sizes[req.Method]
		switch {
		case req.Defect == "" && shaken && !sound:
			t.Fatalf("%+v", req)
		case (req.Defect != "" || !shaken) && challenge+response != 0:
			t.Fatalf("a handshake is handed on: %+v", req)
		case req.Defect == "" && (req.Username == "" || req.State != nil && len(req.State) == 0):
			t.Fatalf("%+v", req)
		}
	})
}
