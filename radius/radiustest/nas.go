package radiustest

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"layeh.com/radius"

	"ivalt-radius/radius/attribute"
	"ivalt-radius/secret"
)

// ErrNoAnswer says that no answer that counts came in time. Result tells how many others came.
var ErrNoAnswer = errors.New("no answer")

// Code is a packet's code (RFC 2865 section 4).
type Code byte

// The codes that requests and their answers have.
const (
	AccessRequest      = Code(radius.CodeAccessRequest)
	AccessAccept       = Code(radius.CodeAccessAccept)
	AccessReject       = Code(radius.CodeAccessReject)
	AccountingRequest  = Code(radius.CodeAccountingRequest)
	AccountingResponse = Code(radius.CodeAccountingResponse)
	AccessChallenge    = Code(radius.CodeAccessChallenge)
	StatusServer       = Code(radius.CodeStatusServer)
)

// String is the code's name in the RFCs.
func (c Code) String() string { return radius.Code(c).String() }

// Style is how a NAS sends again.
type Style uint8

// The styles. The zero Style is what most gateways do.
const (
	SamePacket       Style = iota // the same octets from the same port
	NewAuthenticator              // the same identifier, a new authenticator, a new port; the older ports are closed
)

// Retry is how long a NAS waits and how often it sends. The zero Retry sends once and waits 10 s.
type Retry struct {
	Interval time.Duration // from one packet to the next, and after the last; 0: 10 s
	Tries    int           // packets in all; 0: 1
	Style    Style
}

// NAS asks one server. It is a value: copies are independent, and one may be used by several goroutines at once.
type NAS struct {
	Server     string        // HOST:PORT
	Secret     secret.Secret // shared with the server
	Identifier string        // NAS-Identifier; empty: none is sent
	Address    netip.Addr    // NAS-IP-Address or NAS-IPv6-Address; the zero Addr: none is sent
	LocalAddr  string        // IP or IP:PORT to send from; empty: the system's choice
	Retry      Retry

	// OmitMessageAuthenticator leaves it out of Access-Requests, as older gateways do; Status-Server always has it.
	OmitMessageAuthenticator bool
	// AcceptUnsigned takes an answer to an Access-Request that has no Message-Authenticator; one that is there must verify all the same.
	AcceptUnsigned bool
	// Progress, where not nil, is told what happens, from the goroutine that asks.
	Progress func(Event)
}

// EventKind is what happened.
type EventKind uint8

// The kinds of event.
const (
	Sent      EventKind = iota // a packet was sent
	Discarded                  // something came that does not count; Why says what is wrong with it
	Answered                   // the answer came
)

// Event is a step of an exchange.
type Event struct {
	Kind   EventKind
	Packet int           // how many packets were sent so far
	After  time.Duration // since the first packet
	Why    error         // of Discarded
}

// Method is how a login proves the password.
type Method uint8

// The methods. The zero Method is PAP.
const (
	PAP      Method = iota // User-Password (RFC 2865 section 5.2)
	CHAP                   // CHAP-Password (RFC 2865 section 5.3)
	MSCHAPv2               // MS-CHAP2-Response (RFC 2548 section 2.3.2)
)

// ErrMethod says that a name is none of pap, chap and mschapv2.
var ErrMethod = errors.New("the method is none of pap, chap and mschapv2")

// ParseMethod reads a method's name.
func ParseMethod(name string) (Method, error) {
	for _, m := range []Method{PAP, CHAP, MSCHAPv2} {
		if m.String() == name {
			return m, nil
		}
	}
	return PAP, fmt.Errorf("%w: %q", ErrMethod, name)
}

// String is the method's name.
func (m Method) String() string {
	switch m {
	case CHAP:
		return "chap"
	case MSCHAPv2:
		return "mschapv2"
	case PAP:
	}
	return "pap"
}

// Credentials are one person's login.
type Credentials struct {
	User           string
	Password       secret.Secret
	CallingStation string // Calling-Station-Id; empty: none is sent
	Method         Method
	State          []byte // State; nil: none is sent
}

// Attribute is one attribute of an answer, by name.
type Attribute = attribute.Description

// Result is what came of asking. Where there is an error, Sent, Took, Discarded and LastDiscard are filled in all the same.
type Result struct {
	Code         Code
	Attributes   []Attribute // in the packet's order, without Message-Authenticator
	ReplyMessage string      // every Reply-Message, joined (RFC 2865 section 5.18); printable
	State        []byte      // of an Access-Challenge
	Took         time.Duration
	Sent         int    // packets
	Raw          []byte // the answer as received, nil where none came

	// MessageAuthenticatorFirst: the answer's first attribute is a Message-Authenticator; it verified.
	MessageAuthenticatorFirst bool
	// Signed: the answer has a Message-Authenticator; it verified.
	Signed bool

	// Unproved says what is missing or wrong in the server's half of MS-CHAPv2; it wraps ErrUnproved. Nil where that is right, and for
	// every answer but an Access-Accept to an MS-CHAPv2 login.
	Unproved error

	Discarded   int   // answers that did not count, and messages that nothing listens at the server's port
	LastDiscard error // why the last of them did not
}

// Login sends an Access-Request and waits for its answer. The error wraps ErrNoAnswer where none came before the last
// packet's wait or ctx ended; any other error is a fault at this end.
func (n NAS) Login(ctx context.Context, c Credentials) (Result, error) {
	return n.login(ctx, newHeader(), c)
}

// ErrNoChallenge says that what is to be answered is no Access-Challenge with a State.
var ErrNoChallenge = errors.New("no Access-Challenge to answer")

// Answer answers an Access-Challenge that Login or Answer returned, and waits as Login does: the same login with a new identifier
// and authenticator, the challenge's State, and the text in the password's place, by PAP whatever the method was (RFC 2865
// section 4.4). The text may be empty.
func (n NAS) Answer(ctx context.Context, c Credentials, challenge Result, text secret.Secret) (Result, error) {
	if challenge.Code != AccessChallenge || len(challenge.State) == 0 {
		return Result{}, ErrNoChallenge
	}
	c.Method, c.Password, c.State = PAP, text, challenge.State
	h := newHeader()
	h.identifier = challenge.Raw[1] + 1
	return n.login(ctx, h, c)
}

func (n NAS) login(ctx context.Context, h header, c Credentials) (Result, error) {
	var request []byte // the last one sent, which the answer belongs to
	b := n.accessRequest(c)
	r, err := n.exchange(ctx, h, func(h header) (raw []byte, err error) {
		raw, err = b(h)
		request = raw
		return raw, err
	})
	if err == nil {
		r.Unproved = n.unproved(c, request, r)
	}
	return r, err
}

// Status sends a Status-Server (RFC 5997) and waits as Login does.
func (n NAS) Status(ctx context.Context) (Result, error) {
	return n.exchange(ctx, newHeader(), n.statusServer())
}

// Account sends an Accounting-Request (RFC 2866) and waits as Login does. An Accounting-Response needs no
// Message-Authenticator.
func (n NAS) Account(ctx context.Context, r Record) (Result, error) {
	return n.exchange(ctx, newHeader(), n.accountingRequest(r))
}

// Packet is one Access-Request as Login would send it, with a new identifier and authenticator.
func (n NAS) Packet(c Credentials) ([]byte, error) {
	return n.accessRequest(c)(newHeader())
}
