package radiustest

import (
	"bytes"
	"encoding/binary"
	"errors"
	"testing"

	"layeh.com/radius"
	"layeh.com/radius/rfc2865"

	"ivalt-radius/secret"
)

// forgeries are answers that must not count, each with the reason.
func forgeries(request []byte) []struct {
	name   string
	answer []byte
	want   error
} {
	right := func() []byte { return reply(request, radius.CodeAccessAccept, nil) }
	flipped := func(i int) []byte { b := right(); b[i] ^= 1; return b }
	sealed := func(change func(*radius.Packet)) []byte { return reply(request, radius.CodeAccessAccept, change) }
	overlong := right()
	binary.BigEndian.PutUint16(overlong[2:], 4000)
	return []struct {
		name   string
		answer []byte
		want   error
	}{
		{"nothing", nil, ErrMalformed},
		{"a short packet", right()[:19], ErrMalformed},
		{"a Length beyond the datagram", overlong, ErrMalformed},
		{"another identifier", flipped(1), ErrIdentifier},
		{"a flipped Response Authenticator", flipped(4), ErrResponseAuthenticator},
		{"a flipped code", flipped(0), ErrResponseAuthenticator},
		{"a flipped Message-Authenticator", flipped(30), ErrResponseAuthenticator},
		{"another shared secret", sealed(func(p *radius.Packet) { p.Secret = []byte("another") }), ErrResponseAuthenticator},
		{"another request's authenticator", sealed(func(p *radius.Packet) { p.Authenticator[0] ^= 1 }), ErrResponseAuthenticator},
		{"a wrong Message-Authenticator under a right Response Authenticator", sealed(func(p *radius.Packet) {
			p.Attributes[0].Attribute = bytes.Repeat([]byte{1}, 16)
		}), ErrMessageAuthenticator},
		{"a short Message-Authenticator", sealed(func(p *radius.Packet) { p.Attributes[0].Attribute = []byte{1} }), ErrMessageAuthenticator},
		{"two Message-Authenticators", sealed(func(p *radius.Packet) { p.Add(messageAuthenticator, make([]byte, 16)) }), ErrMessageAuthenticator},
		{"no Message-Authenticator", sealed(func(p *radius.Packet) { p.Attributes = nil }), ErrUnsigned},
		{"an Accounting-Response", reply(request, radius.CodeAccountingResponse, nil), ErrCode},
		{"attributes that are not whole", sealBroken(request), ErrMalformed},
	}
}

// sealBroken is an answer whose Response Authenticator verifies over an attribute that reaches beyond the end.
func sealBroken(request []byte) []byte {
	p, _ := radius.Parse(request, []byte(shared))
	answer := p.Response(radius.CodeAccessAccept)
	raw := []byte{2, answer.Identifier, 0, 23}
	raw = append(raw, answer.Authenticator[:]...)
	raw = append(raw, rfc2865ReplyMessage, 9, 'x')
	digest := md5Sum(raw, []byte(shared))
	copy(raw[4:], digest)
	return raw
}

const rfc2865ReplyMessage = byte(rfc2865.ReplyMessage_Type)

// None of them is believed, whatever comes first, and the right answer behind them is.
func TestForgeriesAreNotBelieved(t *testing.T) {
	s := serve(t, func(d datagram, _ int) [][]byte {
		var all [][]byte
		for _, f := range forgeries(d.octets) {
			all = append(all, f.answer)
		}
		return append(all, reply(d.octets, radius.CodeAccessReject, nil))
	})
	var why []error
	nas := s.nas()
	nas.Progress = func(e Event) {
		if e.Kind == Discarded {
			why = append(why, e.Why)
		}
	}
	got, err := nas.Login(t.Context(), alice)
	if err != nil || got.Code != AccessReject {
		t.Fatalf("%+v, %v", got, err)
	}
	want := forgeries(s.datagrams()[0].octets)
	if got.Discarded != len(want) || len(why) != len(want) {
		t.Fatalf("%d of %d were discarded", got.Discarded, len(want))
	}
	for i, f := range want {
		if !errors.Is(why[i], f.want) {
			t.Errorf("%s: %v, want %v", f.name, why[i], f.want)
		}
	}
}

func TestAcceptUnsigned(t *testing.T) {
	s := serve(t, func(d datagram, _ int) [][]byte {
		return [][]byte{reply(d.octets, radius.CodeAccessAccept, func(p *radius.Packet) { p.Attributes = nil })}
	})
	nas := s.nas()
	nas.AcceptUnsigned = true
	if got, err := nas.Login(t.Context(), alice); err != nil || got.Signed || got.MessageAuthenticatorFirst {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestVerifyPlaces(t *testing.T) {
	nas := NAS{Secret: secret.New(shared)}
	request, err := nas.Packet(alice)
	if err != nil {
		t.Fatal(err)
	}
	last := reply(request, radius.CodeAccessAccept, func(p *radius.Packet) {
		p.Attributes = append(radius.Attributes{{Type: rfc2865.Class_Type, Attribute: []byte("x")}}, p.Attributes...)
	})
	if got, err := Verify(nas.Secret, request, last); err != nil || !got.Signed || got.MessageAuthenticatorFirst {
		t.Errorf("last: %+v, %v", got, err)
	}
	padded := append(reply(request, radius.CodeAccessAccept, nil), 0, 0)
	if got, err := Verify(nas.Secret, request, padded); err != nil || !got.MessageAuthenticatorFirst || len(got.Raw) != 38 {
		t.Errorf("padded: %+v, %v", got, err)
	}
	if _, err := Verify(nas.Secret, []byte{1}, padded); !errors.Is(err, ErrMalformed) {
		t.Errorf("no request: %v", err)
	}
	request[0] = byte(AccessAccept)
	if _, err := Verify(nas.Secret, request, padded); !errors.Is(err, ErrCode) {
		t.Errorf("a request that is none: %v", err)
	}
}

func FuzzVerify(f *testing.F) {
	nas := NAS{Secret: secret.New(shared)}
	request, err := nas.Packet(alice)
	if err != nil {
		f.Fatal(err)
	}
	for _, forgery := range forgeries(request) {
		f.Add(forgery.answer)
	}
	f.Fuzz(func(t *testing.T, answer []byte) {
		if _, err := Verify(nas.Secret, request, answer); err == nil && !bytes.Equal(answer[4:20], md5Answer(request, answer)) {
			t.Fatal("believed without proof")
		}
		if len(answer) >= 20 {
			proved := prove(request, answer)
			_, _ = Verify(nas.Secret, request, proved) // what stands behind the proof must not panic either
		}
	})
}

// prove gives any octets the header and Response Authenticator of a right answer.
func prove(request, octets []byte) []byte {
	answer := bytes.Clone(octets)
	answer[0], answer[1] = byte(AccessAccept), request[1]
	binary.BigEndian.PutUint16(answer[2:], uint16(len(answer))) //nolint:gosec // the fuzzer's inputs are shorter
	copy(answer[4:], md5Answer(request, answer))
	return answer
}

func md5Answer(request, answer []byte) []byte {
	raw := bytes.Clone(answer[:binary.BigEndian.Uint16(answer[2:])])
	copy(raw[4:20], request[4:20])
	return md5Sum(raw, []byte(shared))
}
