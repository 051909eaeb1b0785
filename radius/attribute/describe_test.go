package attribute

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func octets(t *testing.T, digits string) []byte {
	t.Helper()
	b, err := hex.DecodeString(digits)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestDescribe(t *testing.T) {
	tests := []struct {
		name string
		typ  byte
		hex  string
		want []Description
	}{
		{"text", 18, "4869", []Description{{"Reply-Message", "Hi"}}},
		{"text that a terminal would obey", 18, "1b5b324aff", []Description{{"Reply-Message", `\x1b[2J\xff`}}},
		{"readable octets", 25, "6e69676874", []Description{{"Class", "night"}}},
		{"octets that look like hexadecimal", 25, "30783030", []Description{{"Class", "0x30783030"}}},
		{"other octets", 25, "00ff", []Description{{"Class", "0x00ff"}}},
		{"a named number", 6, "00000002", []Description{{"Service-Type", "Framed-User"}}},
		{"a number", 27, "00000e10", []Description{{"Session-Timeout", "3600"}}},
		{"a number of the wrong size", 27, "0e10", []Description{{"Session-Timeout", "0x0e10"}}},
		{"an address", 8, "0a080002", []Description{{"Framed-IP-Address", "10.8.0.2"}}},
		{"an address of the wrong size", 8, "0a08", []Description{{"Framed-IP-Address", "0x0a08"}}},
		{"a prefix", 97, "002020010db8", []Description{{"Framed-IPv6-Prefix", "2001:db8::/32"}}},
		{"a prefix longer than an address", 97, "00ff", []Description{{"Framed-IPv6-Prefix", "0x00ff"}}},
		{"a prefix cut short", 97, "00", []Description{{"Framed-IPv6-Prefix", "0x00"}}},
		{"an interface", 96, "0000000000000001", []Description{{"Framed-Interface-Id", "0:0:0:1"}}},
		{"an interface cut short", 96, "00", []Description{{"Framed-Interface-Id", "0x00"}}},
		{"a date", 55, "00000000", []Description{{"Event-Timestamp", "1970-01-01T00:00:00Z"}}},
		{"a date cut short", 55, "00", []Description{{"Event-Timestamp", "0x00"}}},
		{"a tag before a text", 81, "01313030", []Description{{"Tunnel-Private-Group-Id", "1:100"}}},
		{"a tag in a number", 64, "0200000d", []Description{{"Tunnel-Type", "2:VLAN"}}},
		{"an empty tag in a number", 64, "0000000d", []Description{{"Tunnel-Type", "VLAN"}}},
		{"an encrypted value", 69, "0180000102", []Description{{"Tunnel-Password", "(encrypted, 5 octets)"}}},
		{"an encrypted value of a vendor's", 26, "000039e72c0680000102", []Description{{"Aruba-MPSK-Passphrase", "(encrypted, 4 octets)"}}},
		{"a key", 26, "00000137100480ff", []Description{{"MS-MPPE-Send-Key", "(encrypted, 2 octets)"}}},
		{"no known type", 240, "6869", []Description{{"Attribute-240", "0x6869"}}},
		{"a vendor's", 26, "0000000901046869", []Description{{"Cisco-AVPair", "hi"}}},
		{"two of a vendor's", 26, "00003044010361020601020304", []Description{{"Fortinet-Group-Name", "a"}, {"Fortinet-Client-IP-Address", "1.2.3.4"}}},
		{"an unknown vendor's", 26, "000012340103ff", []Description{{"Vendor-Specific.4660.1", "0xff"}}},
		{"a vendor's in another form", 26, "000000090100", []Description{{"Vendor-Specific.9", "0x0100"}}},
		{"a vendor's cut short", 26, "00000009010561", []Description{{"Vendor-Specific.9", "0x010561"}}},
		{"too short for a vendor", 26, "000009", []Description{{"Attribute-26", "0x000009"}}},
		{"empty", 25, "", []Description{{"Class", ""}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, Describe(tt.typ, octets(t, tt.hex))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// What Describe says of a compiled attribute compiles to the same octets.
func TestDescribeReverses(t *testing.T) {
	values := map[string]string{
		"string": "text", "octets": "0x00ff", "integer": "13", "short": "7", "integer64": "99", "date": "2027-01-31T08:00:00Z",
		"ipaddr": "10.0.0.1", "ipv6addr": "2001:db8::1", "ipv4prefix": "10.0.0.0/8", "ipv6prefix": "2001:db8::/35", "ifid": "1:2:3:abcd",
	}
	for _, name := range Names() {
		e, _ := byName(name)
		value := values[e.kind]
		if e.size != 0 {
			value = "0x" + strings.Repeat("ab", e.size)
		}
		first, err := Compile(name, []string{value})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if e.salted {
			continue // its value is shown nowhere
		}
		d := Describe(first[0].Wire[0], first[0].Wire[2:])
		second, err := Compile(d[0].Name, []string{d[0].Value})
		if err != nil || len(d) != 1 || !bytes.Equal(first[0].Wire, second[0].Wire) {
			t.Errorf("%s=%s is described as %v, %v", name, value, d, err)
		}
	}
}

func FuzzDescribe(f *testing.F) {
	f.Add(byte(26), []byte{0, 0, 0, 9, 1, 4, 'h', 'i'})
	f.Add(byte(64), []byte{2, 0, 0, 13})
	f.Fuzz(func(t *testing.T, typ byte, value []byte) {
		got := Describe(typ, value)
		for _, d := range got {
			if strings.ContainsFunc(strings.ReplaceAll(d.Value, "\ufffd", ""), unprintable) || d.Name == "" {
				t.Fatalf("%q", d)
			}
		}
	})
}
