package tree

import "strings"

// Kind is the type of a key's value.
type Kind uint8

// The kinds, and the Go types that their values have in a Tree. The plural ones are lists. The zero Kind is one text.
const (
	Text       Kind = iota // string
	Texts                  // strings, none blank
	Name                   // string: 1 to 64 letters, digits, dots, underscores and dashes
	URL                    // string: https, or http for a loopback host; without user, query and fragment
	Number                 // int
	Duration               // time.Duration
	Size                   // int64, octets
	Bool                   // bool
	Choice                 // string, one of Choices
	Secret                 // secret.Secret
	Secrets                // secret.Secret
	Address                // netip.AddrPort; the empty text is the zero one
	Addresses              // netip.AddrPort
	Prefixes               // netip.Prefix, masked, IPv4 never in its mapped form
	Attributes             // a map of attribute name to one text or a list of texts; a list of {name, values}, in the order of the file
)

// many reports the kinds that are lists of values.
func (k Kind) many() bool {
	return k == Texts || k == Secrets || k == Addresses || k == Prefixes
}

// Key is one key of a table.
type Key struct {
	Path     string   // as in "clients[].name": "[]" stands behind a list of maps
	Kind     Kind     //
	Default  string   // the text that stands for a key that is not written; lists are divided by commas
	Unset    string   // in the docs: what holds where there is no default
	Choices  []string // of a Choice
	Min, Max int64    // of a Number, of a Duration in nanoseconds, or of a Size in octets
	Required bool     // must be written, and a single text must not be empty
	Empty    bool     // whether a list may be written empty
	Meaning  string   // in the docs
}

// Variable is the environment variable that sets the key, for the first element of each list of maps.
func (k Key) Variable() string {
	name := strings.ReplaceAll(k.Path, "[]", levels+"0")
	return prefix + strings.ToUpper(strings.ReplaceAll(name, ".", levels))
}

// standard is the default as the text that a source would give; nil where there is none.
func (k Key) standard() any {
	switch {
	case k.Default == "":
		return nil
	case k.Kind.many():
		return split(k.Default)
	}
	return k.Default
}
