package dynauth

import (
	"bytes"
	"testing"

	"ivalt-radius/radius/wire"
	"ivalt-radius/secret"
)

// FuzzAnswer: no datagram may crash the parser, and what it believes is an answer to the request, under its secret.
func FuzzAnswer(f *testing.F) {
	k := wire.NewKey(secret.New("correct horse battery staple"))
	raw, err := k.AppendRequest(nil, 7, wire.Append(nil, userNameType, []byte("alice")))
	if err != nil {
		f.Fatal(err)
	}
	q := question{raw: raw, key: k}
	sent, err := wire.Parse(raw)
	if err != nil {
		f.Fatal(err)
	}
	cause := wire.Append(nil, errorCause, []byte{0, 0, 1, 0xf7})
	for code, attributes := range map[wire.Code][]byte{wire.DisconnectACK: nil, wire.DisconnectNAK: cause, wire.AccessAccept: nil} {
		for _, s := range []wire.Signature{wire.Signed, wire.Unsigned} {
			seed, err := k.AppendReply(nil, wire.OriginOf(sent), wire.Reply{Code: code, Attributes: attributes, Signature: s})
			if err != nil {
				f.Fatal(err)
			}
			if _, ok := q.parse(seed); ok != (code != wire.AccessAccept) {
				f.Errorf("code %d is believed: %t", code, ok)
			}
			f.Add(seed)
		}
	}
	f.Add(raw)
	f.Fuzz(func(t *testing.T, datagram []byte) {
		before := bytes.Clone(datagram)
		a, ok := q.parse(datagram)
		if !bytes.Equal(before, datagram) {
			t.Fatal("the datagram has changed")
		}
		if !ok {
			if a != (answer{}) {
				t.Fatalf("not believed, and yet %+v", a)
			}
			return
		}
		p, err := wire.Parse(datagram)
		if err != nil || p.Identifier() != 7 || !k.VerifyReply(p, sent.Authenticator()) || a.code != wire.DisconnectACK && a.code != wire.DisconnectNAK {
			t.Fatalf("believed: %x", datagram)
		}
		if state, _ := a.state(); state == Disconnected != (a.code == wire.DisconnectACK) {
			t.Fatalf("%+v is %q", a, state)
		}
	})
}

const userNameType = 1
