package secret

import (
	"crypto/subtle"
	"fmt"
)

// Redacted is what every print of a Secret shows.
const Redacted = "[redacted]"

// Secret is a text that never prints itself. The zero Secret is empty.
//
// The text stands behind a pointer, since fmt's %p prints a struct's fields without asking its methods. So two Secrets are not to
// be compared with ==.
type Secret struct{ text *string }

// New wraps a text.
func New(text string) Secret { return Secret{text: &text} }

// Reveal returns the text. Callers hand it to a cipher, a digest or a header, never to a log.
func (s Secret) Reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// Empty reports whether there is no text.
func (s Secret) Empty() bool { return s.Reveal() == "" }

// Len is the length in octets.
func (s Secret) Len() int { return len(s.Reveal()) }

// Equal compares in constant time (for equal lengths).
func (s Secret) Equal(t Secret) bool {
	return subtle.ConstantTimeCompare([]byte(s.Reveal()), []byte(t.Reveal())) == 1
}

// String implements fmt.Stringer.
func (Secret) String() string { return Redacted }

// GoString implements fmt.GoStringer, for %#v.
func (Secret) GoString() string { return Redacted }

// Format implements fmt.Formatter, so that no verb reaches the text.
func (Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(Redacted)) }

// MarshalText implements encoding.TextMarshaler.
func (Secret) MarshalText() ([]byte, error) { return []byte(Redacted), nil }

// MarshalJSON implements json.Marshaler.
func (Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + Redacted + `"`), nil }

// MarshalYAML implements the marshaller of YAML libraries.
func (Secret) MarshalYAML() (any, error) { return Redacted, nil }
