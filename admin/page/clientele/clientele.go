package clientele

import (
	"fmt"
	"slices"
	"time"

	"ivalt-radius/admin/page/phrase"
)

// Overview is all that is known of the clients.
type Overview struct {
	Clients   []Client   `json:"clients"`
	Strangers []Stranger `json:"strangers"` // that sent most of late
}

// Client is one client of the settings.
type Client struct {
	Name                  string    `json:"name"`
	Networks              []string  `json:"networks"`
	MessageAuthenticator  string    `json:"message_authenticator"` // the setting
	Enforced              bool      `json:"enforced"`              // by hand, for every address
	Methods               []string  `json:"methods"`
	FirstFactor           string    `json:"first_factor"`
	Profile               string    `json:"profile"`
	AnswerWithinMS        int64     `json:"answer_within_ms"`
	ProfileAnswerWithinMS int64     `json:"profile_answer_within_ms"` // 0: it has no profile
	Secrets               []Secret  `json:"secrets"`
	Addresses             []Address `json:"addresses"`
}

// Secret is the age of one secret.
type Secret struct {
	Key       string     `json:"key"`
	FirstSeen *time.Time `json:"first_seen"` // nil: not known
	AgeDays   int        `json:"age_days"`
	Old       bool       `json:"old"`
}

// Tally is how many came, and when the last one did.
type Tally struct {
	Count uint64    `json:"count"`
	Last  time.Time `json:"last"`
}

// Address is one address of a client.
type Address struct {
	Address  string    `json:"address"`
	LastSeen time.Time `json:"last_seen"` // zero: it is known to sign, and nothing else
	State    string    `json:"state"`     // observe, ready, enforced
	By       []string  `json:"enforced_by"`

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
	IntervalLogins int     `json:"interval_logins"` // 0: it is not known
	PatienceMS     int64   `json:"patience_ms"`
	PatienceLogins int     `json:"patience_logins"` // 0: it is not known
	Approvals      int     `json:"approvals"`       // the newest
	Late           int     `json:"late"`            // of them
	LateShare      float64 `json:"late_share"`
	Advice         string  `json:"advice"` // empty: none
}

// Stranger is an address that asks, and that no client has.
type Stranger struct {
	Address string    `json:"address"`
	Packets uint64    `json:"packets"`
	First   time.Time `json:"first"`
	Last    time.Time `json:"last"`
}

// Means is the state in a few words.
func (a *Address) Means() string {
	switch a.State {
	case "enforced":
		return "what comes without Message-Authenticator is dropped"
	case "ready":
		return "all of its latest requests were signed: enforce it now"
	}
	return "it may still send requests without Message-Authenticator"
}

// Because says by what it is enforced.
func (a *Address) Because() []string {
	var out []string
	for _, by := range a.By {
		switch by {
		case "required":
			out = append(out, "by the setting")
		case "learned":
			out = append(out, "learned")
		case "hand":
			out = append(out, "by hand")
		case "hand_for_the_client":
			out = append(out, "by hand, for the whole client")
		}
	}
	return out
}

// Enforceable reports that an address can be enforced by hand.
func (a *Address) Enforceable() bool { return a.State != "enforced" }

// Forgettable reports that there is something to forget of the address itself.
func (a *Address) Forgettable() bool {
	return slices.Contains(a.By, "learned") || slices.Contains(a.By, "hand")
}

// Standing says what was seen of its signatures.
func (a *Address) Standing() string {
	text := phrase.Plain(a.Address) + ": "
	if a.Signed.Count+a.Unsigned.Count == 0 {
		return text + "no request was seen"
	}
	text += phrase.Number(a.InRow) + " with Message-Authenticator in a row"
	if a.Unsigned.Count > 0 {
		text += fmt.Sprintf("; %s came without it, the last at %s", phrase.Number(a.Unsigned.Count), phrase.When(a.Unsigned.Last))
	}
	return text
}

// Readiness says what was seen of an address, or of every address of a client where it is empty, and whether force is to be offered, since
// enforcing would refuse what comes now. A client that is not there has none.
func (o *Overview) Readiness(client, address string) (facts []string, offer bool) {
	for i := range o.Clients {
		if o.Clients[i].Name != client {
			continue
		}
		for j := range o.Clients[i].Addresses {
			a := &o.Clients[i].Addresses[j]
			if address != "" && a.Address != address {
				continue
			}
			ready := "ready"
			switch a.State {
			case "observe":
				ready, offer = "not ready", true
			case "enforced":
				ready = "enforced already"
			}
			facts = append(facts, a.Standing()+" ("+ready+")")
		}
		if facts == nil {
			return []string{"No request was seen of any address that this is about."}, true
		}
	}
	return facts, offer
}
