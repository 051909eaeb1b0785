package attribute

import (
	"encoding/binary"
	"iter"
	"strconv"
	"strings"

	"ivalt-radius/radius/wire"
)

// vendorSpecific is the attribute that carries other attributes (RFC 2865 section 5.26).
const vendorSpecific = 26

// entry is one line of a table: an attribute's name, number and type. A line is `NAME VENDOR TYPE KIND[,FLAG…]
// [VALUE=NUMBER…]`; VENDOR is 0 for the RFCs' own attributes.
type entry struct {
	name      string
	vendor    uint32
	typ       byte
	kind      string
	size      int  // octets of one size alone; 0: any
	tagged    bool // the value begins with a tag (RFC 2868 section 3)
	encrypted bool // the value travels encrypted
	salted    bool // … under a salt, as this server can (RFC 2868 section 3.5, RFC 2548 section 2.4.2)
	values    []string
}

// entries goes through both tables, the generated one first.
func entries() iter.Seq[entry] {
	return func(yield func(entry) bool) {
		for _, table := range []string{generated, manual} {
			for line := range strings.Lines(table) {
				if !yield(parseEntry(line)) {
					return
				}
			}
		}
	}
}

// parseEntry reads a line of our own tables, which a test reads whole.
func parseEntry(line string) entry {
	fields := strings.Fields(line)
	vendor, _ := strconv.ParseUint(fields[1], 10, 32)
	typ, _ := strconv.ParseUint(fields[2], 10, 8)
	flags := strings.Split(fields[3], ",")
	e := entry{name: fields[0], vendor: uint32(vendor), typ: byte(typ), kind: flags[0], values: fields[4:]}
	for _, flag := range flags[1:] {
		switch flag {
		case "tag":
			e.tagged = true
		case "encrypted":
			e.encrypted = true
		case "salted":
			e.encrypted, e.salted = true, true
		default:
			e.size, _ = strconv.Atoi(flag)
		}
	}
	return e
}

// byName finds an attribute whatever the case of the name's letters.
func byName(name string) (entry, bool) {
	for e := range entries() {
		if strings.EqualFold(e.name, name) {
			return e, true
		}
	}
	return entry{}, false
}

// byNumber finds an attribute by what stands in a packet.
func byNumber(vendor uint32, typ byte) (entry, bool) {
	for e := range entries() {
		if e.vendor == vendor && e.typ == typ {
			return e, true
		}
	}
	return entry{}, false
}

// maxValue is how many octets a value may have, with its tag: an attribute has 255 with its type and length, and a vendor's own
// attribute stands in one with the vendor's number. One that is sealed has less, and a tag outside the seal.
func (e entry) maxValue() int {
	switch {
	case e.salted && e.tagged:
		return wire.MaxSealed + 1
	case e.salted:
		return wire.MaxSealed
	case e.vendor != 0:
		return 247
	}
	return 253
}

// number is a named value's number.
func (e entry) number(name string) (uint64, bool) {
	for _, value := range e.values {
		i := strings.LastIndexByte(value, '=')
		if strings.EqualFold(value[:i], name) {
			n, err := strconv.ParseUint(value[i+1:], 10, 64)
			return n, err == nil
		}
	}
	return 0, false
}

// valueName is the first name of a number, empty where it has none.
func (e entry) valueName(number uint64) string {
	suffix := "=" + strconv.FormatUint(number, 10)
	for _, value := range e.values {
		if name, found := strings.CutSuffix(value, suffix); found {
			return name
		}
	}
	return ""
}

// octets puts a value into its attribute, and a vendor's attribute into a Vendor-Specific one (RFC 2865 sections 5 and
// 5.26). The value has at most maxValue octets.
func (e entry) octets(value []byte) []byte {
	inner := append([]byte{e.typ, byte(len(value) + 2)}, value...) //nolint:gosec // at most 255
	if e.vendor == 0 {
		return inner
	}
	outer := binary.BigEndian.AppendUint32([]byte{vendorSpecific, byte(len(inner) + 6)}, e.vendor) //nolint:gosec // at most 255
	return append(outer, inner...)
}
