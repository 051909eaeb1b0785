package wire_test

import (
	"bytes"
	"crypto/md5"
	"errors"
	"testing"

	"layeh.com/radius"
	"layeh.com/radius/rfc2868"
	"layeh.com/radius/vendors/microsoft"

	"ivalt-radius/radius/wire"
)

const asked = "0123456789abcdef" // a Request Authenticator

// sealed seals by the package under test.
func sealed(t *testing.T, value string) []byte {
	t.Helper()
	out, err := key().AppendSealed(nil, []byte(value), []byte(asked), &wire.Salts{})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// opened uncovers by the letter of RFC 2868 section 3.5: b(1) = MD5(S + R + A), b(i) = MD5(S + c(i-1)).
func opened(under string, octets []byte) []byte {
	before := append([]byte(asked), octets[:2]...)
	var plain []byte
	for c := octets[2:]; len(c) > 0; c = c[16:] {
		b := md5.Sum(append([]byte(under), before...))
		for i := range b {
			plain = append(plain, b[i]^c[i])
		}
		before = c[:16]
	}
	return plain
}

func TestSealed_ByTheBook(t *testing.T) {
	for name, c := range map[string]struct {
		size, blocks int
	}{
		"empty":                      {0, 1},
		"one_block_with_its_length":  {15, 1},
		"the_length_takes_an_octet":  {16, 2},
		"a_key":                      {16, 2},
		"two_blocks_with_its_length": {31, 2},
		"the_longest":                {wire.MaxSealed, 15},
	} {
		t.Run(name, func(t *testing.T) {
			value := bytes.Repeat([]byte("v"), c.size)
			got := sealed(t, string(value))
			if len(got) != 2+16*c.blocks || got[0]&0x80 == 0 {
				t.Fatalf("%d octets behind the salt %x", len(got)-2, got[:2])
			}
			want := make([]byte, 16*c.blocks) // the padding is zeros
			want[0] = byte(c.size)            //nolint:gosec // at most 239
			copy(want[1:], value)
			if plain := opened(shared, got); !bytes.Equal(plain, want) {
				t.Errorf("it opens as %x", plain)
			}
			if bytes.Contains(got, []byte("vvvv")) {
				t.Error("the value stands there in plain text")
			}
		})
	}
}

// TestSealed_FlippedBits: with one bit of the sealed octets flipped, another secret or another request, the value is another.
func TestSealed_FlippedBits(t *testing.T) {
	golden := sealed(t, "a long passphrase of two blocks")
	whole := opened(shared, golden)
	for bit := range len(golden) * 8 {
		twin := bytes.Clone(golden)
		twin[bit/8] ^= 1 << (bit % 8)
		if bytes.Equal(opened(shared, twin), whole) {
			t.Errorf("bit %d makes no difference", bit)
		}
	}
	if bytes.Equal(opened(shared+"x", golden), whole) {
		t.Error("it opens under another secret")
	}
}

func TestSealed_TooLong(t *testing.T) {
	before := []byte("before")
	got, err := key().AppendSealed(before, make([]byte, wire.MaxSealed+1), []byte(asked), &wire.Salts{})
	if !errors.Is(err, wire.ErrSealed) || !bytes.Equal(got, before) {
		t.Errorf("%x, %v", got, err)
	}
}

func TestSalts_UniqueWithTheTopBitSet(t *testing.T) {
	var salts wire.Salts
	seen := map[string]bool{}
	for range 1 << 15 {
		out, err := key().AppendSealed(nil, nil, []byte(asked), &salts)
		if err != nil || out[0]&0x80 == 0 || seen[string(out[:2])] {
			t.Fatalf("salt %x again, %v", out[:2], err)
		}
		seen[string(out[:2])] = true
	}
}

// TestSalts_BeginAnywhere: of many packets' first salts not all are the same.
func TestSalts_BeginAnywhere(t *testing.T) {
	seen := map[string]bool{}
	for range 64 {
		seen[string(sealed(t, "")[:2])] = true
	}
	if len(seen) < 32 {
		t.Errorf("64 packets begin with %d salts", len(seen))
	}
}

// TestSealed_AnotherCodecOpensIt: the library reads Tunnel-Password and the MPPE keys as they were sealed.
func TestSealed_AnotherCodecOpensIt(t *testing.T) {
	request := &radius.Packet{Code: radius.CodeAccessRequest, Secret: []byte(shared)}
	copy(request.Authenticator[:], asked)
	var salts wire.Salts
	attributes := []byte{}
	for typ, value := range map[byte]string{16: "send key 16 octs", 17: "recv key 16 octs"} {
		inner, err := key().AppendSealed([]byte{0, 0, 1, 55, typ, 2 + 2 + 32}, []byte(value), []byte(asked), &salts)
		if err != nil {
			t.Fatal(err)
		}
		attributes = wire.Append(attributes, wire.VendorSpecific, inner)
	}
	tunnel, err := key().AppendSealed([]byte{3}, []byte("a passphrase"), []byte(asked), &salts)
	if err != nil {
		t.Fatal(err)
	}
	attributes = wire.Append(attributes, 69, tunnel)
	parsed, err := radius.ParseAttributes(attributes)
	if err != nil {
		t.Fatal(err)
	}
	answer := &radius.Packet{Code: radius.CodeAccessAccept, Secret: []byte(shared), Attributes: parsed}
	tag, password, err := rfc2868.TunnelPassword_LookupString(answer, request)
	if err != nil || tag != 3 || password != "a passphrase" {
		t.Errorf("Tunnel-Password reads as %d:%q, %v", tag, password, err)
	}
	if got := microsoft.MSMPPESendKey_GetString(answer, request); got != "send key 16 octs" {
		t.Errorf("MS-MPPE-Send-Key reads as %q", got)
	}
	if got := microsoft.MSMPPERecvKey_GetString(answer, request); got != "recv key 16 octs" {
		t.Errorf("MS-MPPE-Recv-Key reads as %q", got)
	}
}

// FuzzSealed: what is sealed is what another codec opens.
func FuzzSealed(f *testing.F) {
	f.Add([]byte("a passphrase"), []byte(asked))
	f.Add([]byte{}, make([]byte, 16))
	f.Add(make([]byte, wire.MaxSealed), make([]byte, 16))
	f.Fuzz(func(t *testing.T, value, authenticator []byte) {
		authenticator = append(authenticator, make([]byte, 16)...)[:16]
		out, err := key().AppendSealed(nil, value, authenticator, &wire.Salts{})
		if (err != nil) != (len(value) > wire.MaxSealed) {
			t.Fatal(err)
		}
		if err != nil {
			return
		}
		got, salt, err := radius.TunnelPassword(out, []byte(shared), authenticator)
		if err != nil || !bytes.Equal(got, value) || !bytes.Equal(salt, out[:2]) {
			t.Fatalf("%x opens as %x, %v", value, got, err)
		}
	})
}
