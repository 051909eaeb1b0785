package outcome

import (
	"encoding/json"
	"strings"
	"unicode"

	"ivalt-radius/auth/identity"
	"ivalt-radius/auth/reason"
)

// Bounds of what is believed.
const (
	mostOctets = 4096 // of a form
	mostDetail = 512
)

// Told is an attempt's answer as the node that leads it tells the others. It is an outcome and no verdict: each node has rules of its own.
type Told struct {
	Attempt string // whose answer it is
	Answer  Answer
	Refused reason.Reason // the gate kept the phone from ringing: LockedOut, Blocked or RateLimited; else Unavailable, which says nothing
	Asleep  bool          // with Refused: nobody answered the person's phone several times
}

// form is Told in JSON. Outcomes and reasons stand there as words, so that nodes of two versions understand each other. It holds a whole
// mobile and is sealed where it is kept.
type form struct {
	Attempt string `json:"attempt"`
	Outcome string `json:"outcome"`
	Mobile  string `json:"mobile,omitempty"`
	Detail  string `json:"detail,omitempty"`
	Pushed  bool   `json:"pushed,omitempty"`
	Outage  bool   `json:"outage,omitempty"`
	Refused string `json:"refused,omitempty"`
	Asleep  bool   `json:"asleep,omitempty"`
}

// Form is what the other nodes are told.
func (t Told) Form() []byte {
	f := form{
		Attempt: t.Attempt, Outcome: t.Answer.Outcome.String(), Mobile: t.Answer.Mobile.E164(), Detail: safe(t.Answer.Detail),
		Pushed: t.Answer.Pushed, Outage: t.Answer.Outage, Asleep: t.Asleep,
	}
	if refusal(t.Refused) {
		f.Refused = t.Refused.String()
	}
	b, _ := json.Marshal(f) // texts and truths: nothing in it can fail
	return b
}

// Parse reads a form that must be of the attempt. The zero Told, which approves nothing, is all that comes of one that is not, that is too
// long, or that cannot be read; an outcome that nobody knows is NoAnswer.
func Parse(b []byte, attempt string) Told {
	var f form
	if len(b) > mostOctets || json.Unmarshal(b, &f) != nil || attempt == "" || f.Attempt != attempt {
		return Told{}
	}
	t := Told{Attempt: attempt, Refused: refused(f.Refused), Asleep: f.Asleep}
	t.Answer = Answer{Outcome: of(f.Outcome), Detail: safe(f.Detail), Pushed: f.Pushed, Outage: f.Outage}
	mobile, err := identity.ParseMobile(f.Mobile)
	if err != nil && f.Mobile != "" {
		return Told{}
	}
	t.Answer.Mobile = mobile
	return t
}

// safe bounds a detail, and takes out what no log line holds.
func safe(detail string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(detail[:min(len(detail), mostDetail)], ""))
}

// refusal reports that a gate gives this reason.
func refusal(r reason.Reason) bool {
	return r == reason.LockedOut || r == reason.Blocked || r == reason.RateLimited
}

// refused is the gate's reason of a word; Unavailable where it is none of the gate's.
func refused(word string) reason.Reason {
	for _, r := range []reason.Reason{reason.LockedOut, reason.Blocked, reason.RateLimited} {
		if r.String() == word {
			return r
		}
	}
	return reason.Unavailable
}
