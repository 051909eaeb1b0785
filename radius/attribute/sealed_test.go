package attribute

import (
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"ivalt-radius/radius/wire"
)

// TestCompileSealed: the octets with the value in plain text, for the answer to seal; shown nowhere.
func TestCompileSealed(t *testing.T) {
	tests := []struct{ name, value, octets string }{
		{"Tunnel-Password", "canary", "450900" + "63616e617279"},
		{"tunnel-password", "0:canary", "450900" + "63616e617279"},
		{"Tunnel-Password", "1:canary", "450901" + "63616e617279"},
		{"Tunnel-Password", "31:canary", "45091f" + "63616e617279"},
		{"Tunnel-Password", "32:canary", "450c00" + "33323a63616e617279"},
		{"Tunnel-Password", "0:1:canary", "450b00" + "313a63616e617279"},
		{"Tunnel-Password", "\tcanary", "450a00" + "0963616e617279"},
		{"Aruba-MPSK-Passphrase", "canary", "1a0e000039e7" + "2c08" + "63616e617279"},
		{"Aruba-MPSK-Passphrase", "0x63616e617279", "1a0e000039e7" + "2c08" + "63616e617279"},
		{"Vendor-Specific.14823.44", "0x63616e617279", "1a0e000039e7" + "2c08" + "63616e617279"},
	}
	for _, tt := range tests {
		t.Run(tt.name+"="+tt.value, func(t *testing.T) {
			got, err := Compile(tt.name, []string{tt.value})
			if err != nil {
				t.Fatal(err)
			}
			if a := got[0]; hex.EncodeToString([]byte(a.Sealed.Reveal())) != tt.octets || a.Wire != nil || a.Value != "(encrypted)" || a.Fill != nil {
				t.Errorf("%x, want %s; value %q", a.Sealed.Reveal(), tt.octets, a.Value)
			}
			if shown := fmt.Sprintf("%v %+v", got, got); strings.Contains(shown, "canary") || strings.Contains(shown, "63616e") {
				t.Errorf("it shows %s", shown)
			}
		})
	}
}

// TestCompileSealedSizes: what is sealed has less room, and what does not fit is refused when the settings load.
func TestCompileSealedSizes(t *testing.T) {
	for _, name := range []string{"Tunnel-Password", "Aruba-MPSK-Passphrase"} {
		for size, fits := range map[int]bool{0: false, 1: true, wire.MaxSealed: true, wire.MaxSealed + 1: false} {
			_, err := Compile(name, []string{strings.Repeat("x", size)})
			if (err == nil) != fits || err != nil && !errors.Is(err, ErrValue) {
				t.Errorf("%s of %d octets: %v", name, size, err)
			}
		}
	}
}

// TestSealedFaultsShowNoValue: nor may a kind be sealed whose faults repeat the value.
func TestSealedFaultsShowNoValue(t *testing.T) {
	for name, value := range map[string]string{
		"Tunnel-Password": "canary\x00", "Aruba-MPSK-Passphrase": "0xcanary", "Vendor-Specific.14823.44": "canary",
		"tunnel-Password": "{group}canary\x00",
	} {
		if _, err := Compile(name, []string{value}); err == nil || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: %v", name, err)
		}
	}
	for e := range entries() {
		if e.salted && !slices.Contains([]string{"string", "octets"}, e.kind) {
			t.Errorf("%s is sealed and of the type %s", e.name, e.kind)
		}
		if e.salted && !e.encrypted {
			t.Errorf("%s would be shown", e.name)
		}
	}
}

func TestTemplates(t *testing.T) {
	tests := []struct{ name, value, group, shown, octets string }{
		{"Filter-Id", "{group}", "staff", "staff", "0b077374616666"},
		{"Filter-Id", "a-{group}-{group}", "b", "a-b-b", "0b07612d622d62"},
		{"Filter-Id", "{Group}{{group}}", "b", "{Group}{b}", "0b0c7b47726f75707d7b627d"},
		{"Class", "{group}", "0xff", "0xff", "190630786666"},
		{"Framed-Pool", "{group}", "Ö", "Ö", "5804c396"},
		{"Tunnel-Private-Group-Id", "1:{group}", "v", "1:v", "51040176"},
		{"Tunnel-Private-Group-Id", "{group}", "7:v", "7:v", "5105373a76"},
		{"Tunnel-Private-Group-Id", "{group}:v", "7", "7:v", "5105373a76"},
		{"Aruba-User-Role", "{group}", "staff", "staff", "1a0d000039e701077374616666"},
		{"Tunnel-Password", "2:pass-{group}", "b", "(encrypted)", "45090270" + "6173732d62"},
		{"Aruba-MPSK-Passphrase", "{group}", "0xff", "(encrypted)", "1a0c000039e7" + "2c06" + "30786666"},
	}
	for _, tt := range tests {
		t.Run(tt.name+"="+tt.value, func(t *testing.T) {
			compiled, err := Compile(tt.name, []string{tt.value})
			if err != nil {
				t.Fatal(err)
			}
			a := compiled[0]
			if a.Wire != nil || !a.Sealed.Empty() || a.Fill == nil {
				t.Fatalf("a template can be sent: %+v", a)
			}
			for range 2 { // it can be filled again
				got, err := a.Fill(tt.group)
				octets := append(slices.Clone(got.Wire), got.Sealed.Reveal()...)
				if err != nil || hex.EncodeToString(octets) != tt.octets || got.Value != tt.shown || got.Name != tt.name || got.Fill != nil {
					t.Errorf("%x %+v, %v; want %s", octets, got, err, tt.octets)
				}
			}
			if want := map[bool]string{true: "(encrypted)", false: tt.value}[tt.shown == "(encrypted)"]; a.Value != want {
				t.Errorf("the template is shown as %q", a.Value)
			}
		})
	}
}

// TestTemplatesRefused: a kind that holds no text, and what is around the name.
func TestTemplatesRefused(t *testing.T) {
	for name, c := range map[string]struct{ value, want string }{
		"Session-Timeout":          {"{group}", "stands in texts alone, and values here are of the type integer"},
		"Framed-IP-Address":        {"10.0.0.{group}", "of the type ipaddr"},
		"Tunnel-Type":              {"1:{group}", "of the type integer"},
		"Class":                    {"0x{group}", "hexadecimal octets hold no {group}"},
		"Aruba-MPSK-Passphrase":    {"0x{group}", "hexadecimal octets hold no {group}"},
		"Vendor-Specific.9.1":      {"{group}", "hexadecimal octets hold no {group}"},
		"Vendor-Specific.14823.44": {"0x{group}", "hexadecimal octets hold no {group}"},
		"Filter-Id":                {strings.Repeat("x", 249) + "{group}", "one attribute holds 253"},
		"Tunnel-Password":          {strings.Repeat("x", 236) + "{group}", "one attribute holds 240"},
		"Framed-Pool":              {"a\x00{group}", "without NUL"},
		"Tunnel-Private-Group-Id":  {"\t{group}", "for a tag"},
	} {
		_, err := Compile(name, []string{c.value})
		if !errors.Is(err, ErrValue) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

// TestFillRefuses: every check is made again with the name that is filled in, and none shows what is encrypted.
func TestFillRefuses(t *testing.T) {
	for name, groups := range map[string][]string{
		"Filter-Id":               {"", "a\x00", "\xff", strings.Repeat("x", 254)},
		"Tunnel-Private-Group-Id": {"", "\tv"},
		"Tunnel-Password":         {"", "canary\x00", strings.Repeat("canary", 40)},
		"Framed-Pool":             {""},
	} {
		compiled, err := Compile(name, []string{map[bool]string{true: "pool-{group}", false: "{group}"}[name == "Framed-Pool"]})
		if err != nil {
			t.Fatal(err)
		}
		for _, group := range groups {
			got, err := compiled[0].Fill(group)
			if !errors.Is(err, ErrValue) || got.Wire != nil || !got.Sealed.Empty() || strings.Contains(err.Error(), "canary") {
				t.Errorf("%s with %.10q: %+v, %v", name, group, got, err)
			}
		}
	}
}
