package reply

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"slices"

	"ivalt-radius/auth"
	"ivalt-radius/radius/wire"
	"ivalt-radius/secret"
)

// The attributes that go with MS-CHAP (RFC 2548 sections 2.1.5, 2.3.3 and 2.4).
const (
	vendorMicrosoft  = 311
	msCHAPError      = 2
	encryptionPolicy = 7
	encryptionTypes  = 8
	msCHAPMPPEKeys   = 12
	sendKey          = 16
	recvKey          = 17
	msCHAP2Success   = 26
)

// What an NAS may do with the keys: encrypt, with 128 bits alone (RFC 2548 sections 2.4.4 and 2.4.5).
const (
	encryptionAllowed = 1
	only128Bits       = 4
)

// Ident is the first octet of an MS-CHAP2-Response, which its replies repeat. The zero Ident is that of a request without one.
type Ident uint16

const identGiven Ident = 1 << 8

// IdentOf is the Ident of a request that shows a whole MS-CHAPv2 handshake.
func IdentOf(req *auth.Request) Ident {
	if req.Method != auth.MSCHAPv2 || len(req.Handshake.Response) == 0 {
		return 0
	}
	return identGiven | Ident(req.Handshake.Response[0])
}

// errorChallenge is how many octets the challenge of an MS-CHAP-Error has.
const errorChallenge = 16

// appendError appends the MS-CHAP-Error of an Access-Reject (RFC 2548 section 2.1.5, RFC 2759 section 6): whatever the reason, the
// login failed (691) and is not to be tried again in this exchange. The challenge is random and answers nothing.
func (i Ident) appendError(dst []byte) []byte {
	if i&identGiven == 0 {
		return dst
	}
	var challenge [errorChallenge]byte
	_, _ = rand.Read(challenge[:])                // it never fails
	value := append(make([]byte, 0, 80), byte(i)) //nolint:gosec // the octet of the two
	value = fmt.Appendf(value, "E=691 R=0 C=%X V=3 M=Access denied", challenge)
	return appendMicrosoft(dst, msCHAPError, value)
}

// mschap adds the server's half of an MS-CHAPv2 login, and the keys for the NAS, sealed.
func (b *builder) mschap(m *auth.MSCHAPSuccess) error {
	if len(m.Success) > wire.MaxValue-vendorHeader || m.SendKey.Empty() != m.RecvKey.Empty() {
		return fmt.Errorf("MS-CHAP2-Success: %w", ErrUnfit)
	}
	if len(m.Success) > 0 {
		b.out = appendMicrosoft(b.out, msCHAP2Success, m.Success)
	}
	if m.SendKey.Empty() {
		return nil
	}
	b.out = appendMicrosoft(b.out, encryptionPolicy, binary.BigEndian.AppendUint32(nil, encryptionAllowed))
	b.out = appendMicrosoft(b.out, encryptionTypes, binary.BigEndian.AppendUint32(nil, only128Bits))
	for _, k := range []struct {
		typ byte
		key secret.Secret
	}{{sendKey, m.SendKey}, {recvKey, m.RecvKey}} {
		sealed, err := b.target.Key.AppendSealed(nil, []byte(k.key.Reveal()), b.target.Origin.Authenticator[:], &b.salts)
		if err != nil {
			return fmt.Errorf("sealing an MPPE key: %w", err)
		}
		b.out = appendMicrosoft(b.out, k.typ, sealed)
	}
	return nil
}

// appendMicrosoft appends one attribute of Microsoft's (RFC 2865 section 5.26). The value has at most 247 octets.
func appendMicrosoft(dst []byte, typ byte, value []byte) []byte {
	inner := binary.BigEndian.AppendUint32(make([]byte, 0, wire.MaxValue), vendorMicrosoft)
	return wire.Append(dst, wire.VendorSpecific, wire.Append(inner, typ, value))
}

// reservedMicrosoft reports a Vendor-Specific value that holds what only the server's half of MS-CHAPv2 may say.
func reservedMicrosoft(value []byte) bool {
	found := false
	wire.Vendor(value, func(vendor uint32, typ byte, _ []byte) bool {
		found = vendor == vendorMicrosoft && slices.Contains([]byte{
			msCHAPError, encryptionPolicy, encryptionTypes, msCHAPMPPEKeys, sendKey, recvKey, msCHAP2Success,
		}, typ)
		return !found
	})
	return found
}
