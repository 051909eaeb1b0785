package client

import (
	"strings"
	"testing"
)

// FuzzStation: whatever a NAS calls the person's address, it is an address in canonical form or none.
func FuzzStation(f *testing.F) {
	for _, text := range []string{"192.0.2.7", "192.0.2.7:1194", "192.0.2.7[500]", "[2001:db8::7]:1", "::ffff:192.0.2.7", "fe80::1%e", "00-11-22", "[", "[]", "][", "[2001:db8::7", "[2001:db8::7]"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		addr, ok := parseStation(text)
		if ok != addr.IsValid() || addr.Is4In6() || addr.Zone() != "" {
			t.Fatalf("%q becomes %s, %v", text, addr, ok)
		}
		if trimmed := strings.TrimSpace(text); ok && strings.HasPrefix(trimmed, "[") && !strings.Contains(trimmed, "]") {
			t.Fatalf("%q lacks its bracket and becomes %s", text, addr)
		}
		if again, ok := parseStation(addr.String()); addr.IsValid() && (!ok || again != addr) {
			t.Fatalf("%s is not stable", addr)
		}
	})
}
