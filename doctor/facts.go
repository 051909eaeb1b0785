package doctor

import (
	"io/fs"
	"net/netip"
	"time"

	"ivalt-radius/doctor/needs"
)

// Fact is something that was looked at. The zero Fact is not known.
type Fact[T any] struct {
	Value T
	Known bool
	Why   string // it is not known: what is missing, in words that follow "not known: "
}

// Known is a fact that was seen.
func Known[T any](v T) Fact[T] { return Fact[T]{Value: v, Known: true} }

// Unseen is one that was not, and why.
func Unseen[T any](why string) Fact[T] { return Fact[T]{Why: why} }

// Facts are all that can be known. The zero Facts know nothing. Texts hold no secret, and nothing of a person.
type Facts struct {
	At      time.Time
	Offline bool // no call left this host, by the operator's word

	Settings Fact[[]SettingsFault]
	Needs    Fact[needs.Needs]
	Access   Fact[Access]
	Server   Fact[Server]

	Files   Fact[[]File]
	Unseen  []string // files that may not be looked at
	Secrets Fact[[]Secret]

	Synchronised Fact[bool] // by the kernel's word
	Offset       Fact[Offset]
	Names        []Name
	TLS          Fact[TLS]
	Key          Fact[Key]
	Sources      []Source
	Cluster      Fact[Cluster]

	Listening []Listening
	Window    Fact[Window]
	Sockets   Fact[Sockets]
	Gateways  Fact[[]Gateway]

	Machine Machine
	Disks   []Disk
	Daily   Fact[int64] // octets by which the trail grows in a day

	Trail     Fact[Trail]
	Receivers Fact[[]Receiver] // of notices
	Backup    Fact[time.Time]  // the last one; the zero time: there was none
}

// SettingsFault is one fault of the settings.
type SettingsFault struct {
	Text    string
	Warning bool
	Denied  bool // a file may not be read by whoever looks: nothing is known to be wrong
}

// Access is what the settings say of who comes in, and who hears of it.
type Access struct {
	PhoneAlone    []string // clients whose logins show no first factor
	DefaultExempt bool
	Exempt        int // rules that ask no phone
	Optional      []string
	Shipping      int  // receivers of the trail
	Notices       int  // receivers of notices
	DryRun        bool // automatic steps are only said
}

// Server is the running server, as the kernel knows it.
type Server struct {
	Running bool
	PID     int
	UID     int // of the process, else of whom state.directory belongs to
}

// Role is what a file is for.
type Role uint8

// The roles.
const (
	ConfigFile Role = iota
	SecretFile      // a secret, or a key
	PeopleFile
	StateFile // state.directory, and what lies in it
	TrailFile
	PublicFile // may be read by all
)

// File is one file or directory.
type File struct {
	Path string
	Role Role
	Mode fs.FileMode
	UID  int
	Size int64
}

// Secret is one secret of the settings, without the secret.
type Secret struct {
	Key     string
	Literal bool     // it stands in the file as it is
	Words   []string // what is wrong with it
	Old     bool
	Dated   bool // a server has seen it
	AgeDays int
	Remedy  string // of an old one
}

// Offset is how the clock of iVALT differs from this one.
type Offset struct {
	Ahead  time.Duration // iVALT's is ahead
	Within time.Duration // how exact that is
}

// Name is a host of the settings, and what DNS says of it.
type Name struct {
	Key, Host string
	Addresses Fact[int] // 0: Trouble says why
	Trouble   string
}

// TLS is the way to iVALT.
type TLS struct {
	Plain    bool   // ivalt.url is http, of this host
	Trouble  string // why there is no connection that is trusted; empty: there is one
	Version  string
	Old      bool      // older than TLS 1.2
	Expires  time.Time // the first of the chain to expire; zero: not seen
	Pins     int       // in the settings
	ViaProxy bool
}

// Key is what iVALT said to the API key.
type Key struct {
	Answer string // what was said, in constant words
	State  State
}

// Source is a server that checks a first factor.
type Source struct {
	Key, Name string
	Depth     string // what was done: "connected", "bound and searched"
	Reached   Fact[bool]
	Trouble   string // where Reached is false
	Partly    string // what could not be tried, and why; empty: all was
}

// Cluster is the memory that several nodes share, and who they are.
type Cluster struct {
	Trouble string // why the memory cannot be asked; empty: it can
	Drops   string // the eviction policy, where it may forget claims; empty: it keeps all
	Nodes   int
	Uneven  string // what is wrong with the nodes; empty: nothing
}

// Window is the operator's window, by the settings.
type Window struct {
	On       bool
	Loopback bool
	TLS      bool
	Trouble  string    // why its certificate cannot be used; empty: it can, or there is none
	Expires  time.Time // its certificate
	Accounts int
	Tokens   int
	Expired  []string // tokens that are no longer taken
}

// Listening is one address of listen.*.
type Listening struct {
	Key    string
	At     netip.AddrPort
	Holder Fact[Holder]
}

// Holder is who has a socket.
type Holder struct {
	Free bool // nobody has
	Ours bool // the running server has
	PID  int  // 0: not seen
	Name string
}

// Socket is one socket of this host.
type Socket struct {
	Protocol needs.Protocol
	Local    netip.AddrPort
	Remote   netip.AddrPort // zero: it listens
	PID      int            // 0: not seen
	Name     string
}

// Sockets are those that matter.
type Sockets struct {
	Listening []Socket       // of the whole host
	Ours      Fact[[]Socket] // of the running server: listening and connected
}

// Gateway is what is known of one client's NAS.
type Gateway struct {
	Client, Profile string
	AnswerWithin    time.Duration
	Approval        time.Duration // how long the person has in effect
	Configured      time.Duration // ivalt.approval_timeout
	Learned         Fact[Learned]
}

// Learned is what the trail shows of a NAS.
type Learned struct {
	Patience  time.Duration // it gives up; 0: that was not seen
	RestsOn   int           // logins
	LateShare float64       // of approvals that came after that, of 1
}

// Machine is this host.
type Machine struct {
	ReceiveBuffer Fact[int64] // net.core.rmem_max, octets
	Cores         Fact[bool]  // the server may leave a core file
	Ptrace        Fact[int]   // kernel.yama.ptrace_scope
	Descriptors   Fact[int64] // the most that the server may open
	NeedsOpen     int64
	Rights        Fact[Rights]
	Zone          Fact[string] // the machine's own
	Zones         []Zone
}

// Rights are those of the running server.
type Rights struct {
	Root      bool
	MayGrow   bool // without no_new_privs
	ManyMore  bool // it has capabilities beyond CAP_NET_BIND_SERVICE
	UnderUnit bool // it runs in a unit of systemd's
}

// Zone is a time zone that the settings name.
type Zone struct {
	Key, Name string
	Found     bool
}

// Disk is a file system that the server writes to.
type Disk struct {
	For, Path string
	Space     Fact[Space]
}

// Space is what is left.
type Space struct {
	Free       uint64 // octets, for whoever is not root
	Inodes     uint64 // in all; 0: the file system has no fixed number
	FreeInodes uint64
}

// Trail is what the last checkpoint says.
type Trail struct {
	Empty      bool
	Checkpoint uint64 // its record; 0: there is none
	Trouble    string // what does not fit; empty: all does
}

// Receiver is one receiver of notices.
type Receiver struct {
	Key, Kind string
	Trouble   string // empty: nothing is known to be wrong
}
