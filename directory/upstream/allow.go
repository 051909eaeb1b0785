package upstream

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"ivalt-radius/fault"
	"ivalt-radius/policy"
)

// The attribute types that are read here (RFC 2865 section 5, RFC 3579 section 3.2).
const (
	typeSessionTimeout       = 27
	typeVendorSpecific       = 26
	typeMessageAuthenticator = 80

	vendorMicrosoft = 311 // RFC 2548
)

// What an Access-Accept may bring at most. A packet of ours has room for more besides.
const (
	maxAttributes = 64
	maxOctets     = 2048
)

// number is an attribute's place in a packet; vendor 0 is the RFCs' own.
type number struct {
	vendor uint32
	typ    byte
}

// ours are attributes that never pass, whatever the list says.
type ours struct {
	number

	name string
	why  string // completes "NAME …"
}

// never are all of ours. Those of the proof go by another way, the encrypted ones are sealed for another secret and another request.
func never() []ours {
	const (
		proof     = "belongs to a login's proof and never passes"
		set       = "is set by this server alone"
		encrypted = "travels encrypted for this server alone, so it does not pass; set it under reply"
	)
	list := []ours{
		{number{0, 18}, "Reply-Message", "is set by this server alone, to one of four sentences that tell a stranger nothing"},
		{number{0, 24}, "State", set},
		{number{0, 33}, "Proxy-State", set},
		{number{0, typeMessageAuthenticator}, "Message-Authenticator", set},
		{number{0, 2}, "User-Password", proof},
		{number{0, 3}, "CHAP-Password", proof},
		{number{0, 60}, "CHAP-Challenge", proof},
		{number{0, 70}, "ARAP-Password", proof},
		{number{0, 71}, "ARAP-Features", proof},
		{number{0, 79}, "EAP-Message", proof},
		{number{0, 84}, "ARAP-Challenge-Response", proof},
		{number{0, 69}, "Tunnel-Password", encrypted},
		{number{0, 143}, "PKM-Auth-Key", encrypted},
		{number{14823, 44}, "Aruba-MPSK-Passphrase", encrypted},
		{number{529, 214}, "Ascend-Send-Secret", encrypted},
		{number{529, 215}, "Ascend-Receive-Secret", encrypted},
	}
	microsoft := map[byte]string{
		1: "MS-CHAP-Response", 2: "MS-CHAP-Error", 3: "MS-CHAP-CPW-1", 4: "MS-CHAP-CPW-2", 5: "MS-CHAP-LM-Enc-PW", 6: "MS-CHAP-NT-Enc-PW",
		7: "MS-MPPE-Encryption-Policy", 8: "MS-MPPE-Encryption-Types", 11: "MS-CHAP-Challenge", 12: "MS-CHAP-MPPE-Keys", 16: "MS-MPPE-Send-Key", 17: "MS-MPPE-Recv-Key",
		25: "MS-CHAP2-Response", 26: "MS-CHAP2-Success", 27: "MS-CHAP2-CPW",
	}
	for typ, name := range microsoft {
		list = append(list, ours{number{vendorMicrosoft, typ}, name, proof})
	}
	return list
}

// allowed is the list of `primary.radius.attributes`. The zero allowed lets nothing pass.
type allowed struct {
	names   map[string]bool // in lower case
	numbers map[number]bool
	never   map[number]bool
}

// newAllowed reads the list.
func newAllowed(list []string, names Dictionary, faults *fault.List) allowed {
	a := allowed{names: map[string]bool{}, numbers: map[number]bool{}, never: map[number]bool{}}
	for _, o := range never() {
		a.never[o.number] = true
	}
	for i, name := range list {
		if why := a.add(name, names); why != "" {
			faults.Add(fmt.Sprintf("%sattributes[%d]", key, i), "%s %s", strconv.Quote(name), why)
		}
	}
	return a
}

// add takes a name into the list, or says why not.
func (a *allowed) add(name string, names Dictionary) string {
	n, numeric := parseNumbers(name)
	for _, o := range never() {
		if strings.EqualFold(o.name, name) || numeric && n == o.number {
			return o.why
		}
	}
	switch {
	case numeric:
		a.numbers[n] = true
	case names.Known(name):
		a.names[strings.ToLower(name)] = true
	default:
		return "is no attribute that an Access-Accept may hold; write what has no name as Vendor-Specific.VENDOR.TYPE"
	}
	return ""
}

// parseNumbers reads Vendor-Specific.VENDOR.TYPE. A vendor's number has three octets (RFC 2865 section 5.26).
func parseNumbers(name string) (number, bool) {
	parts := strings.Split(name, ".")
	if len(parts) != 3 || !strings.EqualFold(parts[0], "Vendor-Specific") {
		return number{}, false
	}
	vendor, err1 := strconv.ParseUint(parts[1], 10, 24)
	typ, err2 := strconv.ParseUint(parts[2], 10, 8)
	return number{uint32(vendor), byte(typ)}, err1 == nil && err2 == nil && vendor > 0 && typ > 0
}

// errTooMuch says that an answer brings more than may pass.
var errTooMuch = errors.New("the upstream server's answer brings more than 64 attributes or 2048 octets to pass on")

// pass gives the attributes of an answer that may pass, in its order; a Vendor-Specific one with several attributes in it is
// taken apart, and each of those that pass stands in one of its own.
func (a allowed) pass(names Dictionary, attributes []byte) ([]policy.Attribute, error) {
	var out []policy.Attribute
	size := 0
	for typ, value := range each(attributes) {
		for n, one := range parts(typ, value) {
			passed, ok := a.one(names, n, one)
			if !ok {
				continue
			}
			size += len(passed.Wire)
			if out = append(out, passed); len(out) > maxAttributes || size > maxOctets {
				return nil, errTooMuch
			}
		}
	}
	return out, nil
}

// one gives one attribute, encoded and of one number, where the list lets it pass.
func (a allowed) one(names Dictionary, n number, encoded []byte) (policy.Attribute, bool) {
	value := encoded[2:]
	if a.never[n] || n == (number{0, typeSessionTimeout}) && (len(value) != 4 || binary.BigEndian.Uint32(value) == 0) {
		return policy.Attribute{}, false // a Session-Timeout of 0 is no limit at all to many gateways
	}
	described := names.Describe(encoded[0], value)
	if len(described) != 1 || !a.names[strings.ToLower(described[0].Name)] && !a.numbers[n] {
		return policy.Attribute{}, false
	}
	return policy.Attribute{Name: described[0].Name, Value: described[0].Value, Wire: encoded}, true
}
