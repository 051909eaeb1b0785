package inventory

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"ivalt-radius/config"
	"ivalt-radius/config/strength"
	"ivalt-radius/fault"
	"ivalt-radius/secret"
)

// Reused says that the same text stands in two places.
const Reused strength.Word = "reused"

// Entry is one secret of the settings, without the secret.
type Entry struct {
	Key       string          `json:"key"`
	Kind      Kind            `json:"kind"`
	Given     config.Origin   `json:"given"`
	FirstSeen *time.Time      `json:"first_seen"` // nil: no server has seen it yet
	AgeDays   int             `json:"age_days"`   // whole days since; 0 where FirstSeen is nil
	Old       bool            `json:"old"`        // too old: change it
	Strength  []strength.Word `json:"strength"`   // what is wrong with it; empty: nothing
}

// Seen says when a server has first seen a secret; false: not yet.
type Seen func(Kind, secret.Secret) (time.Time, bool)

// Inventory lists the secrets of the settings. A nil seen has seen none. An age is never negative, whatever the clock did.
func Inventory(s *config.Settings, seen Seen, now time.Time) []Entry {
	places := Places(s)
	entries := make([]Entry, len(places))
	for i, p := range places {
		e := Entry{Key: p.Key, Kind: p.Kind, Given: s.Origin(p.Key), Strength: []strength.Word{}}
		e.Strength = append(e.Strength, strength.Judge(p.chosen, p.least)...)
		if reused(places, i) {
			e.Strength = append(e.Strength, Reused)
		}
		if seen != nil {
			if first, ok := seen(p.Kind, p.Value); ok {
				age := max(0, now.Sub(first))
				e.FirstSeen, e.AgeDays, e.Old = &first, int(age/(24*time.Hour)), p.oldest > 0 && age > p.oldest
			}
		}
		entries[i] = e
	}
	return entries
}

// reused reports that another place has the same text. All are compared, each in constant time.
func reused(places []Place, i int) bool {
	found := false
	for j, other := range places {
		found = other.Value.Equal(places[i].Value) && j != i || found
	}
	return found
}

// TooOld are the warnings of secrets that are too old, with their key paths. What is weak config has told already.
func TooOld(entries []Entry) fault.List {
	var faults fault.List
	for _, e := range entries {
		if e.Old {
			faults.Warn(e.Key, "is in use for %d days: change it, %s", e.AgeDays, remedy(e.Kind))
		}
	}
	return faults
}

func remedy(k Kind) string {
	switch k { //nolint:exhaustive // the rest is written anew
	case Shared:
		return "put a new one beside it in the list, reload, change the gateway, then take the old one out"
	case Memory, Sentinel:
		return "add a second password to the ACL user, write it here, restart each node, then take the old one away"
	}
	return "write the new one and reload"
}

// Weak reports a secret that can be guessed.
func (e Entry) Weak() bool {
	return slices.ContainsFunc(e.Strength, func(w strength.Word) bool { return w != Reused })
}

// String is the entry's words for a person: "weak, reused", "sound".
func (e Entry) String() string {
	words := make([]string, 0, len(e.Strength)+1)
	for _, w := range e.Strength {
		words = append(words, string(w))
	}
	if e.Old {
		words = append(words, "old")
	}
	if len(words) == 0 {
		return "sound"
	}
	return strings.Join(words, ", ")
}

// Is reports a word.
func (e Entry) Is(w strength.Word) bool { return slices.Contains(e.Strength, w) }

// Age is how a person reads it.
func (e Entry) Age() string {
	switch {
	case e.FirstSeen == nil:
		return "not seen by a server yet"
	case e.AgeDays == 1:
		return "1 day"
	}
	return fmt.Sprintf("%d days", e.AgeDays)
}
