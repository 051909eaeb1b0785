package config

import (
	"net/netip"
	"time"

	"ivalt-radius/config/tree"
	"ivalt-radius/fault"
	"ivalt-radius/secret"
)

// Settings are all that the operator set, complete with defaults. They are read-only once loaded. Every secret in them redacts
// itself in every print.
type Settings struct {
	Listen       Listen        `koanf:"listen"`
	Admin        Admin         `koanf:"admin"`
	MaxAttempts  int           `koanf:"max_attempts"` // logins waiting at once
	RejectDelay  time.Duration `koanf:"reject_delay"` // 0: rejects leave at once
	StatusServer bool          `koanf:"status_server"`
	Clients      []Client      `koanf:"clients"` // one at least
	IVALT        IVALT         `koanf:"ivalt"`
	Users        Users         `koanf:"users"`
	Primary      Primary       `koanf:"primary"`
	Policy       Policy        `koanf:"policy"`
	Audit        Audit         `koanf:"audit"`
	State        State         `koanf:"state"`
	Secrets      Secrets       `koanf:"secrets"`
	Guard        Guard         `koanf:"guard"`

	places  tree.Places
	origins map[string]Origin
}

// Listen says where the server is asked.
type Listen struct {
	Authentication []netip.AddrPort `koanf:"authentication"` // one at least
	Accounting     []netip.AddrPort `koanf:"accounting"`     // empty: no accounting
	Admin          netip.AddrPort   `koanf:"admin"`          // the zero AddrPort turns it off
}

// Client is one configured peer.
type Client struct {
	Name                             string          `koanf:"name"`                  // unique, whatever its case
	Networks                         []netip.Prefix  `koanf:"networks"`              // masked; IPv4 is never in its mapped form
	Secrets                          []secret.Secret `koanf:"secrets"`               // 16 octets each at least
	MessageAuthenticator             string          `koanf:"message_authenticator"` // required, auto, optional
	InsecureOmitMessageAuthenticator bool            `koanf:"insecure_omit_message_authenticator"`
	Profile                          string          `koanf:"profile"`              // empty: none
	AnswerWithin                     time.Duration   `koanf:"answer_within"`        // 0: the profile's, else 60 s
	CallingStationFrom               []string        `koanf:"calling_station_from"` // attribute names, in order
	OnPushTimeout                    string          `koanf:"on_push_timeout"`      // reject, silence
	StatusServer                     bool            `koanf:"status_server"`
	JoinWithoutCallingStation        bool            `koanf:"join_without_calling_station"`
	Primary                          string          `koanf:"primary"`          // empty: primary.method
	InsecureMethods                  []string        `koanf:"insecure_methods"` // chap, mschapv2
	Challenge                        string          `koanf:"challenge"`        // off, choose, approve
	DisconnectPort                   int             `koanf:"disconnect_port"`  // 0: none
	SessionEnd                       string          `koanf:"session_end"`      // watch, disconnect
}

// IVALT is the way to iVALT's API.
type IVALT struct {
	URL                 string        `koanf:"url"`
	Dialect             string        `koanf:"dialect"`  // gateway, laravel
	Endpoint            string        `koanf:"endpoint"` // geofence, plain
	Pending             []string      `koanf:"pending"`  // statuses
	APIKey              secret.Secret `koanf:"api_key"`
	SigningSecret       secret.Secret `koanf:"signing_secret"` // empty: requests are not signed
	CAFile              string        `koanf:"ca_file"`        // empty: the system's roots alone
	SystemRoots         bool          `koanf:"system_roots"`   // false: those of CAFile alone
	Pins                []string      `koanf:"pins"`           // empty: none
	Proxy               secret.Secret `koanf:"proxy"`          // empty: none
	SendClientAddress   bool          `koanf:"send_client_address"`
	ApprovalTimeout     time.Duration `koanf:"approval_timeout"`
	Sentinel            string        `koanf:"sentinel"` // always, auto
	Result              string        `koanf:"result"`   // unknown, sticky, consumed
	LateCredit          time.Duration `koanf:"late_credit"`
	InsecureLateCredit  time.Duration `koanf:"insecure_late_credit"`
	OnCollision         string        `koanf:"on_collision"` // deny_both, keep_first
	AllowMissingDetails bool          `koanf:"allow_missing_details"`
	Limits              Limits        `koanf:"limits"`
	Connections         int           `koanf:"connections"` // most HTTP connections at once
	RequestFrom         string        `koanf:"request_from"`
}

// Limits are the API budget in calls; 0 is unlimited.
type Limits struct {
	PerSecond int `koanf:"per_second"`
	PerMinute int `koanf:"per_minute"`
	PerHour   int `koanf:"per_hour"`
}

// Users says how login names become people.
type Users struct {
	Email            string    `koanf:"email"`
	File             string    `koanf:"file"` // empty: none
	Rewrite          []Rewrite `koanf:"rewrite"`
	EnrolmentMessage string    `koanf:"enrolment_message"` // empty: the sentence of every denial

	People []Person `koanf:"-"` // what File says, in its order
}

// Rewrite is one step of the way from the login name to the person's, as written.
type Rewrite struct {
	From string `koanf:"from"`
	To   string `koanf:"to"`
}

// Person is one entry of users.file, as written: directory checks what it means.
type Person struct {
	Name     string          `koanf:"-"`        // the login name, not yet in canonical form
	Email    secret.Secret   `koanf:"email"`    // empty: made by users.email
	Mobile   []secret.Secret `koanf:"mobile"`   // the first is the default; empty: looked up by e-mail
	Groups   []string        `koanf:"groups"`   //
	Password secret.Secret   `koanf:"password"` // its hash; empty: none
	NTHash   secret.Secret   `koanf:"nt_hash"`  // empty: none
	Reply    []Attribute     `koanf:"reply"`    // in the order of the file
}

// Policy is what the operator wrote of the rules.
type Policy struct {
	Timezone string  `koanf:"timezone"` // empty: the machine's
	Default  string  `koanf:"default"`  // deny, require_push, exempt
	Rules    []Rule  `koanf:"rules"`
	Groups   []Group `koanf:"groups"`
}

// Rule is one rule of the policy.
type Rule struct {
	Name     string      `koanf:"name"`
	Match    Match       `koanf:"match"`
	Only     Only        `koanf:"only"`
	Decision string      `koanf:"decision"` // deny, require_push, exempt
	Reply    []Attribute `koanf:"reply"`    // in the order of the file
	Primary  string      `koanf:"primary"`  // empty: the client's
	Remember Remember    `koanf:"remember"`
	Fail     Fail        `koanf:"fail"`
}

// Remember says how long an approval counts for the next logins.
type Remember struct {
	For time.Duration `koanf:"for"` // 0: not at all
}

// Fail is what happens where iVALT cannot be asked, as written.
type Fail struct {
	Mode   string        `koanf:"mode"` // deny, allow_remembered, insecure_allow
	For    time.Duration `koanf:"for"`  // 0: not written
	Until  string        `koanf:"until"`
	Reason string        `koanf:"reason"`
}

// Group is what a group's people get in their answer.
type Group struct {
	Name  string      `koanf:"name"`
	Reply []Attribute `koanf:"reply"`
}

// Match says whom a rule is for; a nil list is everyone, an empty one cannot be.
type Match struct {
	Users    []string       `koanf:"users"`
	Groups   []string       `koanf:"groups"`
	Clients  []string       `koanf:"clients"`
	Networks []netip.Prefix `koanf:"networks"`
}

// Only is what must hold as well; a nil list asks for nothing, an empty one cannot be.
type Only struct {
	Networks []netip.Prefix `koanf:"networks"`
	Hours    []Window       `koanf:"hours"`
}

// Window is one window of hours, as written.
type Window struct {
	Days     []string `koanf:"days"`
	From     string   `koanf:"from"`
	To       string   `koanf:"to"`
	Timezone string   `koanf:"timezone"`
	Except   []string `koanf:"except"`
}

// Attribute is one reply attribute, as written; Values holds one at least.
type Attribute struct {
	Name   string   `koanf:"name"`
	Values []string `koanf:"values"`
}

// Audit is the trail.
type Audit struct {
	File      string        `koanf:"file"` // never empty: audit.jsonl in state.directory where none is set
	Retention time.Duration `koanf:"retention"`

	Archive     string        `koanf:"archive"`      // empty: segments are removed
	SegmentSize int64         `koanf:"segment_size"` // octets
	Checkpoint  time.Duration `koanf:"checkpoint"`   // between signed checkpoints, while there are records
	Ship        []Ship        `koanf:"ship"`
}

// Ship is one receiver of the trail's records, as written: audit/ship checks what it means.
type Ship struct {
	Name   string   `koanf:"name"`
	To     string   `koanf:"to"`
	Format string   `koanf:"format"` // json, ecs, cef
	Types  []string `koanf:"types"`  // nil: all
	Mask   bool     `koanf:"mask"`
	CAFile string   `koanf:"ca_file"`
	Spool  int64    `koanf:"spool"` // octets of the trail that it may fall behind
}

// State is what outlives a restart, and what several nodes share.
type State struct {
	Node      string `koanf:"node"` // empty: the host's name
	Directory string `koanf:"directory"`
	Redis     Redis  `koanf:"redis"`
}

// Secrets says how sealed secrets are opened.
type Secrets struct {
	KeyFile    string        `koanf:"key_file"`   // empty: a systemd credential or seal.key beside the configuration file
	Passphrase secret.Secret `koanf:"passphrase"` // of an encrypted KeyFile; empty: none
}

// Given reports whether the operator wrote this key, in the file or in the environment, so that a NAS profile knows which of
// its values are overridden: Given("clients[0].on_push_timeout").
func (s *Settings) Given(key string) bool {
	return s.places.Has(key)
}

// FromEnvironment reports whether a variable of the environment sets this key.
func (s *Settings) FromEnvironment(key string) bool { return s.places.FromEnvironment(key) }

// Locate returns the faults of another room with file and line filled in by their key paths: the line of the key, or of the
// nearest key above it, or the environment variable that set it. Faults that have a line or a file keep it.
func (s *Settings) Locate(faults fault.List) fault.List { return s.places.Locate(faults) }
