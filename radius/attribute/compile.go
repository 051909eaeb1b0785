package attribute

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"ivalt-radius/policy"
	"ivalt-radius/secret"
)

// The kinds of refusal, to branch on. Each error says in words which attribute or value is meant and what to do.
var (
	ErrUnknown = errors.New("unknown reply attribute")
	ErrRefused = errors.New("not a reply attribute that can be set")
	ErrValue   = errors.New("unfit value")
)

// Compile makes reply attributes of a name and its values, one for each value and in their order. The name's letters may
// have any case; Name of the result is the table's spelling. Values are read by the attribute's type:
//
//   - string: the text as it stands; octets: the text, or hexadecimal behind 0x
//   - integer, short, integer64: decimal, hexadecimal behind 0x, or one of the attribute's named values
//   - ipaddr, ipv6addr: an address; ipv4prefix, ipv6prefix: ADDRESS/BITS without bits beyond
//   - ifid: four groups as in 0:0:0:1; date: RFC 3339, or seconds since 1970
//
// The values of tagged attributes (RFC 2868) may begin with a tag, `1:` to `31:` or `0:`; a text without one has no tag
// octet. Vendor-Specific.VENDOR.TYPE takes hexadecimal behind 0x alone.
//
// The result has Wire, or Sealed where the value travels encrypted (its Value is then no more than that), or Fill where a text
// holds {group}: that is a template, of which Fill makes one of the other two with the name of a group, after the same checks.
// Other braces are text.
//
// The error wraps ErrUnknown, ErrRefused or ErrValue.
func Compile(name string, values []string) ([]policy.Attribute, error) {
	e, err := lookup(name)
	if err != nil {
		return nil, err
	}
	if why := refusal(e); why != "" {
		return nil, fmt.Errorf("%w: %s %s", ErrRefused, e.name, why)
	}
	if len(values) == 0 {
		return nil, fmt.Errorf("%w: %s has none", ErrValue, e.name)
	}
	if len(values) > 1 && once(e) {
		return nil, fmt.Errorf("%w: %s may stand once in an Access-Accept, not %d times", ErrValue, e.name, len(values))
	}
	out := make([]policy.Attribute, 0, len(values))
	for _, value := range values {
		a, err := compile(e, value)
		if err != nil {
			return nil, fmt.Errorf("%w: %s: %w", ErrValue, e.name, err)
		}
		out = append(out, a)
	}
	return out, nil
}

// compile makes one attribute, or the template of one.
func compile(e entry, value string) (policy.Attribute, error) {
	if strings.Contains(value, placeholder) {
		return template(e, value)
	}
	octets, err := encode(e, value)
	if err != nil {
		return policy.Attribute{}, err
	}
	if e.name == "Session-Timeout" && !slices.ContainsFunc(octets, func(b byte) bool { return b != 0 }) {
		return policy.Attribute{}, errors.New("0 is no limit at all to many gateways: leave it out")
	}
	return e.attribute(value, octets), nil
}

// encryptedValue stands for a value that is shown nowhere.
const encryptedValue = "(encrypted)"

// attribute is one attribute with the octets of its value, in plain text or to be sealed.
func (e entry) attribute(value string, octets []byte) policy.Attribute {
	if e.salted {
		return policy.Attribute{Name: e.name, Value: encryptedValue, Sealed: secret.New(string(e.octets(octets)))}
	}
	return policy.Attribute{Name: e.name, Value: value, Wire: e.octets(octets)}
}

// Names lists the attributes that Compile takes, in alphabetical order: all but Vendor-Specific.VENDOR.TYPE.
func Names() []string {
	var names []string
	for e := range entries() {
		if refusal(e) == "" {
			names = append(names, e.name)
		}
	}
	slices.SortFunc(names, func(a, b string) int { return strings.Compare(strings.ToLower(a), strings.ToLower(b)) })
	return names
}

func lookup(name string) (entry, error) {
	if e, ok := byName(name); ok {
		return e, nil
	}
	const prefix = "vendor-specific"
	if len(name) >= len(prefix) && strings.EqualFold(name[:len(prefix)], prefix) {
		return lookupNumbers(name, name[len(prefix):])
	}
	hint := "write what no table has as `Vendor-Specific.VENDOR.TYPE: 0x…`"
	if near := nearest(name); near != "" {
		hint = "did you mean " + near + "?"
	}
	return entry{}, fmt.Errorf("%w: %q; %s", ErrUnknown, name, hint)
}

// kindHex is the kind of what is known by its numbers alone.
const kindHex = "hex"

// lookupNumbers reads the `.VENDOR.TYPE` of an attribute that is named by its numbers. A vendor's number has three octets
// (RFC 2865 section 5.26).
func lookupNumbers(name, numbers string) (entry, error) {
	dot, rest, _ := strings.Cut(numbers, ".")
	first, second, _ := strings.Cut(rest, ".")
	vendor, err1 := strconv.ParseUint(first, 10, 24)
	typ, err2 := strconv.ParseUint(second, 10, 8)
	if dot != "" || err1 != nil || err2 != nil || vendor == 0 || typ == 0 {
		return entry{}, fmt.Errorf("%w: %q; write Vendor-Specific.VENDOR.TYPE with the vendor's number, 1 to 16777215, and the "+
			"attribute's, 1 to 255", ErrUnknown, name)
	}
	known, _ := byNumber(uint32(vendor), byte(typ))
	return entry{
		name:      fmt.Sprintf("Vendor-Specific.%d.%d", vendor, typ),
		vendor:    uint32(vendor),
		typ:       byte(typ),
		kind:      kindHex,
		encrypted: known.encrypted,
		salted:    known.salted,
	}, nil
}
