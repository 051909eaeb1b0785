package audit

import "time"

// Type is the kind of a line in the trail, one of the closed list of the contract.
type Type uint8

// The types. The zero Type is a system event.
const (
	SystemEvent Type = iota
	AuthenticationAttempt
	APIRequest
	SecurityEvent
	ConfigurationChange
	UserAction
	DataAccess
)

// String is the word in the trail.
func (t Type) String() string {
	switch t {
	case AuthenticationAttempt:
		return "authentication_attempt"
	case APIRequest:
		return "api_request"
	case SecurityEvent:
		return "security_event"
	case ConfigurationChange:
		return "configuration_change"
	case UserAction:
		return "user_action"
	case DataAccess:
		return "data_access"
	case SystemEvent:
	}
	return "system_event"
}

// Event is something that happened. Its fields are rendered once, for the log and the trail alike.
type Event interface {
	// EventType is the line's "type".
	EventType() Type
	// Message is the log line's "msg": constant words, no data.
	Message() string
	// AppendFields appends the members `"key":value,"key":value` without braces and without a leading or trailing comma.
	AppendFields(dst []byte) []byte
}

// Attempt is one login's end: the contract's line "attempt concluded". Every field is always rendered; an unknown one
// is empty.
type Attempt struct {
	Attempt        string // the attempt's identifier
	Client         string // the configured client's name
	NAS            string // the box as the packet names it
	User           string // the login name in canonical form (as sent, escaped, where it has none)
	CallingStation string
	Decision       string // deny, require_push, exempt; empty where policy was not reached
	Rule           string // "default" where none matched; empty where policy was not reached
	Factors        []string
	Verdict        string
	Reason         string
	Duration       time.Duration
	Exchanges      int    // exchanges that waited for this verdict
	Mobile         string // masked to its last two digits, empty where none was asked
	Detail         string // safe words that explain the reason to an operator; may be empty
}

// System is a start, a stop, a reload, a repaired trail and the like.
type System struct {
	Event  string // snake_case word
	Detail string // safe words
}

// Security is an event that a watcher wants to see: a collision, a stale approval, a joined Accept.
type Security struct {
	Event          string
	Attempt        string
	Client         string
	User           string
	CallingStation string
	Detail         string
}

// Configuration is a change of the settings: an accepted or refused reload.
type Configuration struct {
	Event  string // "reloaded", "reload_refused"
	Digest string // SHA-256 of the settings file, hex
	Detail string
}

// Action is something done by hand through a command.
type Action struct {
	Action string // "forget_message_authenticator"
	Actor  string // uid and pid of the peer on control.sock
	Target string
	Detail string
}

// Accounting is one Accounting-Request (RFC 2866), kept before it is answered.
type Accounting struct {
	Client         string
	NAS            string
	User           string
	CallingStation string
	Status         string // start, interim_update, stop, accounting_on, accounting_off
	Session        string // Acct-Session-Id
	FramedIP       string
	SessionTime    uint32 // seconds
	InputOctets    uint64 // with Acct-Input-Gigawords
	OutputOctets   uint64
	TerminateCause uint32
}
