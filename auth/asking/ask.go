package asking

import (
	"context"
	"crypto/rand"
	"errors"
	"net/netip"
	"time"

	"ivalt-radius/audit"
	"ivalt-radius/auth/carried"
	"ivalt-radius/auth/credential"
	"ivalt-radius/auth/identity"
	"ivalt-radius/auth/judgement"
	"ivalt-radius/policy"
	"ivalt-radius/secret"
)

// Method is how the first factor arrives in the packet.
type Method uint8

// The methods. The zero Method carries no credential.
const (
	NoCredential Method = iota
	PAP                 // User-Password, RFC 2865 section 5.2
	CHAP                // CHAP-Password, RFC 2865 section 5.3
	MSCHAP              // MS-CHAP-Response, RFC 2548 section 2.1.3; refused: it proves nothing today
	MSCHAPv2            // MS-CHAP2-Response, RFC 2548 section 2.3.2
	EAP                 // EAP-Message, RFC 3579; refused (EAP-1)
)

// Prompting is `clients[].challenge`: what a client's NAS may be asked by Access-Challenge. The zero Prompting asks nothing.
type Prompting uint8

// The kinds of Prompting.
const (
	NeverAsk     Prompting = iota
	ChoosePhone            // which phone, where the directory gives several
	ConfirmPhone           // that too, and then "approve on your phone, then press Enter"
)

// Client is what the journey needs to know of the configured peer that asks.
type Client struct {
	Name          string
	AnswerWithin  time.Duration // how long its NAS waits in all, from the attempt's first packet
	SilentTimeout bool          // on_push_timeout: silence
	Factor        policy.Factor // the first factor, where the deciding rule names none
	Prompts       Prompting
	CHAP          bool // insecure_methods holds chap
	MSCHAPv2      bool // insecure_methods holds mschapv2

	// Rules are those that were in force when the request was admitted, together with the client itself: a reload swaps both as
	// one. Nil rejects everybody.
	Rules *Rules
}

// Request is one exchange's question: may this person come in? It is made by radius from a packet whose structure,
// Message-Authenticator and client are already verified; every text in it is still hostile.
type Request struct {
	Client   Client
	NAS      string // as the packet names the box; may be empty
	Received time.Time

	Username       string // User-Name as sent, any octets
	Method         Method
	Password       secret.Secret        // PAP only: the decrypted password, trailing NULs stripped
	Handshake      credential.Handshake // CHAP and MS-CHAPv2 only
	State          []byte               // State as sent; nil where there is none
	CallingStation string               // the person's address as text, in one canonical form; empty: unknown
	From           netip.Addr           // CallingStation parsed; the zero Addr where it is no address

	// JoinScope takes the calling station's place in the attempt's key where the NAS names none: empty joins freely
	// (join_without_calling_station), otherwise it names the exchange's own source and identifier.
	JoinScope string

	// Defect, where not empty, is why the packet can only be rejected (`bad_request`): safe words for the log.
	Defect string

	// Packet is the Request Authenticator and, behind it, the Identifier: the very same packet has the same one at whatever node it comes in.
	// The zero Packet is like no other one.
	Packet [17]byte

	// ID tells the exchange from every other one of this process. Replaces are the IDs of the older, still waiting exchanges
	// whose identifier this one reuses (RFC 5080 section 2.2.2), nil where there is none: Run withdraws them, once
	// the request has passed policy and first factor and is known not to join an attempt.
	ID       uint64
	Replaces []uint64

	// Heard are the exchange's datagrams, which radius notes as they come; nil where nobody does. It may change until the verdict.
	Heard *audit.Heard

	// Datagram is what the exchange came with, for the process that takes this one's place; nil: nobody could ask again.
	Datagram func() carried.Datagram
}

// Subject is the person behind a login: one canonical name for rules, lockout, look-up and push alike.
type Subject struct {
	User     identity.Username
	Person   identity.Person
	Familiar bool // the gate knows the person at this place
}

// KeptAs is under what name a person's approvals are kept: the listed one, which is the same for every spelling.
func (s Subject) KeptAs() string {
	if listed := s.Person.Name.String(); listed != "" {
		return listed
	}
	return s.User.String()
}

// Parts are what makes two exchanges one attempt: client, name, calling station, password and State, and with a State the NAS, which it is
// bound to. Only PAP joins across identifiers; anything else is one attempt with the very same packet alone.
func (r *Request) Parts(user identity.Username) []string {
	station, password, boundTo := "station:"+r.CallingStation, r.Password.Reveal(), ""
	if r.CallingStation == "" {
		station = "scope:" + r.JoinScope
	}
	switch {
	case r.Method == PAP:
	case r.Packet == [17]byte{}:
		password = rand.Text()
	default:
		password = "packet:" + string(r.Packet[:])
	}
	if len(r.State) > 0 {
		boundTo = r.NAS
	}
	return []string{r.Client.Name, user.String(), station, password, string(r.State), boundTo}
}

// Rules are what a reload swaps, with the clients that carry them. A login keeps the Rules that it began with. They are never
// changed.
type Rules struct {
	Policy      judgement.Decider
	Directory   identity.Directory
	Primaries   map[policy.Factor]Primary // what no rule and no client names need not be here
	MaxAttempts int                       // logins that may wait at once; more are `busy`

	// Waits says that the directory or a first factor other than NoPrimary asks the network, or the processor for long: then none is
	// asked on the caller's own goroutine, and what they take is bounded. DirectoryWaits says it of the directory: then no login opens there.
	Waits, DirectoryWaits bool

	// LateCredit is how long after its deadline a login's approval still counts for the very same login: where a first factor was
	// checked and the calling station is known, and where either is missing. 0: not at all.
	LateCredit, InsecureLateCredit time.Duration

	// ChallengeFor is how long a login may take over all its challenges, from its first packet; never less than the NAS waits for one
	// answer.
	ChallengeFor time.Duration

	// Rewrite makes the name that counts of the canonical one (auth/rewrite); nil changes nothing.
	Rewrite func(identity.Username) (identity.Username, error)

	// Enrolment is the operator's sentence for a person whom iVALT does not know: it stands in the Reply-Message, behind a
	// checked first factor alone. Empty: none.
	Enrolment string
}

// Name is the one name that counts of a User-Name: its canonical form, rewritten. The nil Rules rewrite nothing.
func (r *Rules) Name(raw string) (identity.Username, error) {
	user, err := identity.ParseUsername(raw)
	if err == nil && r != nil && r.Rewrite != nil {
		user, err = r.Rewrite(user)
	}
	return user, err
}

// Errors of a Primary. Any other error means that the first factor could not be checked: the login is `unavailable`.
var (
	ErrBadPassword   = credential.ErrBadPassword
	ErrMisconfigured = errors.New("the settings cannot serve this login")
	ErrBusy          = errors.New("too many first factors are being checked")
)

// Checked is what a first factor showed. The zero Checked shows nothing.
type Checked struct {
	Password bool                     // a factor was really checked, and is right
	Person   identity.Person          // what only the check could tell of the person; what a directory said stays
	Reply    []policy.Attribute       // an upstream server's, by its allow-list; the operator's own of the same name win
	MSCHAP   credential.MSCHAPSuccess // of an MS-CHAPv2 login
}

// Primary checks the first factor. It is safe for concurrent use. What it says of an unknown person and of a wrong password
// differs in the error's text alone, which the log and the trail hold, and takes the same work.
type Primary interface {
	// Verify checks what the request holds against what the subject must show. An error ends the login.
	Verify(ctx context.Context, s Subject, req *Request) (Checked, error)
}

// Bounded is a Primary before which logins queue up, so many and no more. A flood that is refused before it has goroutines of its own
// does not stand in the way of logins that wait for a phone.
type Bounded interface {
	// Full reports that Verify would refuse one more login of this subject with this credential with ErrBusy, now.
	Full(s Subject, m Method) bool
}
