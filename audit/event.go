package audit

import (
	"time"

	"ivalt-radius/audit/chain"
)

// Type is the kind of a line in the trail, one of the closed list of the contract.
type Type = chain.Type

// The types. The zero Type is a system event.
const (
	SystemEvent           = chain.SystemEvent
	AuthenticationAttempt = chain.AuthenticationAttempt
	APIRequest            = chain.APIRequest
	SecurityEvent         = chain.SecurityEvent
	ConfigurationChange   = chain.ConfigurationChange
	UserAction            = chain.UserAction
	DataAccess            = chain.DataAccess
)

// Words of the trail that its readers look for: events of the trail itself, and the action that rewrites lines.
const (
	CheckpointEvent = "checkpoint"
	SegmentStarted  = "segment_started"
	SegmentArchived = "segment_archived"
	SegmentRemoved  = "segment_removed"
	ForgetAction    = "forget"
)

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
	Exchanges      int           // exchanges that waited for this verdict
	Packets        int           // datagrams heard for it before the verdict, duplicates included; 0: unknown
	LastPacket     time.Duration // from the first of them to the last
	Mobile         string        // masked to its last two digits, empty where none was asked
	Detail         string        // safe words that explain the reason to an operator; may be empty
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

// Configuration is a change of the settings: an accepted or refused reload, or settings that changed while no server ran.
type Configuration struct {
	Event   string // "reloaded", "reload_refused", "changed_before_start"
	Digest  string // of the settings, hex
	Detail  string
	Changes []Change // what differs; secrets are redacted
}

// Change is one setting that differs.
type Change struct {
	Key           string // its path
	Before, After string // redacted; empty: it was, or is, not written
}

// APICall is one HTTP call to iVALT.
type APICall struct {
	Attempt   string // the login it is for; empty: none, as for a probe
	Call      string // push, result, user: what was asked
	Endpoint  string // the path of the URL
	Status    int    // HTTP's; 0: no answer
	Class     string // what the answer was taken for
	Duration  time.Duration
	RequestID string
}

// Access is a reading of the trail through a command.
type Access struct {
	Action string // "verify", "tail", "report", "export", "compliance", "backup"
	Actor  string // uid and pid of the peer on control.sock, or of the command itself
	Filter string // what was asked for, as on the command line
	Detail string // where it went: "encrypted to 1 recipient", a file's name
}

// Checkpoint is the node's signature over the record right before it.
type Checkpoint struct {
	Key       string // fingerprint of the public key
	Covers    uint64 // the seq of the record before
	Hash      string // its hash
	Signature string // Ed25519, base64; see package checkpoint for what it is over
}

// Segment says what became of a part of the trail.
type Segment struct {
	Event       string // SegmentStarted, SegmentArchived or SegmentRemoved
	File        string // its base name; of segment_started: that of the part which ended
	First, Last uint64 // its records
	Hash        string // the hash of the last one
	Detail      string
}

// Forgotten says that records of one person were rewritten with a pseudonym: each of these lines is now what the digest is of,
// while its hash is the one that it had.
type Forgotten struct {
	Actor     string
	Pseudonym string
	Lines     []ForgottenLine // 400 at most: a long list takes several events
	Detail    string
}

// ForgottenLine is one rewritten line.
type ForgottenLine struct {
	Seq    uint64
	Digest chain.Digest // of its bytes, without the newline
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
