package wire_test

import (
	"bytes"
	"errors"
	"testing"

	"ivalt-radius/radius/wire"
)

// FuzzParse: no datagram may crash the codec, and what it takes it gives back whole.
func FuzzParse(f *testing.F) {
	for _, g := range golden() {
		f.Add(g.raw)
	}
	f.Add(packet(1, attr(26, 9, 0, 0, 1, 55, 11, 0, 'x')))
	f.Fuzz(func(t *testing.T, datagram []byte) {
		p, err := wire.Parse(datagram)
		if err != nil {
			return
		}
		again := bytes.Clone(p.Bytes()[:wire.HeaderSize])
		for typ, value := range p.Attributes {
			again = wire.Append(again, typ, value)
			wire.Vendor(value, func(uint32, byte, []byte) bool { return true })
		}
		if !bytes.Equal(again, p.Bytes()) {
			t.Fatalf("the attributes do not make the packet: %x, %x", again, p.Bytes())
		}
		k := key()
		k.Verify(p)
		k.VerifyAccounting(p)
		if reply, err := k.AppendReply(nil, wire.OriginOf(p), wire.Reply{Code: wire.AccessReject}); err == nil {
			if q, err := wire.Parse(reply); err != nil || !q.Signed() || reply[20] != wire.MessageAuthenticator {
				t.Fatalf("the reply is unsound: %v", err)
			}
		}
	})
}

// FuzzPassword: whatever comes, a password ends in no NUL and one with a NUL inside is told apart.
func FuzzPassword(f *testing.F) {
	f.Add(make([]byte, 16), []byte("0123456789abcdef"))
	f.Add(make([]byte, 128), []byte("0123456789abcdef"))
	f.Add(make([]byte, 17), []byte("0123456789abcdef"))
	f.Fuzz(func(t *testing.T, cipher, authenticator []byte) {
		got, err := key().Password(cipher, authenticator)
		text := got.Reveal()
		if len(text) > 0 && text[len(text)-1] == 0 {
			t.Fatal("a NUL of the padding stays")
		}
		if bytes.IndexByte([]byte(text), 0) >= 0 != errors.Is(err, wire.ErrPasswordNUL) {
			t.Fatalf("a NUL inside is not told: %v", err)
		}
	})
}
