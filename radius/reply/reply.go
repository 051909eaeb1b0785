package reply

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"ivalt-radius/auth"
	"ivalt-radius/policy"
	"ivalt-radius/radius/wire"
)

// Why an Access-Accept or an Access-Challenge cannot be made.
var (
	ErrUnfit = errors.New("reply attribute is unsound or not for a rule to set")
	ErrOver  = errors.New("no second of the session is left")
	ErrState = errors.New("the challenge has no State of 1 to 253 octets")
)

// The attribute types that are set here (RFC 2865 section 5, RFC 2868 section 3.5).
const (
	replyMessage   = 18
	state          = 24
	sessionTimeout = 27
	tunnelPassword = 69
)

// Target is what a reply needs of its request and its client.
type Target struct {
	Key       *wire.Key // the secret that signs
	Origin    wire.Origin
	Signature wire.Signature
	Ident     Ident
}

// Make makes the reply of a verdict, at the moment from which Session-Timeout counts. An Accept or a Challenge that cannot be made
// whole is an Access-Reject, as `misconfigured`, and the error says why; otherwise the error is nil. Silent is the caller's
// business.
func Make(t Target, v auth.Verdict, now time.Time) ([]byte, error) {
	if v.Kind != auth.Accept && v.Kind != auth.Challenge {
		return reject(t, v), nil
	}
	octets, err := whole(t, v, now)
	if err != nil {
		return reject(t, auth.Verdict{Reason: auth.MisconfiguredReason}), err
	}
	return octets, nil
}

// whole makes an Accept or a Challenge.
func whole(t Target, v auth.Verdict, now time.Time) ([]byte, error) {
	b := builder{target: t, out: make([]byte, 0, 128), limit: left(v.Until, now)}
	if b.limit < 1 {
		return nil, ErrOver
	}
	code, add := wire.AccessAccept, b.accept
	if v.Kind == auth.Challenge {
		code, add = wire.AccessChallenge, b.challenge
	}
	if err := add(&v); err != nil {
		return nil, err
	}
	if b.limit < noLimit {
		b.out = wire.Append(b.out, sessionTimeout, binary.BigEndian.AppendUint32(nil, uint32(b.limit)))
	}
	octets, err := t.Key.AppendReply(nil, t.Origin, wire.Reply{Code: code, Attributes: b.out, Signature: t.Signature})
	if err != nil {
		return nil, fmt.Errorf("making the reply: %w", err)
	}
	return octets, nil
}

// builder is a reply that is being made.
type builder struct {
	target Target
	out    []byte
	limit  int64 // of Session-Timeout, in seconds
	salts  wire.Salts
}

// accept adds what an Access-Accept holds.
func (b *builder) accept(v *auth.Verdict) error {
	b.out = appendMessage(b.out, sentence(v))
	if err := b.mschap(&v.MSCHAP); err != nil {
		return err
	}
	for i := range v.Reply {
		if err := b.attribute(&v.Reply[i]); err != nil {
			return fmt.Errorf("%s: %w", v.Reply[i].Name, err)
		}
	}
	return nil
}

// challenge adds what an Access-Challenge holds (RFC 2865 sections 4.4 and 5.44): its message, its State, and nothing of a rule. The
// Session-Timeout of one is how long its answer is waited for (section 5.27).
func (b *builder) challenge(v *auth.Verdict) error {
	if len(v.State) == 0 || len(v.State) > wire.MaxValue {
		return ErrState
	}
	b.out = wire.Append(appendMessage(b.out, v.Message), state, []byte(v.State))
	return nil
}

// attribute adds one attribute of a rule, a group or a person, which has octets in plain text or octets to seal. One that has
// neither is a template that could not be filled.
func (b *builder) attribute(a *policy.Attribute) error {
	if (len(a.Wire) == 0) == a.Sealed.Empty() {
		return ErrUnfit
	}
	add, octets := b.plain, a.Wire
	if !a.Sealed.Empty() {
		add, octets = b.seal, []byte(a.Sealed.Reveal())
	}
	var failed error
	err := wire.Walk(octets, func(typ byte, value []byte) bool {
		failed = add(typ, value)
		return failed == nil
	})
	if err != nil {
		return ErrUnfit
	}
	return failed
}

// plain adds an attribute as it stands. Of all Session-Timeouts the least counts.
func (b *builder) plain(typ byte, value []byte) error {
	switch {
	case reserved(typ, value):
		return ErrUnfit
	case typ == sessionTimeout && len(value) == 4:
		b.limit = min(b.limit, int64(binary.BigEndian.Uint32(value)))
	default:
		b.out = wire.Append(b.out, typ, value)
	}
	return nil
}

// The header of a vendor's attribute: the vendor, then type and length (RFC 2865 section 5.26).
const (
	vendorSize   = 4
	vendorHeader = vendorSize + 2
)

// seal adds an attribute whose value is to travel encrypted: behind the tag of a Tunnel-Password (RFC 2868 section 3.5), or inside
// a Vendor-Specific attribute that holds it alone.
func (b *builder) seal(typ byte, value []byte) error {
	header := 0
	switch {
	case typ == tunnelPassword && len(value) > 0:
		header = 1
	case typ == wire.VendorSpecific && len(value) >= vendorHeader && int(value[vendorSize+1]) == len(value)-vendorSize && !reserved(typ, value):
		header = vendorHeader
	default:
		return ErrUnfit
	}
	sealed, err := b.target.Key.AppendSealed(append([]byte{}, value[:header]...), value[header:], b.target.Origin.Authenticator[:], &b.salts)
	if err != nil {
		return fmt.Errorf("sealing it: %w", err)
	}
	if typ == wire.VendorSpecific {
		sealed[vendorSize+1] = byte(len(sealed) - vendorSize) //nolint:gosec // at most 248
	}
	b.out = wire.Append(b.out, typ, sealed)
	return nil
}

// reserved reports attributes that the server alone sets, and a Tunnel-Password in plain text.
func reserved(typ byte, value []byte) bool {
	switch typ {
	case 0, wire.MessageAuthenticator, wire.ProxyState, state, tunnelPassword:
		return true
	case wire.VendorSpecific:
		return reservedMicrosoft(value)
	}
	return false
}

// reject makes an Access-Reject. Where Proxy-State fills the packet the sentence is what can be spared, then Proxy-State
// itself.
func reject(t Target, v auth.Verdict) []byte {
	proof := t.Ident.appendError(nil)
	r := wire.Reply{Code: wire.AccessReject, Attributes: appendMessage(proof, sentence(&v)), Signature: t.Signature}
	octets, err := t.Key.AppendReply(nil, t.Origin, r)
	if err != nil {
		r.Attributes = proof
		octets, err = t.Key.AppendReply(nil, t.Origin, r)
	}
	if err != nil {
		octets, _ = t.Key.AppendReply(nil, wire.Origin{Identifier: t.Origin.Identifier, Authenticator: t.Origin.Authenticator}, r)
	}
	return octets
}

// sentence is what the NAS may show: the operator's own words, where there are some, else the reason's.
func sentence(v *auth.Verdict) string {
	if v.Message != "" {
		return v.Message
	}
	return v.Reason.ReplyMessage()
}

// appendMessage appends a text as Reply-Message, in as many as it takes (RFC 2865 section 5.18), none of which ends inside a
// character.
func appendMessage(dst []byte, text string) []byte {
	for len(text) > wire.MaxValue {
		at := wire.MaxValue
		for at > wire.MaxValue-utf8.UTFMax && !utf8.RuneStart(text[at]) {
			at--
		}
		dst = wire.Append(dst, replyMessage, []byte(text[:at]))
		text = text[at:]
	}
	if text == "" {
		return dst
	}
	return wire.Append(dst, replyMessage, []byte(text))
}

// noLimit is more seconds than Session-Timeout can say.
const noLimit = 1 << 32

// left is how many whole seconds are left until the session must end, at most noLimit.
func left(until, now time.Time) int64 {
	if until.IsZero() {
		return noLimit
	}
	return min(int64(until.Sub(now)/time.Second), noLimit)
}
