package audit

import (
	"strconv"
	"strings"

	"ivalt-radius/audit/mask"
	"ivalt-radius/audit/quote"
)

// AppendString appends s as a JSON string, quotes included, so that no octet of it ends a line or steers a terminal: see
// package quote. It does not allocate where dst has room.
func AppendString(dst []byte, s string) []byte { return quote.Append(dst, s) }

// Shown is s as it may stand before a person: everything escaped that a terminal or a viewer could obey, as AppendString does, while
// quotes and backslashes stay as they are.
func Shown(s string) string {
	quoted := AppendString(nil, s)
	return strings.NewReplacer(`\\`, `\`, `\"`, `"`).Replace(string(quoted[1 : len(quoted)-1]))
}

// appendText appends a member whose name is given ready for the line: quoted, with its colon and a comma before where
// it is not the first.
func appendText(dst []byte, name, value string) []byte {
	return AppendString(append(dst, name...), value)
}

// appendDetail is appendText for the detail, whose words nobody has typed: whatever in them has the form of an e-mail address, a mobile
// or a key is masked.
func appendDetail(dst []byte, value string) []byte {
	return appendText(dst, `,"detail":`, mask.Text(value))
}

// appendNumber is appendText for a number.
func appendNumber(dst []byte, name string, value uint64) []byte {
	return strconv.AppendUint(append(dst, name...), value, 10)
}

// appendList is appendText for a list of texts; nil is an empty list.
func appendList(dst []byte, name string, values []string) []byte {
	dst = append(append(dst, name...), '[')
	for i, v := range values {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = AppendString(dst, v)
	}
	return append(dst, ']')
}

// appendMasked is appendText for a mobile: every digit but the last two becomes a star, so that a number which came here
// unmasked does not leave as one. What is longer than any number loses its beginning.
func appendMasked(dst []byte, name, mobile string) []byte {
	var masked [32]byte // a longer one would not fit the stack
	n := copy(masked[:], mobile[max(0, len(mobile)-len(masked)):])
	for i, shown := n-1, 0; i >= 0; i-- {
		if !digit(masked[i]) {
			continue
		}
		if shown++; shown > 2 {
			masked[i] = '*'
		}
	}
	return appendText(dst, name, string(masked[:n]))
}

func digit(c byte) bool { return c >= '0' && c <= '9' }
