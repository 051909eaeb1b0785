package compliance

import (
	"io/fs"
	"net/netip"
	"time"
)

// Answer is yes, no, or that nobody knows. The zero Answer is that.
type Answer uint8

// The answers.
const (
	Unknown Answer = iota
	No
	Yes
)

// Facts are what is known of an installation. The zero Facts are that nothing is. They hold names, paths, numbers and modes, and no
// secret and nothing of a person.
type Facts struct {
	At      time.Time // when they were gathered
	Since   time.Time // the beginning of the period in which the trail is looked at; it ends with At
	Version string    // of the program that gathered them

	Settings Settings
	Clients  []Client // those of the settings
	Network  Network
	Policy   Policy
	Trail    Trail
	Retained Retained
	Shipping []Receiver // those of the settings
	Guard    Guard
	Secrets  Secrets
	Files    Files
	Server   Server
	Clock    Answer // the kernel says that a time service keeps its clock
}

// Settings say whether Clients, Network, Policy, Retained, Shipping and Guard are known.
type Settings struct {
	Read   bool
	Digest string // of all of them with their secrets; empty: some secret could not be read
}

// Client is a gateway that may ask.
type Client struct {
	Name                 string
	Networks             []netip.Prefix
	MessageAuthenticator string // required, auto, optional
	RepliesUnsigned      bool   // insecure_omit_message_authenticator
	InsecureMethods      []string
	FirstFactor          string // where no rule names another: none, file, ldap, radius
}

// Network says over which ways passwords and approvals travel.
type Network struct {
	IVALTScheme         string // of ivalt.url
	Pins                int    // public keys, one of which iVALT's chain must hold
	OwnRoots            bool   // the system's certificates do not count
	Directories         []string
	DirectoryPlain      bool     // primary.ldap.insecure_plaintext: an ldap:// one is asked without TLS
	Upstream            []string // HOST:PORT of the RADIUS servers that check passwords
	SendClientAddress   bool     // to iVALT, in a header
	RequestFrom         string   // the text that a push shows, with its placeholders
	RejectDelay         time.Duration
	AllowMissingDetails bool
	InsecureLateCredit  time.Duration
	Sentinel            string // always, auto
}

// Policy is who comes in, and how.
type Policy struct {
	Default  string // deny, require_push, exempt
	Timezone string // empty: the machine's
	Rules    []Rule
}

// Rule is one rule of it.
type Rule struct {
	Name        string
	Decision    string
	FirstFactor string // empty: the client's
	Remember    time.Duration
	FailMode    string    // deny, allow_remembered, insecure_allow
	FailUntil   time.Time // of insecure_allow
	Windows     int       // of hours
	WithoutZone int       // those of them that name no time zone
	ForEveryone bool      // it matches whoever is enrolled
}

// Trail is what its records show.
type Trail struct {
	Verified Verified

	Read    bool // its records were read: whether what follows is known
	Records int
	First   uint64
	Oldest  time.Time // zero: there is no record

	Starts, Stops int    // of the server, in all of the trail
	Digest        string // of the settings that it last took; empty: none is told
	DigestAt      time.Time
	Backup        time.Time // of state.directory through us, the last; zero: none

	InPeriod Period
}

// Verified is what verification found. The zero Verified is that there was none.
type Verified struct {
	Done     bool
	Findings int    // lines that do not fit
	Missing  uint64 // records whose segment lies in an archive that is not at hand

	Signatures Answer // Yes: all checkpoints hold by the public key; No: one does not, or there is none; Unknown: nobody looked
	Uncovered  uint64 // records behind the last checkpoint
	Waiting    time.Duration
	Key        string // the public key's fingerprint
}

// Period counts records of the period.
type Period struct {
	Attempts   int // logins that ended
	Incomplete int // those of them that lack who, by which gateway, the verdict or its reason
	Unmasked   int // records that show more of a mobile than two digits
	Reads      int // data_access
	Changes    int // configuration_change
	Lost       int // events that say that records were lost, or that the trail was broken or taken away
	Clock      int // events of a clock that was wrong or jumped
	Backwards  int // records that are older than the one before, by more than a second
	Forgotten  int // runs that replaced a person
}

// Retained says how long the trail is kept, and where.
type Retained struct {
	For        time.Duration
	Checkpoint time.Duration
	Archive    bool
	Reachable  Answer // the archive
	Space      Answer // Yes: Free is known
	Free       uint64 // octets left for the trail
}

// Receiver is one that records are shipped to.
type Receiver struct {
	Name   string
	Scheme string // udp, tcp, tls, journald, file
	Masked bool
	All    bool // it gets records of all types
	Alerts bool // security events are among what it gets
}

// Guard is what the gate limits, and what the watch looks for.
type Guard struct {
	LockoutAfter    int // wrong passwords; 0: never
	LockoutFor      time.Duration
	PushesPerUser   int      // 0: no limit
	UnansweredAfter int      // pushes in a row; 0: never
	Unwatched       []string // rules without a threshold
	Receivers       []string // of notices
	Notifies        bool     // incidents of high and critical severity notify them
}

// Secrets is the inventory, in numbers.
type Secrets struct {
	Shared  Answer // Yes: two clients have a shared secret in common
	Known   bool   // whether what follows is
	Count   int
	Literal int // those that stand in the configuration file as they are
	Sealed  int
	Weak    int // well-known, or easily guessed
	Old     int // older than MaxAge
	Undated int // whose age is not known
	MaxAge  time.Duration
}

// Role says what a file is for.
type Role uint8

// The roles. The zero Role is that of a file of secrets, which is the strictest.
const (
	SecretFile Role = iota
	ConfigFile
	PeopleFile
	StateDirectory
	ControlSocket
	TrailFile
)

// File is one of the installation's files.
type File struct {
	Path string
	Role Role
	Mode fs.FileMode
	UID  int
}

// Files are those that are there. Missing ones are none of them.
type Files struct {
	Looked   bool
	Unseen   []string // paths that could not be looked at
	Literals Answer   // Yes: the configuration file holds secrets itself
	All      []File
}

// Server is the one that runs, or ran.
type Server struct {
	Known   bool // UID is
	UID     int
	Running bool
	Cores   Answer // Yes: a crash may write its memory to disk
}
