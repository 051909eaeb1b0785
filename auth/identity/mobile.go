package identity

import (
	"errors"
	"strings"
)

// Mobile is a phone number in E.164, digits only behind the plus sign. It masks itself in every print.
type Mobile struct{ digits string }

// ErrMobile says that a text is no E.164 number.
var ErrMobile = errors.New("not an international number such as +491701234567 (E.164: +, then 7 to 15 digits)")

// ParseMobile reads an E.164 number; blanks, dots, dashes and parentheses between the digits are ignored.
func ParseMobile(text string) (Mobile, error) {
	digits, plus := strings.CutPrefix(strings.TrimSpace(text), "+")
	if !plus {
		return Mobile{}, ErrMobile
	}
	digits = strings.NewReplacer(" ", "", "-", "", ".", "", "(", "", ")", "").Replace(digits)
	if len(digits) < 7 || len(digits) > 15 || digits[0] == '0' || strings.Trim(digits, "0123456789") != "" {
		return Mobile{}, ErrMobile
	}
	return Mobile{digits: digits}, nil
}

// E164 gives the whole number, for iVALT alone.
func (m Mobile) E164() string {
	if m.digits == "" {
		return ""
	}
	return "+" + m.digits
}

// Empty reports that no number is known.
func (m Mobile) Empty() bool { return m.digits == "" }

// String masks all but the last two digits; empty where no number is known.
func (m Mobile) String() string {
	hidden := max(0, len(m.digits)-2)
	return strings.Repeat("*", hidden) + m.digits[hidden:]
}

// GoString masks as String does.
func (m Mobile) GoString() string { return m.String() }

// MarshalText masks as String does.
func (m Mobile) MarshalText() ([]byte, error) { return []byte(m.String()), nil }
