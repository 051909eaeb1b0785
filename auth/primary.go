package auth

import (
	"context"
	"fmt"
	"unicode"
	"unicode/utf8"
)

// NoPrimary is `primary.method: none`: the phone is the only factor. It checks that the password could be one, so that a
// differing shared secret or an empty field never rings a phone.
type NoPrimary struct{}

// Verify implements Primary; it never reports a checked factor.
func (NoPrimary) Verify(_ context.Context, _ Username, req *Request) (bool, error) {
	switch req.Method {
	case PAP:
		return false, plausible(req.Password.Reveal())
	case CHAP, MSCHAP:
		return false, fmt.Errorf("%w: CHAP and MS-CHAP need a first factor; set the NAS to PAP", ErrMisconfigured)
	case EAP:
		return false, fmt.Errorf("%w: EAP is not served; set the NAS to PAP", ErrMisconfigured)
	case NoCredential:
	}
	return false, fmt.Errorf("%w: the request holds no password", ErrBadPassword)
}

// plausible refuses what no person types: nothing, octets that are no UTF-8, control characters.
func plausible(password string) error {
	if password == "" {
		return fmt.Errorf("%w: empty", ErrBadPassword)
	}
	if !utf8.ValidString(password) {
		return fmt.Errorf("%w: not UTF-8; does the shared secret of this client differ?", ErrBadPassword)
	}
	for _, r := range password {
		if unicode.IsControl(r) {
			return fmt.Errorf("%w: control characters; does the shared secret of this client differ?", ErrBadPassword)
		}
	}
	return nil
}
