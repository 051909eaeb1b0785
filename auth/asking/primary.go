package asking

import (
	"context"
	"fmt"

	"ivalt-radius/auth/credential"
)

// NoPrimary is `primary.method: none`: the phone is the only factor. It checks that the password could be one, so that a
// differing shared secret or an empty field never rings a phone.
type NoPrimary struct{}

// Verify implements Primary; it never reports a checked factor.
func (NoPrimary) Verify(_ context.Context, _ Subject, req *Request) (Checked, error) {
	switch req.Method {
	case PAP:
		return Checked{}, credential.Plausible(req.Password.Reveal())
	case CHAP, MSCHAP, MSCHAPv2:
		return Checked{}, fmt.Errorf("%w: CHAP and MS-CHAP need a first factor; set the NAS to PAP", ErrMisconfigured)
	case EAP:
		return Checked{}, fmt.Errorf("%w: EAP is not served; set the NAS to PAP", ErrMisconfigured)
	case NoCredential:
	}
	return Checked{}, fmt.Errorf("%w: the request holds no password", ErrBadPassword)
}
