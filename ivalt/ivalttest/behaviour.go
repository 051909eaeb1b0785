package ivalttest

import (
	"fmt"
	"strings"
	"time"
)

// Behaviour is what a person does when a push arrives. The zero Behaviour is Unknown: nobody has such a phone.
type Behaviour uint8

// The behaviours, with the words that flags and the control endpoint use.
const (
	Unknown    Behaviour = iota // "unknown": not enrolled; the look-up and the push find nobody
	Approve                     // "approve": approves After the push; 0 is at once, as no human can
	Deny                        // "deny": denies, 401 "Denied - …"
	DenySilent                  // "deny-silent": closes the prompt, and the app sends nothing
	Ignore                      // "ignore": never touches the phone
	Geofence                    // "geofence": approves, but stands outside the geofence
	Timezone                    // "timezone": approves, but outside the time window
	Manual                      // "manual": waits for the phone page, the control endpoint, or Cloud.Approve and Deny
	Late                        // "late": approves After the push, 90 s where After is 0: when the login is long over
)

const lateDefault = 90 * time.Second

// String is the behaviour's word.
func (b Behaviour) String() string {
	switch b {
	case Unknown:
		return "unknown"
	case Approve:
		return "approve"
	case Deny:
		return "deny"
	case DenySilent:
		return "deny-silent"
	case Ignore:
		return "ignore"
	case Geofence:
		return "geofence"
	case Timezone:
		return "timezone"
	case Manual:
		return "manual"
	case Late:
		return "late"
	}
	return "unknown"
}

// Behaviours lists all of them, in the order in which help texts name them.
func Behaviours() []Behaviour {
	return []Behaviour{Approve, Deny, DenySilent, Ignore, Geofence, Timezone, Manual, Late, Unknown}
}

// ParseBehaviour reads a word as String writes it.
func ParseBehaviour(word string) (Behaviour, error) {
	for _, b := range Behaviours() {
		if b.String() == word {
			return b, nil
		}
	}
	return Unknown, fmt.Errorf("no behaviour %q (known: %s)", word, behaviourWords())
}

func behaviourWords() string {
	var words []string
	for _, b := range Behaviours() {
		words = append(words, b.String())
	}
	return strings.Join(words, ", ")
}

// MarshalText implements encoding.TextMarshaler.
func (b Behaviour) MarshalText() ([]byte, error) { return []byte(b.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (b *Behaviour) UnmarshalText(text []byte) error {
	parsed, err := ParseBehaviour(string(text))
	if err != nil {
		return err
	}
	*b = parsed
	return nil
}

// Step is one reaction to one push.
type Step struct {
	Behaviour Behaviour
	After     time.Duration // from the push's arrival; not below 0
}

// outcome is how a push ends, or what a mobile's result says.
type outcome uint8

const (
	none outcome = iota
	approved
	denied
	outsideGeofence
	outsideHours
	lapsed // nothing, and nothing can come any more
)

// String is the outcome's word.
func (o outcome) String() string {
	switch o {
	case none:
		return "none"
	case approved:
		return "approved"
	case denied:
		return "denied"
	case outsideGeofence:
		return "outside geofence"
	case outsideHours:
		return "outside hours"
	case lapsed:
		return "expired"
	}
	return "none"
}

// reaction is what the person does of their own accord, and how long after the push; none where nothing is ever sent.
func (s Step) reaction() (outcome, time.Duration) {
	switch s.Behaviour {
	case Approve, Geofence, Timezone:
		return s.byApproving(), s.After
	case Deny:
		return denied, s.After
	case Late:
		if s.After <= 0 {
			return approved, lateDefault
		}
		return approved, s.After
	case Unknown, DenySilent, Ignore, Manual:
		return none, 0
	}
	return none, 0
}

// byApproving is what becomes of the person's approval, by hand too: a place and an hour do not change with the hand.
func (s Step) byApproving() outcome {
	switch s.Behaviour {
	case Geofence:
		return outsideGeofence
	case Timezone:
		return outsideHours
	case Unknown, Approve, Deny, DenySilent, Ignore, Manual, Late:
		return approved
	}
	return approved
}
