package deed

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	"ivalt-radius/admin/access"
	"ivalt-radius/guard"
)

// Deed is something that can be done: a closed list.
type Deed struct {
	At     string // the pattern of its page's path
	View   string // the page that it belongs to
	Need   access.Permission
	Path   string // of the Desk
	Title  string
	Button string
	Danger bool     // it takes something away from somebody
	Will   []string // what will happen, a sentence each
	Fields []Field
	Order  func(Form) (any, error)                    // what the Desk is asked
	Told   func(answer json.RawMessage) Outcome       // what became of it
	Back   func(Form) (path string, query url.Values) // where to go on
}

// Form is what somebody sent.
type Form struct{ url.Values }

// Text is a field without the space around it.
func (f Form) Text(name string) string { return strings.TrimSpace(f.Get(name)) }

// Checked reports a box that was ticked.
func (f Form) Checked(name string) bool { return f.Get(name) == yes }

// yes is the value of a box that was ticked.
const yes = "yes"

// Kind is how a field is asked for.
type Kind uint8

// The kinds.
const (
	Fixed  Kind = iota // shown, and sent as it is
	Text               // typed
	Choice             // one of Options
	Check              // a box
)

// String is the word of the templates.
func (k Kind) String() string {
	switch k {
	case Text:
		return "text"
	case Choice:
		return "choice"
	case Check:
		return "check"
	case Fixed:
	}
	return "fixed"
}

// Field is one thing that is asked.
type Field struct {
	Name     string
	Label    string
	Hint     string
	Kind     Kind
	Required bool
	Offered  bool // only where it is offered: not before the server, or what is known, gives reason to
	Options  []Option
}

// Option is one of a choice; the first is chosen where nothing is.
type Option struct{ Value, Label string }

// Outcome is what became of a deed.
type Outcome struct {
	Code  string   // of the closed list; see Said
	Count int      // of sessions, where Code speaks of them
	Lines []string // what must be read before one goes on; empty: nothing
}

const reasonField = "reason"

func why() Field {
	return Field{Name: reasonField, Label: "Reason", Hint: "Why, in a few words. It stands in the trail.", Kind: Text, Required: true}
}

// mostText bounds a field, in octets.
const mostText = 500

// Check says what is wrong with a form, for people; nil where nothing is. What only the server knows it does not check.
func (d Deed) Check(f Form) error {
	for _, field := range d.Fields {
		if len(f.Get(field.Name)) > mostText {
			return fmt.Errorf("%s: %d octets are the most", field.Label, mostText)
		}
		if field.Name != reasonField {
			continue
		}
		if err := guard.CheckReason(f.Text(reasonField)); err != nil {
			return fmt.Errorf("%s: %w", field.Label, err)
		}
	}
	return nil
}

// All are all of them.
func All() []Deed {
	return []Deed{Block(), Unblock(), Unlock(), Forget(), Disconnect(), Acknowledge(), Close(), Enforce(), Unlearn()}
}

// Said is what a code says, which stands in the address of the page after a deed. Nothing else of the address is said. Empty for a word that
// is no code.
func Said(code string) string {
	return map[string]string{
		"blocked":      "Blocked. Whoever it is about is refused from now on.",
		"unblocked":    "Unblocked.",
		"unlocked":     "Unlocked: lockouts and pauses of this person are forgotten.",
		"forgotten":    "Forgotten: earlier approvals of this person no longer count.",
		"disconnected": "The gateways were asked, and every session that is known has ended.",
		"none_known":   "No session of theirs is known: nothing was to be ended.",
		"acknowledged": "Acknowledged: it stands in the history that you look after it.",
		"closed":       "Closed. Blocks that followed from it stay until they end or are lifted.",
		"enforced":     "Enforced: what comes without Message-Authenticator is dropped from now on.",
		"unlearned":    "Forgotten. The table shows what holds now.",
	}[code]
}
