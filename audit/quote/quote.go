package quote

import "unicode/utf8"

// Append appends s as a JSON string, quotes included. Octets that are no UTF-8 become \ufffd. Beside what JSON asks
// for, it escapes what a terminal or a viewer could obey: DEL, the C1 controls, line separators, and the invisible
// characters that reorder or hide text. It does not allocate where dst has room.
func Append(dst []byte, s string) []byte {
	dst = append(dst, '"')
	clean := 0 // s[clean:i] needs no escape and is not yet copied
	for i := 0; i < len(s); {
		c := s[i]
		if plain(c) {
			i++
			continue
		}
		r, size := rune(c), 1
		if c >= utf8.RuneSelf {
			r, size = utf8.DecodeRuneInString(s[i:])
			if !hidden(r) && (r != utf8.RuneError || size > 1) {
				i += size
				continue
			}
		}
		dst = append(dst, s[clean:i]...)
		dst = appendEscape(dst, r)
		i += size
		clean = i
	}
	dst = append(dst, s[clean:]...)
	return append(dst, '"')
}

// plain reports an ASCII octet that stands for itself.
func plain(c byte) bool {
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\'
}

// hidden reports a character above ASCII that is a control, or that is not seen but changes what is seen.
func hidden(r rune) bool {
	switch {
	case r <= 0x9f: // C1 controls
		return true
	case r < 0x200b:
		return r == 0x00ad || r == 0x061c // soft hyphen, Arabic letter mark
	case r <= 0x206f:
		return r <= 0x200f || r >= 0x2060 || (r >= 0x2028 && r <= 0x202e)
	}
	return r == 0xfeff
}

// appendEscape appends the escape of a character of the basic plane.
func appendEscape(dst []byte, r rune) []byte {
	switch r {
	case '"', '\\':
		return append(dst, '\\', byte(r))
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	}
	const digits = "0123456789abcdef"
	return append(dst, '\\', 'u', digits[r>>12&15], digits[r>>8&15], digits[r>>4&15], digits[r&15])
}
