package access

import (
	"bytes"
	"errors"

	"ivalt-radius/auth"
	"ivalt-radius/radius/wire"
)

// The sizes of what a handshake holds (RFC 2865 section 5.3, RFC 2548 sections 2.1.2 and 2.3.2).
const (
	chapSize        = 17
	msChallengeSize = 16
	msResponseSize  = 50
)

// Fill fills in what the packet says: name, NAS, method, credential, State, and the Defect of a packet that can only be
// rejected. The key is that under which the packet is believed, and p the one that was gathered. It copies, so that the datagram's
// memory is free while the login waits.
func (f *Facts) Fill(req *auth.Request, p wire.Packet, key *wire.Key) {
	req.Username, req.NAS = string(f.user), f.nas()
	req.Method, req.Defect = f.method(), f.defect()
	if f.count[state] > 0 {
		req.State = append([]byte{}, f.state...)
	}
	if req.Defect != "" {
		return
	}
	switch req.Method {
	case auth.PAP:
		f.fillPassword(req, p, key)
	case auth.CHAP:
		challenge := f.challenge
		if f.count[chapChallenge] == 0 {
			challenge = p.Authenticator()
		}
		req.Handshake = auth.Handshake{Challenge: bytes.Clone(challenge), Response: bytes.Clone(f.chap)}
	case auth.MSCHAPv2:
		req.Handshake = auth.Handshake{Challenge: bytes.Clone(f.msChallenge), Response: bytes.Clone(f.msResponse)}
	case auth.NoCredential, auth.MSCHAP, auth.EAP:
	}
}

// fillPassword uncovers a User-Password. One with a NUL inside is handed on as it is: auth refuses control characters, with
// the same verdict and the same hint as for every other unreadable password. Beside a State an empty attribute is an empty answer: radcli,
// and so ocserv, sends it where the person just presses Enter, against RFC 2865 section 5.2, which wants 16 octets of padding.
func (f *Facts) fillPassword(req *auth.Request, p wire.Packet, key *wire.Key) {
	if len(f.password) == 0 && len(req.State) > 0 {
		return
	}
	text, err := key.Password(f.password, p.Authenticator())
	if errors.Is(err, wire.ErrPasswordLength) {
		req.Defect = "User-Password is not 16 to 128 octets in steps of 16"
		return
	}
	req.Password = text
}

// defect says why the packet can only be rejected, empty where it can be served: RFC 2865 section 5.44 (what may stand
// there once), RFC 3579 section 3.1 (no EAP here) and section 3.3 (one credential), and what has not the size that it must
// have.
func (f *Facts) defect() string {
	switch {
	case f.repeated():
		return "an attribute that may stand there once is there more often"
	case f.Credentials() > 1:
		return "more than one kind of credential"
	case f.EAP():
		return "EAP is not served; set the NAS to PAP"
	case f.count[arapPassword] > 0:
		return "ARAP is not served; set the NAS to PAP"
	case f.count[state] > 0 && len(f.state) == 0:
		return "State is empty"
	case len(f.user) == 0:
		return "no User-Name"
	}
	return f.misshapen()
}

// misshapen says what of a handshake has not its size.
func (f *Facts) misshapen() string {
	switch f.method() {
	case auth.CHAP:
		switch {
		case len(f.chap) != chapSize:
			return "CHAP-Password is not 17 octets"
		case f.count[chapChallenge] > 0 && len(f.challenge) == 0:
			return "CHAP-Challenge is empty"
		}
	case auth.MSCHAPv2:
		switch {
		case len(f.msResponse) != msResponseSize:
			return "MS-CHAP2-Response is not 50 octets"
		case len(f.msChallenge) != msChallengeSize:
			return "MS-CHAP-Challenge is not 16 octets"
		}
	case auth.NoCredential, auth.PAP, auth.MSCHAP, auth.EAP:
	}
	return ""
}
