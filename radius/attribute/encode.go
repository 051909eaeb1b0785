package attribute

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// maxTag is the greatest tag; a first octet above it belongs to the text (RFC 2868 section 3.1).
const maxTag = 0x1f

// encode makes a value's octets, at least one and at most as many as the attribute can hold.
func encode(e entry, value string) ([]byte, error) {
	value, tag := cutTag(e, value)
	octets, err := encodeKind(e, value)
	if err != nil {
		return nil, err
	}
	return finish(e, tag, octets)
}

// finish puts the tag to the octets of a value, and judges how many there are.
func finish(e entry, tag, octets []byte) ([]byte, error) {
	if len(octets) == 0 {
		return nil, errors.New("a value is empty")
	}
	if e.tagged {
		var err error
		if octets, err = addTag(e, tag, octets); err != nil {
			return nil, err
		}
	}
	switch {
	case len(octets) > e.maxValue():
		return nil, fmt.Errorf("a value has %d octets; one attribute holds %d, and none is split into several", len(octets), e.maxValue())
	case e.size != 0 && len(octets) != e.size:
		return nil, fmt.Errorf("a value has %d octets; it must have %d", len(octets), e.size)
	}
	return octets, nil
}

func encodeKind(e entry, value string) ([]byte, error) {
	switch e.kind {
	case "string":
		return encodeText(value)
	case "octets":
		if strings.HasPrefix(value, "0x") {
			return encodeHex(value)
		}
		return encodeText(value)
	case kindHex:
		return encodeHex(value)
	case "integer", "short", "integer64":
		return encodeInteger(e, value)
	case "date":
		return encodeDate(value)
	case "ifid":
		return encodeInterface(value)
	case "ipaddr", "ipv6addr":
		return encodeAddress(e.kind, value)
	case "ipv4prefix", "ipv6prefix":
		return encodePrefix(e.kind, value)
	}
	return nil, fmt.Errorf("values of the type %s are not supported", e.kind)
}

// cutTag takes the `TAG:` off a tagged attribute's value. The tag is one octet, or none where the value names none.
func cutTag(e entry, value string) (rest string, tag []byte) {
	head, rest, found := strings.Cut(value, ":")
	if !e.tagged || !found {
		return value, nil
	}
	n, err := strconv.ParseUint(head, 10, 8)
	if err != nil || n > maxTag || strconv.FormatUint(n, 10) != head {
		return value, nil
	}
	return rest, []byte{byte(n)}
}

// addTag puts the tag before a text, or into the first octet of an integer, which has only three left for itself.
func addTag(e entry, tag, octets []byte) ([]byte, error) {
	if e.kind != "integer" {
		switch {
		case len(tag) == 0 && e.salted:
			tag = []byte{0} // the tag of one that is sealed always has its octet (RFC 2868 section 3.5)
		case len(tag) == 0 && octets[0] <= maxTag:
			return nil, errors.New("a NAS would take the text's first character for a tag; begin with `0:`")
		}
		return append(tag, octets...), nil
	}
	if octets[0] != 0 {
		return nil, errors.New("a value is greater than 16777215, the greatest of a tagged attribute")
	}
	copy(octets, tag)
	return octets, nil
}

// encodeText takes any text that YAML can mean but one with a NUL, at which many a NAS would cut it. Other control
// characters are the operator's business.
func encodeText(value string) ([]byte, error) {
	if !utf8.ValidString(value) || strings.ContainsRune(value, 0) {
		return nil, errors.New("a text must be UTF-8 without NUL")
	}
	return []byte(value), nil
}

func encodeHex(value string) ([]byte, error) {
	digits, found := strings.CutPrefix(value, "0x")
	octets, err := hex.DecodeString(digits)
	if !found || err != nil {
		return nil, errors.New("a value must be 0x and an even number of hexadecimal digits")
	}
	return octets, nil
}

func encodeInteger(e entry, value string) ([]byte, error) {
	bits := map[string]int{"short": 16, "integer": 32, "integer64": 64}[e.kind]
	n, ok := e.number(value)
	if !ok {
		var err error
		if n, err = parseInteger(value, bits); err != nil {
			return nil, integerFault(e, value, bits)
		}
	}
	return binary.BigEndian.AppendUint64(nil, n)[8-bits/8:], nil
}

func parseInteger(value string, bits int) (uint64, error) {
	if digits, found := strings.CutPrefix(value, "0x"); found {
		return strconv.ParseUint(digits, 16, bits)
	}
	return strconv.ParseUint(value, 10, bits)
}

func integerFault(e entry, value string, bits int) error {
	var names []string
	for _, v := range e.values {
		names = append(names, v[:strings.LastIndexByte(v, '=')])
	}
	if len(names) == 0 {
		return fmt.Errorf("%q is no whole number from 0 to %d", value, uint64(1)<<bits-1)
	}
	if near := nearestOf(value, names); near != "" {
		return fmt.Errorf("%q is neither a number nor a name of this attribute's values; did you mean %s?", value, near)
	}
	const shown = 12
	list := strings.Join(names[:min(shown, len(names))], ", ")
	if len(names) > shown {
		list += ", …"
	}
	return fmt.Errorf("%q is neither a number nor one of %s", value, list)
}

func encodeDate(value string) ([]byte, error) {
	seconds, err := strconv.ParseUint(value, 10, 32)
	if err != nil {
		at, timeErr := time.Parse(time.RFC3339, value)
		if timeErr != nil || at.Unix() < 0 || at.Unix() > 1<<32-1 {
			return nil, fmt.Errorf("%q is no date such as 2027-01-31T08:00:00Z, nor seconds since 1970, up to the year 2106", value)
		}
		seconds = uint64(at.Unix()) //nolint:gosec // judged above
	}
	return binary.BigEndian.AppendUint32(nil, uint32(seconds)), nil
}

// encodeInterface reads an interface identifier in the form of the last half of an IPv6 address (RFC 3162 section 2.2).
func encodeInterface(value string) ([]byte, error) {
	fault := fmt.Errorf("%q is no interface identifier such as 0:0:0:1", value)
	groups := strings.Split(value, ":")
	if len(groups) != 4 {
		return nil, fault
	}
	var octets []byte
	for _, group := range groups {
		n, err := strconv.ParseUint(group, 16, 16)
		if err != nil || len(group) > 4 {
			return nil, fault
		}
		octets = binary.BigEndian.AppendUint16(octets, uint16(n))
	}
	return octets, nil
}

func encodeAddress(kind, value string) ([]byte, error) {
	addr, err := netip.ParseAddr(value)
	if err != nil || addr.Zone() != "" || addr.Is4() != (kind == "ipaddr") {
		return nil, fmt.Errorf("%q is no %s address", value, family(kind))
	}
	return addr.AsSlice(), nil
}

// encodePrefix writes a reserved octet, the length and the prefix: an IPv4 one whole (RFC 6572), an IPv6 one
// as far as its length goes (RFC 3162 section 2.3).
func encodePrefix(kind, value string) ([]byte, error) {
	prefix, err := netip.ParsePrefix(value)
	if err != nil || prefix.Addr().Is4() != (kind == "ipv4prefix") {
		return nil, fmt.Errorf("%q is no %s prefix, ADDRESS/BITS", value, family(kind))
	}
	if prefix != prefix.Masked() {
		return nil, fmt.Errorf("%q has address bits beyond its length; the prefix is %s", value, prefix.Masked())
	}
	octets := prefix.Addr().AsSlice()
	if kind == "ipv6prefix" {
		octets = octets[:(prefix.Bits()+7)/8]
	}
	return append([]byte{0, byte(prefix.Bits())}, octets...), nil //nolint:gosec // at most 128
}

func family(kind string) string {
	if kind == "ipaddr" || kind == "ipv4prefix" {
		return "IPv4"
	}
	return "IPv6"
}
