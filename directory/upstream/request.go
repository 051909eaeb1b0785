package upstream

import (
	"crypto/hmac"
	"crypto/md5" //nolint:gosec // demanded by RFC 3579 section 3.2
	"fmt"

	"layeh.com/radius"
	"layeh.com/radius/rfc2865"
	"layeh.com/radius/rfc2869"
	"layeh.com/radius/vendors/microsoft"

	"ivalt-radius/auth"
)

// nasIdentifier is how this server names itself to the upstream one.
const nasIdentifier = "ivalt-radius"

// Sizes in octets (RFC 2865 sections 3 and 5, RFC 2548 sections 2.1.1 and 2.3.2).
const (
	headerSize        = 20
	authenticatorSize = 16
	maxPacket         = 4096
	maxValue          = 253

	maxPassword         = 128
	chapResponseSize    = 17
	msCHAPChallengeSize = 16
	msCHAPResponseSize  = 50
)

// question is a login as the servers are asked it.
type question struct {
	name    string
	request *auth.Request
}

// newQuestion checks what the login holds before anybody is asked.
func newQuestion(s auth.Subject, req *auth.Request) (question, error) {
	q := question{name: nameFor(s, req), request: req}
	h := req.Handshake
	switch req.Method {
	case auth.PAP:
		if err := auth.Plausible(req.Password.Reveal()); err != nil {
			return q, err
		}
		if req.Password.Len() > maxPassword {
			return q, fmt.Errorf("%w: longer than %d octets", auth.ErrBadPassword, maxPassword)
		}
		return q, nil
	case auth.CHAP:
		if len(h.Response) != chapResponseSize || len(h.Challenge) == 0 || len(h.Challenge) > maxValue {
			return q, fmt.Errorf("%w: a CHAP response has %d octets, and a challenge some", auth.ErrBadPassword, chapResponseSize)
		}
		return q, nil
	case auth.MSCHAPv2:
		if len(h.Response) != msCHAPResponseSize || len(h.Challenge) != msCHAPChallengeSize {
			return q, fmt.Errorf("%w: an MS-CHAPv2 response has %d octets, and a challenge %d", auth.ErrBadPassword, msCHAPResponseSize, msCHAPChallengeSize)
		}
		return q, nil
	case auth.MSCHAP:
		return q, fmt.Errorf("%w: MS-CHAP of the first version proves nothing today; set the NAS to PAP or MS-CHAPv2", auth.ErrMisconfigured)
	case auth.EAP:
		return q, fmt.Errorf("%w: EAP is not served; set the NAS to PAP", auth.ErrMisconfigured)
	case auth.NoCredential:
	}
	return q, fmt.Errorf("%w: the request holds no password", auth.ErrBadPassword)
}

// nameFor is the User-Name: as the NAS sent it (RFC 7542 section 2.6), unless a rewrite rule made another name of it. MS-CHAPv2's
// response is made over the name, so there it stays in any case.
func nameFor(s auth.Subject, req *auth.Request) string {
	sent, err := auth.ParseUsername(req.Username)
	if req.Method == auth.MSCHAPv2 || err == nil && sent == s.User {
		return req.Username
	}
	return s.User.String()
}

// packet makes the Access-Request for one server, with a fresh identifier and Request Authenticator. Its first attribute is the
// Message-Authenticator (RFC 3579 section 3.2).
func (q question) packet(shared []byte) ([]byte, error) {
	p := radius.New(radius.CodeAccessRequest, shared)
	p.Add(rfc2869.MessageAuthenticator_Type, make([]byte, authenticatorSize))
	p.Add(rfc2865.UserName_Type, []byte(q.name))
	if err := q.prove(p); err != nil {
		return nil, fmt.Errorf("building the Access-Request: %w", err)
	}
	p.Add(rfc2865.NASIdentifier_Type, []byte(nasIdentifier))
	if from := q.request.CallingStation; from != "" && len(from) <= maxValue {
		p.Add(rfc2865.CallingStationID_Type, []byte(from))
	}
	raw, err := p.Encode()
	if err != nil {
		return nil, fmt.Errorf("building the Access-Request: %w", err)
	}
	copy(raw[headerSize+2:], signature(raw, shared))
	return raw, nil
}

// prove adds the credential. CHAP's challenge stands in an attribute always: the Request Authenticator is another one here.
func (q question) prove(p *radius.Packet) error {
	h := q.request.Handshake
	switch q.request.Method {
	case auth.CHAP:
		p.Add(rfc2865.CHAPPassword_Type, h.Response)
		p.Add(rfc2865.CHAPChallenge_Type, h.Challenge)
		return nil
	case auth.MSCHAPv2:
		if err := microsoft.MSCHAPChallenge_Add(p, h.Challenge); err != nil {
			return err
		}
		return microsoft.MSCHAP2Response_Add(p, h.Response)
	case auth.PAP, auth.MSCHAP, auth.EAP, auth.NoCredential:
	}
	hidden, err := radius.NewUserPassword([]byte(q.request.Password.Reveal()), p.Secret, p.Authenticator[:])
	if err != nil {
		return err
	}
	p.Add(rfc2865.UserPassword_Type, hidden)
	return nil
}

// signature is a Message-Authenticator's value: the HMAC over the packet with that value zeroed (RFC 3579 section 3.2).
func signature(zeroed, shared []byte) []byte {
	mac := hmac.New(md5.New, shared)
	mac.Write(zeroed)
	return mac.Sum(nil)
}
