package wire_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/md5"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"

	"layeh.com/radius"
	"layeh.com/radius/rfc2865"
	"layeh.com/radius/rfc2866"

	"ivalt-radius/radius/wire"
	"ivalt-radius/secret"
)

const shared = "a shared secret of ours"

func key() *wire.Key { return wire.NewKey(secret.New(shared)) }

// attr encodes one attribute with the length octet as given.
func attr(typ, length byte, value ...byte) []byte { return append([]byte{typ, length}, value...) }

// packet encodes a packet whose Length is right.
func packet(code byte, attributes ...[]byte) []byte {
	raw := append([]byte{code, 7, 0, 0}, "0123456789abcdef"...)
	for _, a := range attributes {
		raw = append(raw, a...)
	}
	binary.BigEndian.PutUint16(raw[2:], uint16(len(raw))) //nolint:gosec // a packet
	return raw
}

func withLength(raw []byte, length uint16) []byte {
	raw = bytes.Clone(raw)
	binary.BigEndian.PutUint16(raw[2:], length)
	return raw
}

// sign fills in the Message-Authenticator of a request by the book, with nothing of the package under test.
func sign(raw []byte, under string) []byte {
	raw = bytes.Clone(raw)
	at := bytes.Index(raw, append([]byte{80, 18}, make([]byte, 16)...)) + 2
	plain := bytes.Clone(raw)
	if raw[0] == 4 {
		copy(plain[4:20], make([]byte, 16))
	}
	mac := hmac.New(md5.New, []byte(under))
	mac.Write(plain)
	copy(raw[at:], mac.Sum(nil))
	return raw
}

func unsigned() []byte { return attr(80, 18, make([]byte, 16)...) }

func TestParse(t *testing.T) {
	name := attr(1, 5, 'b', 'o', 'b')
	long := bytes.Repeat(append([]byte{26, 255}, make([]byte, 253)...), 16) // 4080 octets
	cases := []struct {
		name string
		raw  []byte
		want error
	}{
		{"PKT1_empty", nil, wire.ErrShort},
		{"PKT1_nineteen_octets", packet(1)[:19], wire.ErrShort},
		{"PKT1_header_alone", packet(1), nil},
		{"PKT2_length_nineteen", withLength(packet(1), 19), wire.ErrLength},
		{"PKT2_length_zero", withLength(packet(1), 0), wire.ErrLength},
		{"PKT2_length_4096", packet(1, long[:4076-253], append([]byte{26, 253}, make([]byte, 251)...))[:4096:4096], nil},
		{"PKT2_length_4097", withLength(append(packet(1), make([]byte, 5000)...), 4097), wire.ErrLength},
		{"PKT3_datagram_shorter", packet(1, name)[:24], wire.ErrTruncated},
		{"PKT4_padding", append(packet(1, name), 0, 0, 0, 9), nil},
		{"PKT5_header_overflows", packet(1, name, []byte{1}), wire.ErrAttributes},
		{"PKT5_length_zero", packet(1, attr(1, 0)), wire.ErrAttributes},
		{"PKT5_length_one", packet(1, attr(1, 1)), wire.ErrAttributes},
		{"PKT5_past_the_end", packet(1, attr(1, 6, 'b', 'o', 'b')), wire.ErrAttributes},
		{"PKT5_empty_value", packet(1, attr(1, 2)), nil},
		{"PKT6_type_zero", packet(1, attr(0, 3, 'x')), wire.ErrTypeZero},
		{"PKT7_200_attributes", packet(1, bytes.Repeat(attr(18, 3, 'x'), 200)), nil},
		{"PKT7_201_attributes", packet(1, bytes.Repeat(attr(18, 3, 'x'), 201)), wire.ErrMany},
		{"MA2_one", packet(1, unsigned()), nil},
		{"MA2_two", packet(1, unsigned(), unsigned()), wire.ErrAuthenticity},
		{"MA2_17_octets", packet(1, attr(80, 17, make([]byte, 15)...)), wire.ErrAuthenticity},
		{"MA2_19_octets", packet(1, attr(80, 19, make([]byte, 17)...)), wire.ErrAuthenticity},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if c.name == "PKT2_length_4096" {
				c.raw = exactly4096()
			}
			p, err := wire.Parse(c.raw)
			if !errors.Is(err, c.want) {
				t.Fatalf("error is %v, want %v", err, c.want)
			}
			if err == nil && len(p.Bytes()) != int(binary.BigEndian.Uint16(c.raw[2:])) {
				t.Errorf("packet has %d octets, Length says otherwise", len(p.Bytes()))
			}
		})
	}
}

func exactly4096() []byte {
	var attributes []byte
	for range 16 {
		attributes = append(attributes, append([]byte{26, 254}, make([]byte, 252)...)...)
	}
	return packet(1, attributes, append([]byte{26, 12}, make([]byte, 10)...))
}

func TestAttributes(t *testing.T) {
	p, err := wire.Parse(packet(1, attr(1, 5, 'b', 'o', 'b'), attr(33, 3, 'x'), attr(33, 2)))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for typ, value := range p.Attributes {
		got = append(got, fmt.Sprintf("%d=%s", typ, value))
	}
	if want := "1=bob 33=x 33="; strings.Join(got, " ") != want {
		t.Errorf("got %v, want %s", got, want)
	}
	for range p.Attributes {
		break // stops where it is told to
	}
	if p.Identifier() != 7 || p.Code() != wire.AccessRequest || p.Signed() {
		t.Errorf("identifier %d, code %d, signed %v", p.Identifier(), p.Code(), p.Signed())
	}
}

func TestPKT12_VendorSpecific(t *testing.T) {
	cases := []struct {
		name  string
		value []byte
		want  string
	}{
		{"two_sub_attributes", []byte{0, 0, 1, 55, 11, 3, 'a', 25, 3, 'b'}, "311:11=a 311:25=b "},
		{"length_zero", []byte{0, 0, 1, 55, 11, 0, 'a'}, ""},
		{"length_one", []byte{0, 0, 1, 55, 11, 1, 'a'}, ""},
		{"past_the_end", []byte{0, 0, 1, 55, 11, 9, 'a'}, ""},
		{"short", []byte{0, 0, 1, 55, 11}, ""},
		{"no_enterprise_number", []byte{1, 0, 1, 55, 11, 3, 'a'}, ""},
		{"empty", nil, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := ""
			wire.Vendor(c.value, func(vendor uint32, typ byte, value []byte) bool {
				got += fmt.Sprintf("%d:%d=%s ", vendor, typ, value)
				return true
			})
			if got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

type goldenPacket struct {
	raw    []byte
	verify func(k *wire.Key, p wire.Packet) bool
	twins  int // how many bits it does not cover
}

// golden are packets by the book, each of which must verify, and must not verify with any one bit flipped.
func golden() map[string]goldenPacket {
	login := sign(packet(1, unsigned(), attr(1, 5, 'b', 'o', 'b')), shared)
	accounting := packet(4, attr(40, 6, 0, 0, 0, 1), attr(44, 4, '1', '2'))
	digest := md5.Sum(append(append(append(bytes.Clone(accounting[:4]), make([]byte, 16)...), accounting[20:]...), shared...))
	copy(accounting[4:], digest[:])
	signedAccounting := sign(packet(4, attr(40, 6, 0, 0, 0, 2), unsigned()), shared)
	return map[string]goldenPacket{
		"access_request":     {login, (*wire.Key).Verify, 0},
		"status_server":      {sign(packet(12, unsigned()), shared), (*wire.Key).Verify, 0},
		"accounting_request": {accounting, (*wire.Key).VerifyAccounting, 0},
		// This Message-Authenticator does not cover the Request Authenticator, which has its own check.
		"signed_accounting": {signedAccounting, (*wire.Key).Verify, 128},
	}
}

func TestMA4_VerifiesRawOctetsAndNoTwin(t *testing.T) {
	for name, g := range golden() {
		t.Run(name, func(t *testing.T) {
			if !g.verifies(g.raw, shared) {
				t.Fatal("the golden packet does not verify")
			}
			if g.verifies(g.raw, shared+"x") {
				t.Error("it verifies under another secret")
			}
			if !g.verifies(append(bytes.Clone(g.raw), 1, 2, 3), shared) {
				t.Error("PKT-4: padding is not kept out of the hash")
			}
			if got := g.flips(); got != g.twins {
				t.Errorf("it verifies with one of %d bits flipped, want %d", got, g.twins)
			}
		})
	}
}

// flips is with how many single bits flipped the packet still verifies.
func (g goldenPacket) flips() (twins int) {
	for bit := range len(g.raw) * 8 {
		twin := bytes.Clone(g.raw)
		twin[bit/8] ^= 1 << (bit % 8)
		if g.verifies(twin, shared) {
			twins++
		}
	}
	return twins
}

func (g goldenPacket) verifies(raw []byte, under string) bool {
	p, err := wire.Parse(raw)
	return err == nil && g.verify(wire.NewKey(secret.New(under)), p)
}

func TestVerify_WithoutMessageAuthenticator(t *testing.T) {
	p, err := wire.Parse(packet(1))
	if err != nil || key().Verify(p) {
		t.Errorf("a packet without Message-Authenticator verifies (%v)", err)
	}
}

func TestVerifyAccounting_AgreesWithAnotherCodec(t *testing.T) {
	other := radius.New(radius.CodeAccountingRequest, []byte(shared))
	if err := rfc2866.AcctSessionID_SetString(other, "session"); err != nil {
		t.Fatal(err)
	}
	raw, err := other.Encode()
	if err != nil {
		t.Fatal(err)
	}
	p, err := wire.Parse(raw)
	if err != nil || !key().VerifyAccounting(p) {
		t.Errorf("layeh's Accounting-Request does not verify: %v", err)
	}
}

func TestPAP_Password(t *testing.T) {
	authenticator := []byte("0123456789abcdef")
	cover := func(plain string) []byte {
		out := make([]byte, 0, 128)
		before := authenticator
		padded := append([]byte(plain), make([]byte, (16-len(plain)%16)%16)...)
		for at := 0; at < len(padded); at += 16 {
			sum := md5.Sum(append([]byte(shared), before...))
			for i := range sum {
				out = append(out, padded[at+i]^sum[i])
			}
			before = out[at : at+16]
		}
		return out
	}
	cases := []struct {
		name   string
		cipher []byte
		want   string
		err    error
	}{
		{"PAP1_empty", nil, "", wire.ErrPasswordLength},
		{"PAP1_15_octets", make([]byte, 15), "", wire.ErrPasswordLength},
		{"PAP1_17_octets", make([]byte, 17), "", wire.ErrPasswordLength},
		{"PAP1_144_octets", make([]byte, 144), "", wire.ErrPasswordLength},
		{"one_block", cover("secret"), "secret", nil},
		{"exactly_one_block", cover("0123456789abcdef"), "0123456789abcdef", nil},
		{"two_blocks", cover("a password of 21 char"), "a password of 21 char", nil},
		{"128_octets", cover(strings.Repeat("p", 128)), strings.Repeat("p", 128), nil},
		{"PAP2_trailing_NULs", cover("abc\x00\x00"), "abc", nil},
		{"PAP2_embedded_NUL", cover("abc\x00def"), "abc\x00def", wire.ErrPasswordNUL},
		{"PAP5_nothing_but_NULs", cover(strings.Repeat("\x00", 16)), "", nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, err := key().Password(c.cipher, authenticator)
			if !errors.Is(err, c.err) || got.Reveal() != c.want {
				t.Errorf("got %q and %v, want %q and %v", got.Reveal(), err, c.want, c.err)
			}
		})
	}
}

// The example of RFC 2865 section 7.1.
func TestPassword_RFCExample(t *testing.T) {
	authenticator, _ := hex.DecodeString("0f403f9473978057bd83d5cb98f4227a")
	cipher, _ := hex.DecodeString("0dbe708d93d413ce3196e43f782a0aee")
	got, err := wire.NewKey(secret.New("xyzzy5461")).Password(cipher, authenticator)
	if err != nil || got.Reveal() != "arctangent" {
		t.Errorf("got %q, %v", got.Reveal(), err)
	}
}

func TestMA8_MA9_Reply(t *testing.T) {
	request, err := wire.Parse(packet(1, attr(33, 4, 'p', '1'), attr(1, 5, 'b', 'o', 'b'), attr(33, 4, 'p', '2')))
	if err != nil {
		t.Fatal(err)
	}
	message := wire.Append(nil, 18, []byte("hello"))
	raw, err := key().AppendReply(nil, wire.OriginOf(request), wire.Reply{Code: wire.AccessReject, Attributes: message})
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(raw[20:], []byte{80, 18}) {
		t.Errorf("Message-Authenticator is not first: %x", raw[20:])
	}
	if want := append(message, 33, 4, 'p', '1', 33, 4, 'p', '2'); !bytes.Equal(raw[38:], want) {
		t.Errorf("behind it stands %x, want %x", raw[38:], want)
	}
	if !radius.IsAuthenticResponse(raw, packet(1), []byte(shared)) {
		t.Error("layeh refuses the Response Authenticator")
	}
	plain := bytes.Clone(raw)
	copy(plain[4:], request.Authenticator())
	copy(plain[22:38], make([]byte, 16))
	mac := hmac.New(md5.New, []byte(shared))
	mac.Write(plain)
	if !bytes.Equal(mac.Sum(nil), raw[22:38]) {
		t.Error("the Message-Authenticator is wrong")
	}
	reply, err := radius.Parse(raw, []byte(shared))
	if err != nil || rfc2865.ReplyMessage_GetString(reply) != "hello" {
		t.Errorf("layeh reads %v, %v", reply, err)
	}
}

func TestReply_Unsigned(t *testing.T) {
	raw, err := key().AppendReply([]byte("kept"), wire.Origin{}, wire.Reply{Code: wire.AccountingResponse, Signature: wire.Unsigned})
	if err != nil || len(raw) != 24 || string(raw[:4]) != "kept" {
		t.Errorf("got %q, %v", raw, err)
	}
}

func TestReply_TooLong(t *testing.T) {
	fits := bytes.Repeat(wire.Append(nil, 18, make([]byte, 1)), (wire.MaxPacket-20-18)/3)
	if _, err := key().AppendReply(nil, wire.Origin{}, wire.Reply{Attributes: fits}); err != nil {
		t.Errorf("what fits is refused: %v", err)
	}
	dst := []byte("kept")
	got, err := key().AppendReply(dst, wire.Origin{}, wire.Reply{Attributes: append(fits, fits...)})
	if !errors.Is(err, wire.ErrTooLong) || string(got) != "kept" {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestWalk(t *testing.T) {
	all := func(byte, []byte) bool { return true }
	if err := wire.Walk([]byte{1, 3, 'a', 2, 2}, all); err != nil {
		t.Error(err)
	}
	if err := wire.Walk([]byte{1, 3, 'a', 2, 9}, all); !errors.Is(err, wire.ErrAttributes) {
		t.Errorf("unsound attributes: %v", err)
	}
}

func TestAppend_CutsWhatCannotFit(t *testing.T) {
	if got := wire.Append(nil, 18, make([]byte, 300)); len(got) != 255 || got[1] != 255 {
		t.Errorf("%d octets, length %d", len(got), got[1])
	}
}

func TestKey_PrintsNothing(t *testing.T) {
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%q"} {
		if got := fmt.Sprintf(verb, key()); strings.Contains(got, "shared") || strings.Contains(got, hex.EncodeToString([]byte("shared"))) {
			t.Errorf("%s shows %s", verb, got)
		}
	}
}

func TestText(t *testing.T) {
	for value, want := range map[string]string{
		"gate": "gate", " gate\u00a0": "gate", "B\u00f6b": "B\u00f6b", "": "", "ga\x1bte": "", "ga\x00te": "", "gate\n": "",
		"\u202egate": "", "\xff": "", strings.Repeat("x", 254): "",
	} {
		if got := wire.Text([]byte(value)); got != want {
			t.Errorf("%q becomes %q, want %q", value, got, want)
		}
	}
}
