package policy

import (
	"net/netip"
	"time"

	"ivalt-radius/secret"
)

// Action is what policy wants done with a login.
type Action uint8

// The actions. The zero Action denies.
const (
	Deny Action = iota
	RequirePush
	Exempt
)

// String is the word of the settings, the log and the trail.
func (a Action) String() string {
	switch a {
	case RequirePush:
		return "require_push"
	case Exempt:
		return "exempt"
	case Deny:
	}
	return "deny"
}

// Denial says why policy denies.
type Denial uint8

// The denials. The zero Denial is the rule's own word, `decision: deny`.
const (
	ByRule Denial = iota
	ByNetwork
	ByHours
)

// Factor names a first factor: `none`, `file`, `ldap` or `radius`. The zero Factor names none of them: whoever asks has a default.
type Factor string

// The first factors.
const (
	NoFactor     Factor = "none"
	FileFactor   Factor = "file"
	LDAPFactor   Factor = "ldap"
	RADIUSFactor Factor = "radius"
)

// FailMode is what a rule wants where iVALT cannot be asked. The zero FailMode denies.
type FailMode uint8

// The fail modes.
const (
	FailDeny       FailMode = iota
	FailRemembered          // let in whom iVALT approved within Fail.For, at the same calling station
	FailOpen                // let in everyone whose first factor is right, until Fail.Until
)

// Fail is a rule's fail mode with its bounds.
type Fail struct {
	Mode  FailMode
	For   time.Duration // of FailRemembered: how old an approval may be
	Until time.Time     // of FailOpen: when it ends by itself
	Why   string        // of FailOpen: the operator's reason
}

// Facts are all that a decision depends on.
type Facts struct {
	User           string      // canonical login name, as auth makes it
	Groups         []string    // of the person, from the configured directory, as it writes them
	Reply          []Attribute // of the person, from the configured directory
	Client         string      // the client's configured name
	CallingStation netip.Addr  // where the person comes from; the zero Addr is "unknown" and is in no network
	At             time.Time
}

// Attribute is one reply attribute for the Access-Accept. Wire holds the encoded attributes (type, length, value; several
// where the value was split), which policy only carries.
type Attribute struct {
	Name  string
	Value string // as the operator wrote it; of one that travels encrypted, no more than that
	Wire  []byte

	// Sealed stands in Wire's place where the value travels encrypted (RFC 2868 section 3.5, RFC 2548 section 2.4.2): the same octets
	// with the value in plain text, which the answer encrypts under the client's secret.
	Sealed secret.Secret

	// Fill makes the attribute of a template that holds {group}; nil where it is none. An attribute whose Fill fails is left
	// without octets, of which no answer can be made.
	Fill func(group string) (Attribute, error)
}

// Decision is the outcome. The zero Decision denies, by no rule.
type Decision struct {
	Action Action
	Denial Denial      // why, where Action is Deny
	Rule   string      // the deciding rule's name, "default" where none matched
	Reply  []Attribute // for the Access-Accept, complete: the person's, the groups', the rule's; nil where Action is Deny
	Until  time.Time   // when the rule's hours end, over adjoining windows; zero: no end

	Factor   Factor        // the rule's first factor; empty: the client's
	Remember time.Duration // how long an approval counts for the next logins; 0: for none
	Fail     Fail
}
