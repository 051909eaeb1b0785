package credential

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// ErrBadPassword says that a password is refused.
var ErrBadPassword = errors.New("password refused")

// Plausible refuses what no person types, as ErrBadPassword: nothing, octets that are no UTF-8, control characters. Every first factor
// asks it before anything else, so that no empty password ever reaches a directory (RFC 4513 section 5.1.2).
func Plausible(password string) error {
	why := ""
	switch {
	case password == "":
		why = "empty"
	case !utf8.ValidString(password):
		why = "not UTF-8; does the shared secret of this client differ?"
	case strings.ContainsFunc(password, unicode.IsControl):
		why = "control characters; does the shared secret of this client differ?"
	default:
		return nil
	}
	return ImplausibleError{fmt.Errorf("%w: %s", ErrBadPassword, why)}
}

// ImplausibleError is a password that nobody typed: it is no guess.
type ImplausibleError struct{ error }

func (i ImplausibleError) Unwrap() error { return i.error }
