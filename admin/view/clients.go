package view

import (
	"net/netip"
	"slices"
	"time"
)

// Clients are all RADIUS clients, and who asks without being one.
type Clients struct {
	Running   bool       `json:"running"` // a server said so; else it is as the last one left it
	Clients   []Client   `json:"clients"`
	Strangers []Stranger `json:"strangers"` // that sent most of late, ten at most; none while no server runs
}

// Client is one client of the settings.
type Client struct {
	Name                  string          `json:"name"`
	Networks              []string        `json:"networks"`
	MessageAuthenticator  string          `json:"message_authenticator"` // the setting
	Enforced              bool            `json:"enforced"`              // by hand, for every address
	Methods               []string        `json:"methods"`
	FirstFactor           string          `json:"first_factor"`
	Profile               string          `json:"profile"`
	AnswerWithinMS        int64           `json:"answer_within_ms"`
	ProfileAnswerWithinMS int64           `json:"profile_answer_within_ms"` // 0: it has no profile
	Secrets               []SecretAge     `json:"secrets"`                  // empty where whoever asks may not read them
	Addresses             []ClientAddress `json:"addresses"`
}

// SecretAge is the age of one secret. The secret itself is nowhere.
type SecretAge struct {
	Key       string     `json:"key"`
	FirstSeen *time.Time `json:"first_seen"` // null: no server has seen it yet
	AgeDays   int        `json:"age_days"`
	Old       bool       `json:"old"`
}

// ClientAddress is one address of a client.
type ClientAddress struct {
	Address   netip.Addr `json:"address"`
	FirstSeen time.Time  `json:"first_seen,omitzero"`
	LastSeen  time.Time  `json:"last_seen,omitzero"` // left out: it is known to sign, and nothing else
	State     Signing    `json:"state"`
	By        []Rung     `json:"enforced_by"`

	Signed   Tally  `json:"signed"`
	Unsigned Tally  `json:"unsigned"`
	Refused  Tally  `json:"unsigned_refused"`
	Forged   Tally  `json:"bad_signature"`
	InRow    uint64 `json:"signed_in_a_row"`

	Accepted   uint64 `json:"accepted"`
	Rejected   uint64 `json:"rejected"`
	Challenged uint64 `json:"challenged"`
	Unanswered uint64 `json:"unanswered"`
	Waiting    int    `json:"waiting"`

	IntervalMS     int64   `json:"interval_ms"`
	IntervalLogins int     `json:"interval_logins"` // that it was learned from; 0: it is not known
	PatienceMS     int64   `json:"patience_ms"`
	PatienceLogins int     `json:"patience_logins"` // 0: it is not known
	Approvals      int     `json:"approvals"`       // the newest
	Late           int     `json:"late"`            // of them
	LateShare      float64 `json:"late_share"`
	Advice         string  `json:"advice"` // empty: none
}

// Signing is how far an address is on the way to sending Message-Authenticator with all that it sends: a closed list.
type Signing string

// The ways.
const (
	Observe  Signing = "observe"
	Ready    Signing = "ready"
	Enforced Signing = "enforced"
)

// Rung is why it must: a closed list.
type Rung string

// The rungs.
const (
	BySetting    Rung = "required"
	ByLearning   Rung = "learned"
	ByHand       Rung = "hand"
	ByHandForAll Rung = "hand_for_the_client"
)

// Has reports that an address must sign for that reason.
func (a *ClientAddress) Has(r Rung) bool { return slices.Contains(a.By, r) }

// Tally is how many packets there were, and when the last one was; zero: none.
type Tally struct {
	Count uint64    `json:"count"`
	Last  time.Time `json:"last,omitzero"`
}

// Stranger is an address that is no client's, and asks.
type Stranger struct {
	Address netip.Addr `json:"address"`
	Packets uint64     `json:"packets"`
	First   time.Time  `json:"first"`
	Last    time.Time  `json:"last"`
}
