package upstream

import (
	"bytes"
	"crypto/hmac"
	"crypto/md5" //nolint:gosec // demanded by RFC 2865 section 3
	"crypto/subtle"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"iter"

	"layeh.com/radius"

	"ivalt-radius/auth"
	"ivalt-radius/secret"
)

// Why a datagram does not count as the answer. Each is safe to show.
var (
	errMalformed  = errors.New("a malformed packet")
	errIdentifier = errors.New("an answer to another request")
	errCode       = errors.New("a packet that is no answer to an Access-Request")
	errForged     = errors.New("an answer whose Response Authenticator is wrong: forged, or the shared secrets differ")
	errUnsigned   = errors.New("an answer without Message-Authenticator (CVE-2024-3596): have the upstream server send it, see docs/upstream-radius.md")
	errSignature  = errors.New("an answer whose Message-Authenticator is wrong: forged, or the shared secrets differ")
)

// Why an answer that counts cannot be used.
var (
	errChallenge = fmt.Errorf("%w: the upstream server wants a challenge, which is not passed on", auth.ErrMisconfigured)
	errNoSuccess = errors.New("the upstream server accepts an MS-CHAPv2 login without MS-CHAP2-Success, so it did not show that it knows the password")
	errKeys      = errors.New("the upstream server's MS-MPPE keys are not 16 octets under the shared secret")
)

// answer is a datagram that counts. It shares no memory with the datagram.
type answer struct {
	code       radius.Code
	attributes []byte // encoded, and sound
}

// judge says whether a datagram is the answer to a request (RFC 2865 section 3, RFC 3579 section 3.2), over the octets as
// they came. Only an Access-Accept, -Reject or -Challenge with exactly one Message-Authenticator counts; where in it that stands does not
// matter.
func judge(datagram, request, shared []byte) (answer, error) {
	if len(datagram) < headerSize {
		return answer{}, errMalformed
	}
	length := int(binary.BigEndian.Uint16(datagram[2:]))
	if length < headerSize || length > maxPacket || length > len(datagram) {
		return answer{}, errMalformed
	}
	raw := bytes.Clone(datagram[:length]) // what is beyond is padding
	code := radius.Code(raw[0])
	switch {
	case raw[1] != request[1]:
		return answer{}, errIdentifier
	case code != radius.CodeAccessAccept && code != radius.CodeAccessReject && code != radius.CodeAccessChallenge:
		return answer{}, errCode
	case subtle.ConstantTimeCompare(responseAuthenticator(raw, request, shared), raw[4:headerSize]) != 1:
		return answer{}, errForged
	}
	if err := checkSignature(raw, request, shared); err != nil {
		return answer{}, err
	}
	return answer{code: code, attributes: raw[headerSize:]}, nil
}

// responseAuthenticator is MD5 over the answer with the request's authenticator, and the secret (RFC 2865 section 3).
func responseAuthenticator(raw, request, shared []byte) []byte {
	digest := md5.New() //nolint:gosec // demanded by RFC 2865 section 3
	digest.Write(raw[:4])
	digest.Write(request[4:headerSize])
	digest.Write(raw[headerSize:])
	digest.Write(shared)
	return digest.Sum(nil)
}

// checkSignature demands sound attributes with exactly one Message-Authenticator among them that verifies.
func checkSignature(raw, request, shared []byte) error {
	zeroed := bytes.Clone(raw)
	copy(zeroed[4:], request[4:headerSize])
	var value []byte
	end := headerSize
	for typ, v := range each(raw[headerSize:]) {
		at := end + 2
		end += len(v) + 2
		if typ != typeMessageAuthenticator {
			continue
		}
		if value != nil || len(v) != authenticatorSize {
			return errSignature
		}
		value = v
		clear(zeroed[at:end])
	}
	switch {
	case end != len(raw):
		return errMalformed
	case value == nil:
		return errUnsigned
	case !hmac.Equal(value, signature(zeroed, shared)):
		return errSignature
	}
	return nil
}

// each goes through encoded attributes, as far as they are sound.
func each(raw []byte) iter.Seq2[byte, []byte] {
	return func(yield func(byte, []byte) bool) {
		for len(raw) >= 2 && raw[1] >= 2 && int(raw[1]) <= len(raw) {
			if !yield(raw[0], raw[2:raw[1]]) {
				return
			}
			raw = raw[raw[1]:]
		}
	}
}

// parts goes through what is in an attribute, each encoded as an attribute of its own: itself, or the attributes of a
// Vendor-Specific one (RFC 2865 section 5.26). One that does not have their usual form is opaque, and holds nothing.
func parts(typ byte, value []byte) iter.Seq2[number, []byte] {
	return func(yield func(number, []byte) bool) {
		if typ != typeVendorSpecific {
			yield(number{0, typ}, encode(typ, value))
			return
		}
		if len(value) < 4 || !sound(value[4:]) {
			return
		}
		vendor := binary.BigEndian.Uint32(value)
		for sub, octets := range each(value[4:]) {
			inner := binary.BigEndian.AppendUint32(nil, vendor)
			if vendor == 0 || !yield(number{vendor, sub}, encode(typ, append(inner, encode(sub, octets)...))) {
				return
			}
		}
	}
}

// sound reports whether attributes fill their octets exactly.
func sound(raw []byte) bool {
	size := 0
	for _, value := range each(raw) {
		size += len(value) + 2
	}
	return size == len(raw)
}

// encode makes an attribute of a value that came out of one.
func encode(typ byte, value []byte) []byte {
	return append([]byte{typ, byte(len(value) + 2)}, value...) //nolint:gosec // at most 255
}

// MS-CHAP2-Success is the identifier, "S=" and 40 hexadecimal digits (RFC 2548 section 2.3.3).
const (
	successSize = 43
	digitsAt    = 3
)

// proof is the server's half of MS-CHAPv2: MS-CHAP2-Success, which is required, and the keys, where the answer holds both.
func (a answer) proof(request, shared []byte) (auth.MSCHAPSuccess, error) {
	var p auth.MSCHAPSuccess
	var err error
	for typ, value := range each(a.attributes) {
		for n, encoded := range parts(typ, value) {
			value := encoded[min(len(encoded), 8):] // behind both headers and the vendor's number
			switch n {
			case number{vendorMicrosoft, 26}:
				p.Success = value
			case number{vendorMicrosoft, 16}:
				p.SendKey, err = uncover(value, request, shared)
			case number{vendorMicrosoft, 17}:
				p.RecvKey, err = uncover(value, request, shared)
			}
			if err != nil {
				return auth.MSCHAPSuccess{}, err
			}
		}
	}
	if len(p.Success) != successSize || string(p.Success[1:digitsAt]) != "S=" {
		return auth.MSCHAPSuccess{}, errNoSuccess
	}
	if _, err := hex.DecodeString(string(p.Success[digitsAt:])); err != nil {
		return auth.MSCHAPSuccess{}, errNoSuccess
	}
	if p.SendKey.Empty() != p.RecvKey.Empty() {
		return auth.MSCHAPSuccess{}, errKeys
	}
	return p, nil
}

// uncover reads a key that is encrypted under the shared secret and the Request Authenticator (RFC 2548 section 2.4.2).
func uncover(value, request, shared []byte) (secret.Secret, error) {
	key, _, err := radius.TunnelPassword(value, shared, request[4:headerSize])
	if err != nil || len(key) != 16 {
		return secret.Secret{}, errKeys
	}
	return secret.New(string(key)), nil
}
