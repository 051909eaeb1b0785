package reply_test

import (
	"bytes"
	"testing"
	"time"

	layeh "layeh.com/radius"

	"ivalt-radius/auth"
	"ivalt-radius/policy"
	"ivalt-radius/radius/reply"
	"ivalt-radius/radius/wire"
	"ivalt-radius/secret"
)

const (
	shared = "a shared secret of ours"
	asked  = "0123456789abcdef" // the Request Authenticator
)

// now is when every reply is made.
func now() time.Time { return time.Unix(1_800_000_000, 0) }

// attr encodes one attribute.
func attr(typ byte, value string) []byte { return wire.Append(nil, typ, []byte(value)) }

// target is whom the tests answer.
func target(change ...func(*reply.Target)) reply.Target {
	t := reply.Target{Key: wire.NewKey(secret.New(shared)), Origin: wire.Origin{Identifier: 9, Authenticator: [16]byte([]byte(asked))}}
	for _, c := range change {
		c(&t)
	}
	return t
}

func proxied(octets []byte) func(*reply.Target) {
	return func(t *reply.Target) { t.Origin.ProxyState = octets }
}

// shaken is the target of an MS-CHAPv2 login whose identifier is 'm'.
func shaken(t *reply.Target) {
	t.Ident = reply.IdentOf(&auth.Request{Method: auth.MSCHAPv2, Handshake: auth.Handshake{Response: bytes.Repeat([]byte("m"), 50)}})
}

// request is what the target asked, for the library.
func request() *layeh.Packet {
	p := &layeh.Packet{Code: layeh.CodeAccessRequest, Identifier: 9, Secret: []byte(shared)}
	copy(p.Authenticator[:], asked)
	return p
}

// read has another codec judge a reply: authentic, Message-Authenticator first, whole.
func read(t *testing.T, octets []byte) *layeh.Packet {
	t.Helper()
	question, err := request().Encode()
	if err != nil {
		t.Fatal(err)
	}
	if len(octets) < 38 || octets[20] != 80 || octets[21] != 18 || !layeh.IsAuthenticResponse(octets, question, []byte(shared)) {
		t.Fatalf("not authentic, or Message-Authenticator is not first: %x", octets)
	}
	p, err := layeh.Parse(octets, []byte(shared))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// made makes a reply that must be the one that was decided.
func made(t *testing.T, to reply.Target, v auth.Verdict) *layeh.Packet {
	t.Helper()
	octets, err := reply.Make(to, v, now())
	if err != nil {
		t.Fatal(err)
	}
	return read(t, octets)
}

// accept is an Accept with attributes in plain text.
func accept(attributes ...policy.Attribute) auth.Verdict {
	return auth.Verdict{Kind: auth.Accept, Reason: auth.ApprovedByPerson, Reply: attributes}
}

func plain(octets ...[]byte) policy.Attribute {
	return policy.Attribute{Name: "Plain", Value: "canary-value", Wire: bytes.Join(octets, nil)}
}

func sealed(octets []byte) policy.Attribute {
	return policy.Attribute{Name: "Sealed", Value: "(encrypted)", Sealed: secret.New(string(octets))}
}

// tunnel is a Tunnel-Password with the tag 3, aruba an Aruba-MPSK-Passphrase.
func tunnel(value string) []byte { return attr(69, "\x03"+value) }
func aruba(value string) []byte  { return attr(26, "\x00\x00\x39\xe7"+string(attr(44, value))) }

// types are a packet's attributes without Message-Authenticator, by number.
func types(p *layeh.Packet) (all []byte) {
	for _, a := range p.Attributes {
		if a.Type != 80 {
			all = append(all, byte(a.Type)) //nolint:gosec // one octet
		}
	}
	return all
}

// vendorTypes are the types of Microsoft's attributes in a packet.
func vendorTypes(p *layeh.Packet) (all []byte) {
	for _, a := range p.Attributes {
		wire.Vendor(a.Attribute, func(vendor uint32, typ byte, _ []byte) bool {
			if a.Type == 26 && vendor == 311 {
				all = append(all, typ)
			}
			return true
		})
	}
	return all
}
