package upstream

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"layeh.com/radius"

	"ivalt-radius/secret"
)

// Packets that another program made, under the secret `shared`. The unsigned Accept has the shape of the forgeries of Blast-RADIUS:
// its Response Authenticator verifies, and a Proxy-State of the forger's stands first.
const (
	goldenRequest  = "012a002b303132333435363738393a3b3c3d3e3f5012000000000000000000000000000000000105626f62"
	goldenSigned   = "022a002d98aa56793b7197e4959dbb10e984872450120b8953f95fdf41ad08ab4321cff60f7019077374616666"
	goldenUnsigned = "022a004b6cd4bac384249e2e6ad55ce072891d372130ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb3e23e8160039594a33894f6564e119077374616666"
)

func unhex(tb testing.TB, text string) []byte {
	tb.Helper()
	b, err := hex.DecodeString(text)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

func TestMA10_BlastRADIUS(t *testing.T) {
	request, forged := unhex(t, goldenRequest), unhex(t, goldenUnsigned)
	if !radius.IsAuthenticResponse(forged, request, []byte(shared)) {
		t.Fatal("the golden packet's Response Authenticator does not verify, so this shows nothing")
	}
	if _, err := judge(forged, request, []byte(shared)); !errors.Is(err, errUnsigned) {
		t.Errorf("an Accept without Message-Authenticator: %v", err)
	}
	a, err := judge(unhex(t, goldenSigned), request, []byte(shared))
	if err != nil || a.code != radius.CodeAccessAccept {
		t.Errorf("the same with one: %v, %v", a.code, err)
	}
}

// TestJudge_NoTwin: with any one bit flipped the golden Accept counts no more.
func TestJudge_NoTwin(t *testing.T) {
	request, signed := unhex(t, goldenRequest), unhex(t, goldenSigned)
	for bit := range len(signed) * 8 {
		twin := bytes.Clone(signed)
		twin[bit/8] ^= 1 << (bit % 8)
		if _, err := judge(twin, request, []byte(shared)); err == nil {
			t.Errorf("it counts with bit %d flipped", bit)
		}
	}
	if _, err := judge(append(bytes.Clone(signed), 1, 2, 3), request, []byte(shared)); err != nil {
		t.Errorf("padding: %v", err)
	}
	if _, err := judge(signed, request, []byte(shared+"x")); err == nil {
		t.Error("it counts under another secret")
	}
}

// badAnswers are what must be ignored, each made of a request.
func badAnswers() map[string]struct {
	make func(request []byte) []byte
	why  error
} {
	type bad = struct {
		make func(request []byte) []byte
		why  error
	}
	reseal := func(change func(raw []byte) []byte) func([]byte) []byte {
		return func(request []byte) []byte {
			return seal(change(accepted(request, attr(25, "staff"))), request, shared)
		}
	}
	return map[string]bad{
		"forged, without secret":     {func(r []byte) []byte { return answerTo(r, "another secret of 16", 2, unsigned()) }, errForged},
		"forged Reject":              {func(r []byte) []byte { return answerTo(r, "another secret of 16", 3, unsigned()) }, errForged},
		"Response Authenticator cut": {func(r []byte) []byte { return append(accepted(r)[:4], make([]byte, 34)...) }, errForged},
		"without Message-Authenticator": {
			func(r []byte) []byte { return answerTo(r, shared, 2, attr(25, "staff")) },
			errUnsigned,
		},
		"Reject without Message-Authenticator": {func(r []byte) []byte { return answerTo(r, shared, 3) }, errUnsigned},
		"nothing but Proxy-State":              {func(r []byte) []byte { return answerTo(r, shared, 2, attr(33, strings.Repeat("p", 200))) }, errUnsigned},
		"wrong Message-Authenticator":          {reseal(func(raw []byte) []byte { raw[22] ^= 1; return raw }), errSignature},
		"Message-Authenticator of zeros":       {reseal(func(raw []byte) []byte { clear(raw[22:38]); return raw }), errSignature},
		"two Message-Authenticators":           {func(r []byte) []byte { return answerTo(r, shared, 2, unsigned(), unsigned()) }, errSignature},
		"a short one":                          {func(r []byte) []byte { return answerTo(r, shared, 2, attr(80, "0123456789abcde")) }, errSignature},
		"a long one":                           {func(r []byte) []byte { return answerTo(r, shared, 2, attr(80, "0123456789abcdef0")) }, errSignature},
		"a Message-Authenticator in a vendor's attribute": {func(r []byte) []byte {
			return answerTo(r, shared, 2, vsa(9, unsigned()))
		}, errUnsigned},
		"Message-Authenticator over the answer's own header": {func(r []byte) []byte {
			raw := accepted(r)
			zeroed := bytes.Clone(raw)
			clear(zeroed[22:38])
			copy(raw[22:38], signature(zeroed, []byte(shared)))
			return seal(raw, r, shared)
		}, errSignature},
		"another identifier": {reseal(func(raw []byte) []byte { raw[1]++; return raw }), errIdentifier},
		"the answer to another request": {func(r []byte) []byte {
			other := bytes.Clone(r)
			other[4] ^= 1
			return accepted(other)
		}, errForged},
		"the request itself":      {bytes.Clone, errCode},
		"an Accounting-Response":  {func(r []byte) []byte { return answerTo(r, shared, 5, unsigned()) }, errCode},
		"a code of zero":          {func(r []byte) []byte { return answerTo(r, shared, 0, unsigned()) }, errCode},
		"nothing":                 {func([]byte) []byte { return []byte{} }, errMalformed},
		"19 octets":               {func(r []byte) []byte { return accepted(r)[:19] }, errMalformed},
		"shorter than its Length": {func(r []byte) []byte { return accepted(r)[:37] }, errMalformed},
		"Length below the header": {func(r []byte) []byte { a := accepted(r); a[3] = 19; return a }, errMalformed},
		"longer than 4096": {func(r []byte) []byte {
			return answerTo(r, shared, 2, unsigned(), bytes.Repeat(attr(25, strings.Repeat("c", 253)), 16))
		}, errMalformed},
		"an attribute of no length": {func(r []byte) []byte { return answerTo(r, shared, 2, unsigned(), []byte{25, 0}) }, errMalformed},
		"an attribute past the end": {func(r []byte) []byte { return answerTo(r, shared, 2, unsigned(), []byte{25, 9, 'x'}) }, errMalformed},
		"one octet behind the attributes": {func(r []byte) []byte {
			return answerTo(r, shared, 2, unsigned(), []byte{25, 3, 'x'}, []byte{25})
		}, errMalformed},
	}
}

func TestJudge_Ignores(t *testing.T) {
	request := unhex(t, goldenRequest)
	if _, err := judge(accepted(request), request, []byte(shared)); err != nil {
		t.Fatalf("a good answer does not count: %v", err)
	}
	for name, bad := range badAnswers() {
		t.Run(name, func(t *testing.T) {
			if a, err := judge(bad.make(request), request, []byte(shared)); !errors.Is(err, bad.why) {
				t.Errorf("got code %v and error %v, want %v", a.code, err, bad.why)
			}
		})
	}
}

type passing struct {
	name       string
	list       []string
	attributes []byte
	want       string
	err        error
}

func passings() []passing {
	many := func(n int, value string) []byte { return bytes.Repeat(attr(25, value), n) }
	return []passing{
		{"nothing listed", nil, slices.Concat(attr(25, "staff"), vsa(9, attr(1, "a=b"))), "", nil},
		{"listed in another case", []string{"cLASS"}, attr(25, "staff"), "Class=7374616666:19077374616666", nil},
		{"one of two", []string{"Filter-Id"}, slices.Concat(attr(25, "c"), attr(11, "f"), attr(25, "d")), "Filter-Id=66:0b0366", nil},
		{
			"order and repetition stay",
			[]string{"Class", "Filter-Id"},
			slices.Concat(attr(25, "2"), attr(11, "f"), attr(25, "1")),
			"Class=32:190332 Filter-Id=66:0b0366 Class=31:190331", nil,
		},
		{"vendor's by name", []string{"Cisco-AVPair"}, vsa(9, attr(1, "a")), "Cisco-AVPair=61:1a0900000009010361", nil},
		{"vendor's by number", []string{"vendor-specific.9.1"}, vsa(9, attr(1, "a")), "Cisco-AVPair=61:1a0900000009010361", nil},
		{"vendor's without a name", []string{"Vendor-Specific.77.5"}, vsa(77, attr(5, "a")), "nameless=61:1a090000004d050361", nil},
		{"same type of another vendor", []string{"Vendor-Specific.77.1"}, vsa(9, attr(1, "a")), "", nil},
		{
			"one of several in one",
			[]string{"Cisco-AVPair"},
			vsa(9, attr(2, "x"), attr(1, "a"), attr(3, "y"), attr(1, "b")),
			"Cisco-AVPair=61:1a0900000009010361 Cisco-AVPair=62:1a0900000009010362", nil,
		},
		{"unsound within", []string{"Cisco-AVPair"}, vsa(9, attr(1, "a"), []byte{1, 9, 'x'}), "", nil},
		{"sub-length zero", []string{"Cisco-AVPair"}, vsa(9, []byte{1, 0, 'x'}), "", nil},
		{"vendor of three octets", []string{"Cisco-AVPair"}, attr(26, "\x00\x00\x09"), "", nil},
		{"session of an hour", []string{"Session-Timeout"}, attr(27, "\x00\x00\x0e\x10"), "Session-Timeout=00000e10:1b0600000e10", nil},
		{"session of no limit", []string{"Session-Timeout"}, attr(27, "\x00\x00\x00\x00"), "", nil},
		{"session of three octets", []string{"Session-Timeout"}, attr(27, "\x00\x0e\x10"), "", nil},
		{"64 of them", []string{"Class"}, many(64, ""), strings.TrimSpace(strings.Repeat("Class=:1902 ", 64)), nil},
		{"65 of them", []string{"Class"}, many(65, ""), "", errTooMuch},
		{"65 that do not pass", []string{"Filter-Id"}, many(65, ""), "", nil},
		{"2048 octets", []string{"Class"}, slices.Concat(many(8, strings.Repeat("c", 253)), attr(25, "123456")), "", nil},
		{"2049 octets", []string{"Class"}, slices.Concat(many(8, strings.Repeat("c", 253)), attr(25, "1234567")), "", errTooMuch},
	}
}

func TestPass(t *testing.T) {
	for _, c := range passings() {
		t.Run(c.name, func(t *testing.T) {
			s := source(t, func(s *Settings) { s.Attributes = c.list }, "127.0.0.1:9")
			all, err := s.allowed.pass(s.names, c.attributes)
			if !errors.Is(err, c.err) {
				t.Fatalf("error is %v, want %v", err, c.err)
			}
			var got []string
			for _, a := range all {
				got = append(got, fmt.Sprintf("%s=%s:%x", a.Name, a.Value, a.Wire))
			}
			if c.name == "2048 octets" {
				if len(all) != 9 {
					t.Errorf("%d pass", len(all))
				}
				return
			}
			if strings.Join(got, " ") != c.want {
				t.Errorf("got  %s\nwant %s", strings.Join(got, " "), c.want)
			}
		})
	}
}

// TestPass_NeverList: whatever a list held, these do not pass; here each is forced into it.
func TestPass_NeverList(t *testing.T) {
	for _, o := range never() {
		s := source(t, nil, "127.0.0.1:9")
		s.allowed.numbers[o.number] = true
		encoded := attr(o.typ, "0123456789abcdef")
		if o.vendor != 0 {
			encoded = vsa(o.vendor, encoded)
		}
		if all, err := s.allowed.pass(s.names, encoded); err != nil || len(all) != 0 {
			t.Errorf("%s passes: %v", o.name, err)
		}
	}
}

// FuzzJudge: no datagram crashes what reads it, and what does not count gives nothing.
func FuzzJudge(f *testing.F) {
	request := unhex(f, goldenRequest)
	f.Add(unhex(f, goldenSigned), false)
	f.Add(unhex(f, goldenUnsigned), true)
	for _, bad := range badAnswers() {
		f.Add(bad.make(request), true)
	}
	f.Add(accepted(request, vsa(311, attr(26, "\x01S=0"), attr(16, "\x80\x00"+strings.Repeat("k", 16)))), true)
	made, faults := New(Settings{
		Servers: []Server{{Address: "127.0.0.1:9", Secret: secret.New(shared)}}, Attributes: []string{"Class", "Cisco-AVPair"},
	}, dictionary())
	if made == nil {
		f.Fatal(faults)
	}
	f.Fuzz(func(t *testing.T, datagram []byte, signed bool) {
		if signed && len(datagram) > 20 { // past the authenticators, to what stands behind them
			datagram = answerTo(request, shared, datagram[0], unsigned(), datagram[20:min(len(datagram), 3000)])
		}
		a, err := judge(datagram, request, []byte(shared))
		if err != nil {
			if a.code != 0 || a.attributes != nil {
				t.Fatalf("%v, and yet %v", err, a)
			}
			return
		}
		all, err := made.allowed.pass(made.names, a.attributes)
		for _, passed := range all {
			if err != nil || len(passed.Wire) < 2 || int(passed.Wire[1]) != len(passed.Wire) {
				t.Fatalf("%s: %x, %v", passed.Name, passed.Wire, err)
			}
		}
		if p, err := a.proof(request, []byte(shared)); err == nil && len(p.Success) != 43 {
			t.Fatalf("a proof of %d octets", len(p.Success))
		}
	})
}
