package policy

import (
	"net/netip"
	"time"
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

// Facts are all that a decision depends on.
type Facts struct {
	User           string     // canonical login name, as auth makes it
	Groups         []string   // of the person, from the configured directory
	Client         string     // the client's configured name
	CallingStation netip.Addr // where the person comes from; the zero Addr is "unknown" and is in no network
	At             time.Time
}

// Attribute is one reply attribute for the Access-Accept. Wire holds the encoded attributes (type, length, value; several
// where the value was split), which policy only carries.
type Attribute struct {
	Name  string
	Value string
	Wire  []byte
}

// Decision is the outcome. The zero Decision denies, by no rule.
type Decision struct {
	Action Action
	Denial Denial      // why, where Action is Deny
	Rule   string      // the deciding rule's name, "default" where none matched
	Reply  []Attribute // for the Access-Accept; nil where Action is Deny
	Until  time.Time   // when the rule's hours end, over adjoining windows; zero: no end
}
