package reply_test

import (
	"testing"

	"ivalt-radius/auth"
	"ivalt-radius/policy"
	"ivalt-radius/radius/reply"
	"ivalt-radius/radius/wire"
	"ivalt-radius/secret"
)

// FuzzMake: whatever a verdict holds, a sound and signed packet leaves: the one that was decided, or a Reject and a word why.
func FuzzMake(f *testing.F) {
	f.Add(uint8(1), "", "", attr(11, "staff"), tunnel("passphrase"))
	f.Add(uint8(2), "Which phone?", "0123456789abcdef", []byte(nil), []byte(nil))
	f.Add(uint8(0), "é", "", attr(26, "\x00\x00\x01\x37\x10\x04xx"), aruba("passphrase"))
	f.Fuzz(func(t *testing.T, kind uint8, message, state string, octets, hidden []byte) {
		v := auth.Verdict{Kind: auth.Kind(kind % 4), Message: message, State: state, Reply: []policy.Attribute{{Wire: octets}, {Sealed: secret.New(string(hidden))}}}
		raw, err := reply.Make(target(shaken), v, now())
		p, broken := wire.Parse(raw)
		if broken != nil || !p.Signed() || raw[20] != wire.MessageAuthenticator {
			t.Fatalf("%x: %v", raw, broken)
		}
		want := map[auth.Kind]wire.Code{auth.Accept: wire.AccessAccept, auth.Challenge: wire.AccessChallenge}[v.Kind]
		if want == 0 || err != nil {
			want = wire.AccessReject
		}
		if p.Code() != want {
			t.Fatalf("code %d, want %d: %v", p.Code(), want, err)
		}
	})
}
