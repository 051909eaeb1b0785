package claim

import (
	"encoding/json"
	"errors"
	"strings"

	"ivalt-radius/auth"
)

const (
	toldVersion = 1
	longestTold = 2048
	longestText = 512
)

var errTold = errors.New("the answer that another node kept is none that this version knows")

// Told is how a login ended, as it is kept for a node that takes it over, or for a login that renews it. It holds no person and no key.
// The zero Told is no approval.
type Told struct {
	Outcome  auth.Outcome
	Detail   string
	Activity string // iVALT's own mark of the approval
	Attempt  string // that ended
	Realm    string // which iVALT, as which customer
	Pushed   bool
}

// kept is a Told in JSON. An outcome is a word, so that versions with other lists of them understand each other.
type kept struct {
	Version  int    `json:"version"`
	Outcome  string `json:"outcome"`
	Detail   string `json:"detail"`
	Activity string `json:"activity,omitempty"`
	Attempt  string `json:"attempt"`
	Realm    string `json:"realm"`
	Pushed   bool   `json:"pushed,omitempty"`
}

// Encode is what is kept.
func (t *Told) Encode() []byte {
	text, err := json.Marshal(kept{
		Version: toldVersion, Outcome: t.Outcome.String(), Detail: t.Detail, Activity: t.Activity, Attempt: t.Attempt, Realm: t.Realm, Pushed: t.Pushed,
	})
	if err != nil {
		return nil // never: Parse refuses it
	}
	return text
}

// Parse reads what Encode made. An outcome that it does not know, or that no login of another node ends with, is auth.NoAnswer.
func Parse(text []byte) (Told, error) {
	var k kept
	if len(text) > longestTold || json.Unmarshal(text, &k) != nil || k.Version != toldVersion {
		return Told{}, errTold
	}
	for _, s := range []string{k.Detail, k.Activity, k.Attempt, k.Realm} {
		if len(s) > longestText || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' }) {
			return Told{}, errTold
		}
	}
	return Told{Outcome: outcomeOf(k.Outcome), Detail: k.Detail, Activity: k.Activity, Attempt: k.Attempt, Realm: k.Realm, Pushed: k.Pushed}, nil
}

func outcomeOf(word string) auth.Outcome {
	for o := auth.NoAnswer; o < auth.Withdrawn; o++ {
		if o.String() == word {
			return o
		}
	}
	return auth.NoAnswer
}
