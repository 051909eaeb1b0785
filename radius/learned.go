package radius

import (
	"net/netip"
	"strings"
)

// LearnedKey names a source address of a client in what is learned: the address once sent a valid Message-Authenticator.
func LearnedKey(client string, addr netip.Addr) string {
	var room [128]byte
	return string(addr.Unmap().WithZone("").AppendTo(append(append(room[:0], client...), '|')))
}

// EnforcedKey names all addresses of a client in what is enforced by hand. It is nobody's LearnedKey.
func EnforcedKey(client string) string { return client + "|*" }

// ParseLearnedKey takes a LearnedKey apart; ok is false for any other text.
func ParseLearnedKey(key string) (client string, addr netip.Addr, ok bool) {
	at := strings.LastIndexByte(key, '|')
	if at < 0 {
		return "", netip.Addr{}, false
	}
	addr, err := netip.ParseAddr(key[at+1:])
	return key[:at], addr, err == nil
}
