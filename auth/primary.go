package auth

import (
	"context"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// NoPrimary is `primary.method: none`: the phone is the only factor. It checks that the password could be one, so that a
// differing shared secret or an empty field never rings a phone.
type NoPrimary struct{}

// Verify implements Primary; it never reports a checked factor.
func (NoPrimary) Verify(_ context.Context, _ Subject, req *Request) (Checked, error) {
	switch req.Method {
	case PAP:
		return Checked{}, Plausible(req.Password.Reveal())
	case CHAP, MSCHAP, MSCHAPv2:
		return Checked{}, fmt.Errorf("%w: CHAP and MS-CHAP need a first factor; set the NAS to PAP", ErrMisconfigured)
	case EAP:
		return Checked{}, fmt.Errorf("%w: EAP is not served; set the NAS to PAP", ErrMisconfigured)
	case NoCredential:
	}
	return Checked{}, fmt.Errorf("%w: the request holds no password", ErrBadPassword)
}

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
	return implausible{fmt.Errorf("%w: %s", ErrBadPassword, why)}
}

// implausible is a password that nobody typed: it is no guess.
type implausible struct{ error }

func (i implausible) Unwrap() error { return i.error }
