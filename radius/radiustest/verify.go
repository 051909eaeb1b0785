package radiustest

import (
	"bytes"
	"crypto/hmac"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	"layeh.com/radius"
	"layeh.com/radius/rfc2865"

	"ivalt-radius/radius/attribute"
	"ivalt-radius/secret"
)

// Why an answer does not count.
var (
	ErrMalformed             = errors.New("malformed packet")
	ErrIdentifier            = errors.New("an answer to another request")
	ErrCode                  = errors.New("a code that does not answer this request")
	ErrResponseAuthenticator = errors.New("a wrong Response Authenticator: forged, or the shared secrets differ")
	ErrMessageAuthenticator  = errors.New("a wrong Message-Authenticator: forged, or the shared secrets differ")
	ErrUnreachable           = errors.New("nothing listens at the server's port")
	ErrUnsigned              = errors.New("no Message-Authenticator (CVE-2024-3596)")
)

// Verify judges an answer to a request, as octets: length, identifier, code, Response Authenticator, attributes and, where it
// is there, Message-Authenticator. It returns the verified answer with Code, Attributes, ReplyMessage, State, Raw and what
// it says of Message-Authenticator filled in. A missing Message-Authenticator is not its business.
func Verify(shared secret.Secret, request, answer []byte) (Result, error) {
	if len(request) < 20 || len(answer) < 20 {
		return Result{}, fmt.Errorf("%w: %d octets", ErrMalformed, len(answer))
	}
	length := int(binary.BigEndian.Uint16(answer[2:]))
	if length < 20 || length > len(answer) {
		return Result{}, fmt.Errorf("%w: its Length is %d, it has %d octets", ErrMalformed, length, len(answer))
	}
	answer = answer[:length] // what is beyond is padding
	key := []byte(shared.Reveal())
	switch {
	case answer[1] != request[1]:
		return Result{}, ErrIdentifier
	case !answers(Code(request[0]), Code(answer[0])):
		return Result{}, fmt.Errorf("%w: %s", ErrCode, Code(answer[0]))
	case !radius.IsAuthenticResponse(answer, request, key):
		return Result{}, ErrResponseAuthenticator
	}
	attrs, err := radius.ParseAttributes(answer[20:])
	if err != nil {
		return Result{}, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	r := describe(answer, attrs)
	if r.Signed, err = verifySignature(key, request, answer); err != nil {
		return Result{}, err
	}
	r.MessageAuthenticatorFirst = r.Signed && attrs[0].Type == messageAuthenticator
	return r, nil
}

func answers(request, answer Code) bool {
	switch request {
	case AccessRequest:
		return answer == AccessAccept || answer == AccessReject || answer == AccessChallenge
	case AccountingRequest:
		return answer == AccountingResponse
	case StatusServer:
		return answer == AccessAccept || answer == AccountingResponse
	case AccessAccept, AccessReject, AccountingResponse, AccessChallenge:
	}
	return false
}

// verifySignature reports whether there is a Message-Authenticator; one that does not verify, or a second one, is an error. The
// answer's attributes are whole.
func verifySignature(key, request, answer []byte) (signed bool, err error) {
	zeroed := bytes.Clone(answer)
	copy(zeroed[4:20], request[4:20])
	var value []byte
	for i := 20; i < len(answer); i += int(answer[i+1]) {
		if radius.Type(answer[i]) != messageAuthenticator {
			continue
		}
		if value != nil || answer[i+1] != messageAuthenticatorSize {
			return false, ErrMessageAuthenticator
		}
		value = answer[i+2 : i+messageAuthenticatorSize]
		clear(zeroed[i+2 : i+messageAuthenticatorSize])
	}
	if value != nil && !hmac.Equal(value, sign(zeroed, key)) {
		return false, ErrMessageAuthenticator
	}
	return value != nil, nil
}

// describe fills in what an answer says.
func describe(answer []byte, attrs radius.Attributes) Result {
	r := Result{Code: Code(answer[0]), Raw: answer}
	var message strings.Builder
	for _, a := range attrs {
		if a.Type == messageAuthenticator {
			continue
		}
		described := attribute.Describe(byte(a.Type), a.Attribute) //nolint:gosec // parsed from one octet
		r.Attributes = append(r.Attributes, described...)
		if a.Type == rfc2865.ReplyMessage_Type {
			message.WriteString(described[0].Value)
		}
		if a.Type == rfc2865.State_Type {
			r.State = a.Attribute
		}
	}
	r.ReplyMessage = message.String()
	return r
}
