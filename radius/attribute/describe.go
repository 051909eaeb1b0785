package attribute

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Description is one attribute of a packet in words.
type Description struct {
	Name  string // the table's, else Attribute-TYPE or Vendor-Specific.VENDOR.TYPE
	Value string // printable, in the form that Compile reads where it fits the attribute's type, else hexadecimal behind 0x
}

// Describe names an attribute by its type and value, without their two octets of header. A Vendor-Specific attribute gives
// one description for each attribute in it, another attribute one. Encrypted values are not shown. It never
// fails: what is malformed is shown as octets.
func Describe(typ byte, value []byte) []Description {
	if typ != vendorSpecific || len(value) < 4 {
		e, ok := byNumber(0, typ)
		if !ok {
			e = entry{name: fmt.Sprintf("Attribute-%d", typ), kind: kindHex}
		}
		return []Description{{Name: e.name, Value: show(e, value)}}
	}
	return describeVendor(binary.BigEndian.Uint32(value), value[4:])
}

// describeVendor goes through a vendor's attributes, if they have the usual form; where they do not, their octets are one.
func describeVendor(vendor uint32, octets []byte) []Description {
	var out []Description
	for rest := octets; len(rest) > 0; {
		if len(rest) < 2 || rest[1] < 2 || int(rest[1]) > len(rest) {
			return []Description{{Name: fmt.Sprintf("Vendor-Specific.%d", vendor), Value: showHex(octets)}}
		}
		typ, value := rest[0], rest[2:rest[1]]
		e, ok := byNumber(vendor, typ)
		if !ok {
			e = entry{name: fmt.Sprintf("Vendor-Specific.%d.%d", vendor, typ), kind: kindHex}
		}
		out = append(out, Description{Name: e.name, Value: show(e, value)})
		rest = rest[rest[1]:]
	}
	return out
}

func show(e entry, value []byte) string {
	if e.encrypted {
		return fmt.Sprintf("(encrypted, %d octets)", len(value))
	}
	if !e.tagged || len(value) < 2 || value[0] > maxTag {
		return showKind(e, value)
	}
	tag, rest := strconv.Itoa(int(value[0]))+":", value[1:]
	if e.kind != "integer" {
		return tag + showKind(e, rest)
	}
	if value[0] == 0 {
		tag = ""
	}
	return tag + showKind(e, append([]byte{0}, rest...))
}

func showKind(e entry, value []byte) string {
	switch e.kind {
	case "string":
		return printable(value)
	case "octets":
		if utf8.Valid(value) && strings.IndexFunc(string(value), unprintable) < 0 && !strings.HasPrefix(string(value), "0x") {
			return string(value)
		}
	case "integer", "short", "integer64":
		return showInteger(e, value)
	case "date":
		if len(value) == 4 {
			return time.Unix(int64(binary.BigEndian.Uint32(value)), 0).UTC().Format(time.RFC3339)
		}
	case "ipaddr", "ipv6addr":
		if addr, ok := netip.AddrFromSlice(value); ok && addr.Is4() == (e.kind == "ipaddr") {
			return addr.String()
		}
	case "ipv4prefix", "ipv6prefix":
		return showPrefix(e.kind, value)
	case "ifid":
		return showInterface(value)
	}
	return showHex(value)
}

func showHex(value []byte) string { return "0x" + hex.EncodeToString(value) }

func showInteger(e entry, value []byte) string {
	size := map[string]int{"short": 2, "integer": 4, "integer64": 8}[e.kind]
	if len(value) != size {
		return showHex(value)
	}
	n := binary.BigEndian.Uint64(append(make([]byte, 8-size), value...))
	if name := e.valueName(n); name != "" {
		return name
	}
	return strconv.FormatUint(n, 10)
}

func showPrefix(kind string, value []byte) string {
	size := map[string]int{"ipv4prefix": 4, "ipv6prefix": 16}[kind]
	if len(value) < 2 || len(value) > size+2 {
		return showHex(value)
	}
	octets := make([]byte, size)
	copy(octets, value[2:])
	addr, _ := netip.AddrFromSlice(octets)
	prefix := netip.PrefixFrom(addr, int(value[1]))
	if !prefix.IsValid() {
		return showHex(value)
	}
	return prefix.String()
}

func showInterface(value []byte) string {
	if len(value) != 8 {
		return showHex(value)
	}
	return fmt.Sprintf("%x:%x:%x:%x", binary.BigEndian.Uint16(value), binary.BigEndian.Uint16(value[2:]),
		binary.BigEndian.Uint16(value[4:]), binary.BigEndian.Uint16(value[6:]))
}

func unprintable(r rune) bool { return r == utf8.RuneError || !unicode.IsPrint(r) }

// printable shows a text as it is, with an escape for every octet or character that a terminal could obey or hide.
func printable(value []byte) string {
	text := string(value)
	if strings.IndexFunc(text, unprintable) < 0 {
		return text
	}
	quoted := strconv.Quote(text)
	return quoted[1 : len(quoted)-1]
}
