package radius_test

import (
	"net/netip"
	"testing"

	"ivalt-radius/radius"
)

func TestLearnedKey(t *testing.T) {
	for _, text := range []string{"192.0.2.1", "2001:db8::1"} {
		addr := netip.MustParseAddr(text)
		client, got, ok := radius.ParseLearnedKey(radius.LearnedKey("a|b", addr))
		if client != "a|b" || got != addr || !ok {
			t.Errorf("got %q, %s, %v", client, got, ok)
		}
	}
	mapped := netip.MustParseAddr("::ffff:192.0.2.1")
	if radius.LearnedKey("vpn", mapped) != radius.LearnedKey("vpn", mapped.Unmap()) {
		t.Error("one address has two keys")
	}
	for _, text := range []string{"", "vpn", "vpn|nowhere", radius.EnforcedKey("vpn")} {
		if _, _, ok := radius.ParseLearnedKey(text); ok {
			t.Errorf("%q is a key", text)
		}
	}
}
