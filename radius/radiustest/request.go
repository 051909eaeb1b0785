package radiustest

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"

	"layeh.com/radius"
	"layeh.com/radius/rfc2759"
	"layeh.com/radius/rfc2865"
	"layeh.com/radius/rfc2866"
	"layeh.com/radius/rfc2869"
	"layeh.com/radius/rfc3162"
	"layeh.com/radius/vendors/microsoft"
)

// ErrTooLong says that a value does not fit its attribute.
var ErrTooLong = errors.New("a value is too long for its attribute")

// messageAuthenticator is the attribute of RFC 3579 section 3.2, 18 octets with its header.
const (
	messageAuthenticator     = rfc2869.MessageAuthenticator_Type
	messageAuthenticatorSize = 18
)

// virtualPort is the NAS-Port-Type of a VPN (RFC 2865 section 5.41).
const virtualPort = 5

// header is what tells one request from another.
type header struct {
	identifier    byte
	authenticator [16]byte
}

// newHeader is random; crypto/rand never fails.
func newHeader() header {
	h := header{}
	var identifier [1]byte
	_, _ = rand.Read(identifier[:])
	_, _ = rand.Read(h.authenticator[:])
	h.identifier = identifier[0]
	return h
}

// again keeps the identifier and changes the authenticator, as OpenVPN's plug-in does.
func (h header) again() header {
	fresh := newHeader()
	fresh.identifier = h.identifier
	return fresh
}

// build makes a request's octets.
type build func(header) ([]byte, error)

// Record is what an Accounting-Request tells. Zero numbers are sent where Status is a Stop or an interim update.
type Record struct {
	Status         uint32 // Acct-Status-Type: 1 start, 2 stop, 3 interim update, 7 on, 8 off
	User           string
	Session        string
	CallingStation string
	FramedIP       netip.Addr
	SessionTime    uint32 // seconds
	InputOctets    uint64
	OutputOctets   uint64
	TerminateCause uint32
}

func (n NAS) packet(code radius.Code, h header) *radius.Packet {
	return &radius.Packet{Code: code, Identifier: h.identifier, Authenticator: h.authenticator, Secret: []byte(n.Secret.Reveal())}
}

// identify says which box is asking.
func (n NAS) identify(p *radius.Packet) error {
	if n.Address.Is4() {
		p.Add(rfc2865.NASIPAddress_Type, n.Address.AsSlice())
	} else if n.Address.Is6() {
		p.Add(rfc3162.NASIPv6Address_Type, n.Address.AsSlice())
	}
	return addText(p, rfc2865.NASIdentifier_Type, n.Identifier)
}

func (n NAS) accessRequest(c Credentials) build {
	return func(h header) ([]byte, error) {
		p := n.packet(radius.CodeAccessRequest, h)
		if !n.OmitMessageAuthenticator {
			p.Add(messageAuthenticator, make([]byte, messageAuthenticatorSize-2))
		}
		if err := errors.Join(addText(p, rfc2865.UserName_Type, c.User), addProof(p, c), n.identify(p)); err != nil {
			return nil, fmt.Errorf("building the Access-Request: %w", err)
		}
		p.Add(rfc2865.NASPortType_Type, radius.NewInteger(virtualPort))
		if err := errors.Join(
			addText(p, rfc2865.CallingStationID_Type, c.CallingStation),
			addText(p, rfc2865.State_Type, string(c.State)),
		); err != nil {
			return nil, fmt.Errorf("building the Access-Request: %w", err)
		}
		return encode(p)
	}
}

func (n NAS) statusServer() build {
	return func(h header) ([]byte, error) {
		p := n.packet(radius.CodeStatusServer, h)
		p.Add(messageAuthenticator, make([]byte, messageAuthenticatorSize-2))
		if err := n.identify(p); err != nil {
			return nil, fmt.Errorf("building the Status-Server: %w", err)
		}
		return encode(p)
	}
}

func (n NAS) accountingRequest(r Record) build {
	return func(h header) ([]byte, error) {
		p := n.packet(radius.CodeAccountingRequest, h)
		p.Add(rfc2866.AcctStatusType_Type, radius.NewInteger(r.Status))
		if err := errors.Join(
			n.identify(p),
			addText(p, rfc2865.UserName_Type, r.User),
			addText(p, rfc2866.AcctSessionID_Type, r.Session),
			addText(p, rfc2865.CallingStationID_Type, r.CallingStation),
		); err != nil {
			return nil, fmt.Errorf("building the Accounting-Request: %w", err)
		}
		if r.FramedIP.Is4() {
			p.Add(rfc2865.FramedIPAddress_Type, r.FramedIP.AsSlice())
		}
		if r.Status == uint32(rfc2866.AcctStatusType_Value_Stop) || r.Status == uint32(rfc2866.AcctStatusType_Value_InterimUpdate) {
			addCounters(p, r)
		}
		return encode(p)
	}
}

func addCounters(p *radius.Packet, r Record) {
	p.Add(rfc2866.AcctSessionTime_Type, radius.NewInteger(r.SessionTime))
	p.Add(rfc2866.AcctInputOctets_Type, low(r.InputOctets))
	p.Add(rfc2869.AcctInputGigawords_Type, high(r.InputOctets))
	p.Add(rfc2866.AcctOutputOctets_Type, low(r.OutputOctets))
	p.Add(rfc2869.AcctOutputGigawords_Type, high(r.OutputOctets))
	if r.Status == uint32(rfc2866.AcctStatusType_Value_Stop) {
		p.Add(rfc2866.AcctTerminateCause_Type, radius.NewInteger(r.TerminateCause))
	}
}

func low(n uint64) radius.Attribute  { return binary.BigEndian.AppendUint64(nil, n)[4:] }
func high(n uint64) radius.Attribute { return binary.BigEndian.AppendUint64(nil, n)[:4] }

// addText adds an attribute, or nothing for an empty text.
func addText(p *radius.Packet, typ radius.Type, text string) error {
	switch {
	case text == "":
		return nil
	case len(text) > 253:
		return fmt.Errorf("%w: %d octets", ErrTooLong, len(text))
	}
	p.Add(typ, radius.Attribute(text))
	return nil
}

// addProof adds what shows that the person knows the password. CHAP's challenge is the authenticator (RFC 2865 section
// 5.3), so a new authenticator makes a new proof.
func addProof(p *radius.Packet, c Credentials) error {
	password := []byte(c.Password.Reveal())
	switch c.Method {
	case CHAP:
		p.Add(rfc2865.CHAPPassword_Type, chapResponse(p.Identifier, password, p.Authenticator[:]))
		return nil
	case MSCHAPv2:
		return addMSCHAPv2(p, c.User, password)
	case PAP:
	}
	hidden, err := radius.NewUserPassword(password, p.Secret, p.Authenticator[:])
	if err != nil {
		return fmt.Errorf("User-Password: %w", err)
	}
	p.Add(rfc2865.UserPassword_Type, hidden)
	return nil
}

func chapResponse(identifier byte, password, challenge []byte) radius.Attribute {
	digest := md5.New()
	digest.Write([]byte{identifier})
	digest.Write(password)
	digest.Write(challenge)
	return digest.Sum([]byte{identifier})
}

// responseSize is how many octets an MS-CHAP2-Response has (RFC 2548 section 2.3.2).
const responseSize = 50

// addMSCHAPv2 adds a challenge and the response to it (RFC 2548 sections 2.1.1 and 2.3.2, RFC 2759 section 4).
func addMSCHAPv2(p *radius.Packet, user string, password []byte) error {
	var challenges [32]byte
	_, _ = rand.Read(challenges[:])
	challenge, peer := challenges[:16], challenges[16:]
	proof, err := rfc2759.GenerateNTResponse(challenge, peer, accountName(user), password)
	if err != nil {
		return fmt.Errorf("MS-CHAP2-Response: %w", err)
	}
	response := make([]byte, responseSize)
	response[0] = p.Identifier
	copy(response[2:], peer)
	copy(response[26:], proof)
	return errors.Join(microsoft.MSCHAPChallenge_Add(p, challenge), microsoft.MSCHAP2Response_Add(p, response))
}

// encode makes the octets, and signs them where the first attribute is a Message-Authenticator.
func encode(p *radius.Packet) ([]byte, error) {
	raw, err := p.Encode()
	if err != nil {
		return nil, fmt.Errorf("encoding the request: %w", err)
	}
	if len(p.Attributes) > 0 && p.Attributes[0].Type == messageAuthenticator {
		copy(raw[22:], sign(raw, p.Secret))
	}
	return raw, nil
}

// sign is a Message-Authenticator's value: the HMAC of the packet with that value zeroed (RFC 3579 section 3.2).
func sign(raw, key []byte) []byte {
	mac := hmac.New(md5.New, key)
	mac.Write(raw)
	return mac.Sum(nil)
}
