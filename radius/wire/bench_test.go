package wire_test

import (
	"testing"

	"layeh.com/radius"

	"ivalt-radius/radius/wire"
)

func BenchmarkDecodeEncode(b *testing.B) {
	raw := golden()["access_request"].raw
	b.Run("ours", func(b *testing.B) { benchOurs(b, raw) })
	b.Run("layeh_without_message_authenticator", func(b *testing.B) { benchLayeh(b, raw) })
}

func benchOurs(b *testing.B, raw []byte) {
	b.Helper()
	message := wire.Append(nil, 18, []byte("Access denied."))
	k := key()
	b.ReportAllocs()
	var buf [wire.MaxPacket]byte
	for b.Loop() {
		p, err := wire.Parse(raw)
		if err != nil || !k.Verify(p) {
			b.Fatal("it does not verify")
		}
		if _, err = k.AppendReply(buf[:0], wire.OriginOf(p), wire.Reply{Code: wire.AccessReject, Attributes: message}); err != nil {
			b.Fatal(err)
		}
	}
}

func benchLayeh(b *testing.B, raw []byte) {
	b.Helper()
	b.ReportAllocs()
	for b.Loop() {
		p, err := radius.Parse(raw, []byte(shared))
		if err != nil {
			b.Fatal(err)
		}
		reply := p.Response(radius.CodeAccessReject)
		reply.Add(18, radius.Attribute("Access denied."))
		if _, err = reply.Encode(); err != nil {
			b.Fatal(err)
		}
	}
}
