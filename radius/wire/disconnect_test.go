package wire_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/md5"
	"errors"
	"testing"

	"layeh.com/radius"

	"ivalt-radius/radius/wire"
	"ivalt-radius/secret"
)

// TestMA11_AppendRequest: Request Authenticator and Message-Authenticator by the book, judged by layeh and by this test.
func TestMA11_AppendRequest(t *testing.T) {
	raw, err := key().AppendRequest([]byte("before"), 200, wire.Append(nil, 1, []byte("bob")))
	if err != nil || !bytes.HasPrefix(raw, []byte("before")) {
		t.Fatalf("%x, %v", raw, err)
	}
	raw = raw[len("before"):]
	if raw[0] != 40 || raw[1] != 200 || raw[20] != 80 || !bytes.HasSuffix(raw, []byte("\x01\x05bob")) {
		t.Errorf("%x", raw)
	}
	if !radius.IsAuthenticRequest(raw, []byte(shared)) || radius.IsAuthenticRequest(raw, []byte("another")) {
		t.Errorf("the Request Authenticator is wrong: %x", raw)
	}
	plain := bytes.Clone(raw)
	copy(plain[4:20], make([]byte, 16))
	copy(plain[22:38], make([]byte, 16))
	mac := hmac.New(md5.New, []byte(shared))
	mac.Write(plain)
	if !bytes.Equal(mac.Sum(nil), raw[22:38]) {
		t.Errorf("the Message-Authenticator is wrong: %x", raw)
	}
	p, err := wire.Parse(raw)
	if err != nil || !key().Verify(p) || !key().VerifyAccounting(p) {
		t.Errorf("we do not take it ourselves: %v", err)
	}
	if dst, err := key().AppendRequest([]byte("x"), 1, make([]byte, 4096)); !errors.Is(err, wire.ErrTooLong) || string(dst) != "x" {
		t.Errorf("%q, %v", dst, err)
	}
}

func TestVerifyReply(t *testing.T) {
	raw, err := key().AppendRequest(nil, 7, nil)
	if err != nil {
		t.Fatal(err)
	}
	sent, err := wire.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	request, err := radius.Parse(raw, []byte(shared))
	if err != nil {
		t.Fatal(err)
	}
	layehs, err := request.Response(radius.CodeDisconnectACK).Encode()
	if err != nil {
		t.Fatal(err)
	}
	signed, err := key().AppendReply(nil, wire.OriginOf(sent), wire.Reply{Code: wire.DisconnectNAK, Attributes: wire.Append(nil, 18, []byte("no"))})
	if err != nil {
		t.Fatal(err)
	}
	for name, reply := range map[string][]byte{"layeh's": layehs, "signed": signed} {
		if !believed(t, reply, sent, shared) || believed(t, reply, sent, "another") {
			t.Errorf("%s: not told right from wrong", name)
		}
		for at := range reply {
			if at == 2 || at == 3 {
				continue // the length
			}
			forged := bytes.Clone(reply)
			forged[at] ^= 1
			if p, err := wire.Parse(forged); err == nil && key().VerifyReply(p, sent.Authenticator()) {
				t.Errorf("%s: octet %d is not covered", name, at)
			}
		}
	}
	// A right Response Authenticator over a wrong Message-Authenticator.
	forged := bytes.Clone(signed)
	forged[22] ^= 1
	copy(forged[4:], sent.Authenticator())
	sum := md5.Sum(append(bytes.Clone(forged), shared...))
	copy(forged[4:], sum[:])
	if !radius.IsAuthenticResponse(forged, raw, []byte(shared)) || believed(t, forged, sent, shared) {
		t.Error("a wrong Message-Authenticator is believed")
	}
}

func believed(t *testing.T, reply []byte, request wire.Packet, under string) bool {
	t.Helper()
	p, err := wire.Parse(reply)
	if err != nil {
		t.Fatal(err)
	}
	return wire.NewKey(secret.New(under)).VerifyReply(p, request.Authenticator())
}

func TestSame(t *testing.T) {
	k := key()
	if !k.Same(k) || !k.Same(key()) {
		t.Error("a key is not itself")
	}
	var none *wire.Key
	for name, other := range map[string]*wire.Key{"another": wire.NewKey(secret.New("another")), "longer": wire.NewKey(secret.New(shared + "x")), "none": none} {
		if k.Same(other) || other.Same(k) {
			t.Errorf("%s is the same", name)
		}
	}
}
