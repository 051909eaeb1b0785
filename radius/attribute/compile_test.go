package attribute

import (
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"testing"

	"layeh.com/radius"
	"layeh.com/radius/rfc2865"
	"layeh.com/radius/rfc2868"
	"layeh.com/radius/rfc2869"
	"layeh.com/radius/rfc3162"
	"layeh.com/radius/vendors/mikrotik"
	"layeh.com/radius/vendors/wispr"

	"ivalt-radius/policy"
)

func TestCompileGolden(t *testing.T) {
	tests := []struct{ name, value, wire string }{
		{"Session-Timeout", "3600", "1b0600000e10"},
		{"Session-Timeout", "0xE10", "1b0600000e10"},
		{"Framed-IP-Address", "10.8.0.2", "08060a080002"},
		{"Framed-IP-Address", "255.255.255.254", "0806fffffffe"},
		{"Framed-Pool", "staff", "58077374616666"},
		{"Class", "0x00ff", "190400ff"},
		{"Class", "night", "19076e69676874"},
		{"Filter-Id", "0x00ff", "0b08307830306666"},
		{"filter-ID", "contractors", "0b0d636f6e74726163746f7273"},
		{"Callback-Number", "01000", "13073031303030"},
		{"Service-Type", "framed-user", "060600000002"},
		{"Service-Type", "6", "060600000006"},
		{"Tunnel-Type", "VLAN", "40060000000d"},
		{"Tunnel-Type", "2:VLAN", "40060200000d"},
		{"Tunnel-Medium-Type", "31:IEEE-802", "41061f000006"},
		{"Tunnel-Private-Group-Id", "100", "5105313030"},
		{"Tunnel-Private-Group-Id", "1:100", "510601313030"},
		{"Tunnel-Private-Group-Id", "0:100", "510600313030"},
		{"Tunnel-Private-Group-Id", "32:100", "510833323a313030"},
		{"Tunnel-Private-Group-Id", "01:100", "510830313a313030"},
		{"Tunnel-Client-Endpoint", "2001:db8::1", "420d323030313a6462383a3a31"},
		{"Framed-IPv6-Prefix", "2001:db8:1::/48", "610a003020010db80001"},
		{"Framed-IPv6-Prefix", "::/0", "61040000"},
		{"Framed-IPv6-Address", "2001:db8::1", "a81220010db8000000000000000000000001"},
		{"Framed-Interface-Id", "0:0:0:1", "600a0000000000000001"},
		{"PMIP6-Home-IPv4-HoA", "10.0.0.0/8", "9b0800080a000000"},
		{"MIP6-Feature-Vector", "1", "7c0a0000000000000001"},
		{"Acct-Interim-Interval", "300", "55060000012c"},
		{"NAS-Filter-Rule", "permit", "5c087065726d6974"},
		{"Mikrotik-Group", "full", "1a0c00003a8c030666756c6c"},
		{"MikroTik-Group", "full", "1a0c00003a8c030666756c6c"},
		{"WISPr-Bandwidth-Max-Down", "1000000", "1a0c0000372a0806000f4240"},
		{"Aruba-User-Role", "staff", "1a0d000039e701077374616666"},
		{"MS-Primary-DNS-Server", "9.9.9.9", "1a0c000001371c0609090909"},
		{"Cisco-AVPair", "shell:priv-lvl=15", "1a1900000009" + "0113" + hex.EncodeToString([]byte("shell:priv-lvl=15"))},
		{"ASA-Group-Policy", "staff", "1a0d00000c0419077374616666"},
		{"Fortinet-Group-Name", "vpn", "1a0b00003044010576706e"},
		{"Fortinet-Client-IP-Address", "10.0.0.1", "1a0c0000304402060a000001"},
		{"PaloAlto-User-Group", "vpn", "1a0b00006375050576706e"},
		{"Vendor-Specific.9.1", "0x6162", "1a0a0000000901046162"},
		{"vendor-specific.16777215.255", "0x00", "1a0900ffffffff0300"},
	}
	for _, tt := range tests {
		t.Run(tt.name+"="+tt.value, func(t *testing.T) {
			got, err := Compile(tt.name, []string{tt.value})
			if err != nil {
				t.Fatal(err)
			}
			if len(got) != 1 || hex.EncodeToString(got[0].Wire) != tt.wire || got[0].Value != tt.value {
				t.Errorf("%x, want %s", got[0].Wire, tt.wire)
			}
			if !strings.EqualFold(got[0].Name, tt.name) {
				t.Errorf("named %s", got[0].Name)
			}
		})
	}
}

// The library that reads replies at the other end understands what is sent.
func TestLayehReadsWhatIsCompiled(t *testing.T) {
	p := radius.New(radius.CodeAccessAccept, []byte("secret"))
	for name, value := range map[string]string{
		"Framed-IP-Address": "10.8.0.2", "Framed-Pool": "staff", "Callback-Number": "01000", "Tunnel-Private-Group-Id": "3:100",
		"MikroTik-Group": "full", "WISPr-Bandwidth-Max-Down": "1000000", "Framed-IPv6-Prefix": "2001:db8::/33",
		"Service-Type": "Administrative-User",
	} {
		compiled, err := Compile(name, []string{value})
		if err != nil {
			t.Fatal(err)
		}
		attrs, err := radius.ParseAttributes(compiled[0].Wire)
		if err != nil {
			t.Fatal(err)
		}
		p.Attributes = append(p.Attributes, attrs...)
	}
	tag, group := rfc2868.TunnelPrivateGroupID_GetString(p)
	for what, ok := range map[string]bool{
		"Framed-IP-Address":        rfc2865.FramedIPAddress_Get(p).String() == "10.8.0.2",
		"Framed-Pool":              rfc2869.FramedPool_GetString(p) == "staff",
		"Callback-Number":          rfc2865.CallbackNumber_GetString(p) == "01000",
		"Tunnel-Private-Group-Id":  tag == 3 && group == "100",
		"Mikrotik-Group":           mikrotik.MikrotikGroup_GetString(p) == "full",
		"WISPr-Bandwidth-Max-Down": wispr.WISPrBandwidthMaxDown_Get(p) == 1000000,
		"Framed-IPv6-Prefix":       rfc3162.FramedIPv6Prefix_Get(p).String() == "2001:db8::/33",
		"Service-Type":             rfc2865.ServiceType_Get(p) == rfc2865.ServiceType_Value_AdministrativeUser,
	} {
		if !ok {
			t.Errorf("%s reads differently", what)
		}
	}
}

func TestCompileKeepsOrder(t *testing.T) {
	got, err := Compile("cisco-avpair", []string{"b", "a"})
	if err != nil || len(got) != 2 || got[0].Value != "b" || got[1].Value != "a" || got[0].Name != "Cisco-AVPair" {
		t.Errorf("%v, %v", got, err)
	}
}

func TestCompileRefusesValues(t *testing.T) {
	tests := []struct{ name, value, want string }{
		{"Session-Timeout", "", "no whole number"},
		{"Session-Timeout", "-1", "no whole number from 0 to 4294967295"},
		{"Session-Timeout", "4294967296", "no whole number"},
		{"Session-Timeout", "1h", "no whole number"},
		{"Session-Timeout", "0x", "no whole number"},
		{"Session-Timeout", "1_000", "no whole number"},
		{"Service-Type", "Framed-Usr", "did you mean Framed-User?"},
		{"Service-Type", "???", "one of Login-User, Framed-User"},
		{"Framed-IP-Address", "::1", "no IPv4 address"},
		{"Framed-IP-Address", "10.0.0", "no IPv4 address"},
		{"Framed-IPv6-Address", "10.0.0.1", "no IPv6 address"},
		{"Framed-IPv6-Address", "fe80::1%eth0", "no IPv6 address"},
		{"Framed-IPv6-Prefix", "2001:db8::1/64", "the prefix is 2001:db8::/64"},
		{"Framed-IPv6-Prefix", "10.0.0.0/8", "no IPv6 prefix"},
		{"PMIP6-Home-IPv4-HoA", "2001:db8::/64", "no IPv4 prefix"},
		{"Framed-Interface-Id", "1", "no interface identifier"},
		{"Framed-Interface-Id", "0:0:0:12345", "no interface identifier"},
		{"Framed-Interface-Id", "0:0:0:x", "no interface identifier"},
		{"Filter-Id", "", "empty"},
		{"Filter-Id", strings.Repeat("x", 254), "254 octets; one attribute holds 253"},
		{"Filter-Id", "a\x00b", "without NUL"},
		{"Filter-Id", "a\xffb", "UTF-8"},
		{"Cisco-AVPair", strings.Repeat("x", 248), "none is split"},
		{"Class", "0x123", "hexadecimal"},
		{"Class", "0xzz", "hexadecimal"},
		{"Class", "0x", "empty"},
		{"WLAN-Venue-Language", "en", "no place"},
		{"Tunnel-Type", "16777216", "greater than 16777215"},
		{"Tunnel-Private-Group-Id", "1:", "empty"},
		{"Tunnel-Private-Group-Id", "\t1", "for a tag"},
		{"Tunnel-Private-Group-Id", "1:" + strings.Repeat("x", 253), "254 octets"},
		{"Vendor-Specific.9.1", "text", "hexadecimal"},
		{"Vendor-Specific.9.1", "0x" + strings.Repeat("00", 248), "248 octets"},
	}
	for _, tt := range tests {
		t.Run(tt.name+"="+tt.value, func(t *testing.T) {
			got, err := Compile(tt.name, []string{tt.value})
			if err == nil || got != nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), tt.name) {
				t.Errorf("%v, %v; want %q", got, err, tt.want)
			}
			if !errors.Is(err, ErrValue) && !errors.Is(err, ErrRefused) {
				t.Errorf("%v is of no kind", err)
			}
		})
	}
}

func TestCompileLongestValuesFit(t *testing.T) {
	for name, size := range map[string]int{"Filter-Id": 253, "Cisco-AVPair": 247} {
		got, err := Compile(name, []string{strings.Repeat("x", size)})
		if err != nil || len(got[0].Wire) != 255 || got[0].Wire[1] != 255 {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}

func TestCompileCounts(t *testing.T) {
	if _, err := Compile("Class", nil); !errors.Is(err, ErrValue) {
		t.Errorf("no value: %v", err)
	}
	if _, err := Compile("Framed-IP-Address", []string{"10.0.0.1", "10.0.0.2"}); !errors.Is(err, ErrValue) {
		t.Errorf("two addresses: %v", err)
	}
	if got, err := Compile("Framed-Route", []string{"10.0.0.0/8 0.0.0.0 1", "10.1.0.0/16 0.0.0.0 1"}); err != nil || len(got) != 2 {
		t.Errorf("two routes: %v, %v", got, err)
	}
}

func TestCompileRefusesAttributes(t *testing.T) {
	for name, want := range map[string]string{
		"User-Password": isProof, "CHAP-Password": isProof, "CHAP-Challenge": isProof, "State": isOurs,
		"Proxy-State": isOurs, "Message-Authenticator": isOurs, "EAP-Message": isEAP, "Reply-Message": isOursMessage,
		"NAS-IP-Address": isRequests, "NAS-Identifier": isRequests, "NAS-Port": isRequests, "NAS-Port-Type": isRequests,
		"NAS-Port-Id": isRequests, "NAS-IPv6-Address": isRequests, "Called-Station-Id": isRequests, "Calling-Station-Id": isRequests,
		"Acct-Status-Type": isAccounting, "Acct-Session-Id": isAccounting, "Acct-Input-Gigawords": isAccounting,
		"PKM-Auth-Key": isEncrypted, "MS-MPPE-Send-Key": isOursMSCHAP, "MS-MPPE-Recv-Key": isOursMSCHAP, "MS-CHAP-MPPE-Keys": isOursMSCHAP,
		"MS-MPPE-Encryption-Policy": isOursMSCHAP, "MS-CHAP2-Response": isProof, "MS-CHAP2-Success": isOursMSCHAP,
		"MS-Acct-Auth-Type": isAccounting, "Error-Cause": isNotForAccept, "Digest-HA1": isDigest, "IWF-Session": isRequests,
		"Vendor-Specific.311.16": isOursMSCHAP, "Vendor-Specific.311.12": isOursMSCHAP, "Vendor-Specific.311.26": isOursMSCHAP,
		"Location-Data": isRequests, "PKM-SAID": isRequests, "GSS-Acceptor-Realm-Name": isRequests, "WLAN-Venue-Name": isRequests,
	} {
		_, err := Compile(name, []string{"0x00"})
		if !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), name+" "+want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What RFC 2865 section 5.44 and RFC 2866 section 5.13 give a 0 for an Access-Accept is refused, and what they allow is not.
func TestRFC2865Table(t *testing.T) {
	forbidden := []byte{2, 3, 4, 5, 18, 24, 26, 30, 31, 32, 33, 60, 61} // with ours: 18, 24, 33, and the container, 26
	for typ := byte(1); typ <= 63; typ++ {
		e, known := byNumber(0, typ)
		if typ == vendorSpecific || !known {
			continue
		}
		want := slices.Contains(forbidden, typ) || (typ >= 40 && typ <= 55)
		if got := refusal(e) != ""; got != want {
			t.Errorf("%s: refused %v, want %v", e.name, got, want)
		}
	}
	if refusalStandard(vendorSpecific) == "" {
		t.Error("a bare Vendor-Specific may be set")
	}
}

func TestCompileUnknown(t *testing.T) {
	for name, want := range map[string]string{
		"Frame-IP-Address":          "did you mean Framed-IP-Address?",
		"FilterId":                  "did you mean Filter-Id?",
		"Group-Policy":              "did you mean ASA-Group-Policy?",
		"CiscoAVPair":               "did you mean Cisco-AVPair?",
		"Session_Timeout":           "did you mean Session-Timeout?",
		"":                          "Vendor-Specific.VENDOR.TYPE",
		"Zzzzzzzzzzz":               "Vendor-Specific.VENDOR.TYPE",
		"Vendor-Specific":           "1 to 16777215",
		"Vendor-Specific.9":         "1 to 16777215",
		"Vendor-Specific.0.1":       "1 to 16777215",
		"Vendor-Specific.9.0":       "1 to 255",
		"Vendor-Specific.9.256":     "1 to 255",
		"Vendor-Specific.9.1.1":     "1 to 255",
		"Vendor-Specific.x.1":       "1 to 255",
		"Vendor-Specific9.9.1":      "1 to 255",
		"Vendor-Specific.16777216.": "1 to 255",
		strings.Repeat("x", 5000):   "Vendor-Specific.VENDOR.TYPE",
	} {
		_, err := Compile(name, []string{"0x00"})
		if !errors.Is(err, ErrUnknown) && !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: %v", name, err)
		}
	}
}

// Every line of both tables can be read, has a name of its own, and is of a kind that can be written.
func TestTables(t *testing.T) {
	names, numbers := map[string]bool{}, map[[2]uint32]string{}
	for e := range entries() {
		name := strings.ToLower(e.name)
		if names[name] || e.typ == 0 || e.name == "" {
			t.Errorf("%+v", e)
		}
		names[name] = true
		key := [2]uint32{e.vendor, uint32(e.typ)}
		if other := numbers[key]; other != "" && !strings.HasPrefix(e.name, "MS-MPPE-Encryption-Type") {
			t.Errorf("%s and %s have the same number", e.name, other)
		}
		numbers[key] = e.name
	}
	if len(names) < 400 {
		t.Errorf("only %d attributes", len(names))
	}
}

// Every kind in the tables can be written, and every named value has a number.
func TestKindsAndValues(t *testing.T) {
	for e := range entries() {
		if _, err := encodeKind(e, "x"); err != nil && strings.Contains(err.Error(), "not supported") {
			t.Errorf("%s: %v", e.name, err)
		}
		for _, value := range e.values {
			if _, ok := e.number(value[:max(strings.LastIndexByte(value, '='), 0)]); !ok {
				t.Errorf("%s: value %q", e.name, value)
			}
		}
	}
	if _, err := encodeKind(entry{kind: "ether"}, "x"); err == nil {
		t.Error("a kind that nobody wrote is written")
	}
}

func TestNames(t *testing.T) {
	names := Names()
	for _, name := range []string{"Session-Timeout", "Cisco-AVPair", "Fortinet-Group-Name", "PaloAlto-User-Group", "ASA-Group-Policy", "Tunnel-Password", "Aruba-MPSK-Passphrase"} {
		if !slices.Contains(names, name) {
			t.Errorf("%s is missing", name)
		}
	}
	for _, name := range []string{"Reply-Message", "User-Password", "MS-MPPE-Send-Key", "Vendor-Specific"} {
		if slices.Contains(names, name) {
			t.Errorf("%s is listed", name)
		}
	}
}

func FuzzCompile(f *testing.F) {
	f.Add("Filter-Id", "staff")
	f.Add("Tunnel-Private-Group-Id", "31:100")
	f.Add("Vendor-Specific.9.1", "0x00")
	f.Add("Framed-IPv6-Prefix", "2001:db8::/32")
	f.Add("Tunnel-Password", "1:passphrase")
	f.Add("Vendor-Specific.14823.44", "0x00")
	f.Add("Tunnel-Private-Group-Id", "1:vlan-{group}")
	f.Fuzz(func(t *testing.T, name, value string) {
		compiled, err := Compile(name, []string{value})
		switch {
		case err == nil:
			checkWire(t, compiled)
		case !errors.Is(err, ErrUnknown) && !errors.Is(err, ErrRefused) && !errors.Is(err, ErrValue):
			t.Fatal(err)
		}
	})
}

// checkWire demands one attribute of a possible length, whole in the eyes of the library: in plain text, to be sealed, or of a
// template that is filled.
func checkWire(t *testing.T, compiled []policy.Attribute) {
	t.Helper()
	if len(compiled) != 1 {
		t.Fatalf("%+v", compiled)
	}
	a := compiled[0]
	if a.Fill != nil {
		filled, err := a.Fill(sampleGroup)
		if err != nil || a.Wire != nil || !a.Sealed.Empty() || filled.Fill != nil {
			t.Fatalf("%+v fills as %+v, %v", a, filled, err)
		}
		a = filled
	}
	octets := append(slices.Clone(a.Wire), a.Sealed.Reveal()...)
	if (a.Wire == nil) == a.Sealed.Empty() || len(octets) < 3 || len(octets) > 255 {
		t.Fatalf("%+v", compiled)
	}
	attrs, err := radius.ParseAttributes(octets)
	if err != nil || len(attrs) != 1 {
		t.Fatalf("%x: %v", octets, err)
	}
}

func TestNoSessionTimeoutOfZero(t *testing.T) {
	if _, err := Compile("Session-Timeout", []string{"0"}); !errors.Is(err, ErrValue) {
		t.Errorf("got %v", err)
	}
	if _, err := Compile("Session-Timeout", []string{"256"}); err != nil {
		t.Error(err)
	}
}
