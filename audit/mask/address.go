package mask

import (
	"net"
	"net/netip"
	"strings"
)

// Addresses puts other texts in the place of IP addresses, and of hardware addresses written with colons. A port and the length of
// a prefix stay. Four numbers with dots are taken for an address, unless a letter stands right before or behind them (v1.2.3.4).
func Addresses(s string, replace func(address string) string) string {
	var out strings.Builder
	kept := 0
	for from := 0; from < len(s); {
		to := from
		for to < len(s) && isAddress(s[to]) {
			to++
		}
		if to == from {
			from++
			continue
		}
		begin, end := addressIn(s, from, to)
		from = to
		if begin == end {
			continue
		}
		found := s[begin:end]
		out.WriteString(s[kept:begin])
		out.WriteString(replace(found))
		kept = begin + len(found)
	}
	return rest(&out, s, kept)
}

// longestToken is more than an address with a port and a word before it has.
const longestToken = 64

// addressIn is where an address lies in the token s[from:to]; begin is end where there is none. Before and behind it there may be
// colons, with a word or a port, and full stops. The longest address counts.
func addressIn(s string, from, to int) (begin, end int) {
	token := s[from:to]
	if len(token) > longestToken || !strings.ContainsAny(token, ".:") {
		return from, from
	}
	for begin = range token {
		if begin > 0 && token[begin-1] != ':' || from+begin > 0 && isNameOctet(s[from+begin-1]) {
			continue
		}
		if end := longest(token[begin:], to < len(s) && isNameOctet(s[to])); end > 0 {
			return from + begin, from + begin + end
		}
	}
	return from, from
}

// longest is the length of the longest address at the beginning of a token, which ends with it, or goes on with a full stop or a
// colon; 0 where there is none.
func longest(token string, named bool) int {
	for end := len(token); end > 0; end-- {
		bounded := !named
		if end < len(token) {
			bounded = token[end] == '.' || token[end] == ':'
		}
		if bounded && parses(token[:end]) {
			return end
		}
	}
	return 0
}

// parses reports the text of an address.
func parses(word string) bool {
	const shortest = len("::1")
	if len(word) < shortest {
		return false
	}
	if _, err := netip.ParseAddr(word); err == nil {
		return true
	}
	_, err := net.ParseMAC(word)
	return err == nil && strings.Contains(word, ":")
}

// isAddress reports an octet of an address's text, of whichever kind.
func isAddress(c byte) bool { return isHexDigit(c) || c >= 'A' && c <= 'F' || c == '.' || c == ':' }

// isNameOctet reports an octet that makes a neighbouring token part of a name.
func isNameOctet(c byte) bool { return isLower(c) || isUpper(c) || c == '_' }
