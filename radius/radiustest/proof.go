package radiustest

import (
	"bytes"
	"crypto/subtle"
	"errors"
	"fmt"
	"strings"

	"layeh.com/radius"
	"layeh.com/radius/rfc2759"
	"layeh.com/radius/rfc3079"
	"layeh.com/radius/vendors/microsoft"
)

// ErrUnproved says that an Access-Accept to an MS-CHAPv2 login does not show that the server knows the password: the person's
// device would refuse it.
var ErrUnproved = errors.New("the server does not prove that it knows the password")

// accountName is what of a login name MS-CHAPv2 counts: not the domain before it (RFC 2759 section 8.2).
func accountName(user string) []byte {
	if _, name, found := strings.Cut(user, `\`); found {
		return []byte(name)
	}
	return []byte(user)
}

// unproved judges an answer to a login: nil unless it is an Access-Accept to an MS-CHAPv2 request whose MS-CHAP2-Success (RFC 2759
// section 8.7) is missing or wrong, or whose MPPE keys, where there are some, are not those of the login (RFC 3079 section 3).
func (n NAS) unproved(c Credentials, request []byte, r Result) error {
	if c.Method != MSCHAPv2 || r.Code != AccessAccept {
		return nil
	}
	key := []byte(n.Secret.Reveal())
	asked, err := radius.Parse(request, key)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnproved, err)
	}
	answer, err := radius.Parse(r.Raw, key)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnproved, err)
	}
	response := microsoft.MSCHAP2Response_Get(asked)
	if len(response) != responseSize {
		return fmt.Errorf("%w: %w", ErrUnproved, ErrMalformed)
	}
	password, proof := []byte(c.Password.Reveal()), response[26:]
	want, err := rfc2759.GenerateAuthenticatorResponse(microsoft.MSCHAPChallenge_Get(asked), response[2:18], proof, accountName(c.User), password)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnproved, err)
	}
	got := microsoft.MSCHAP2Success_Get(answer)
	switch expected := append([]byte{response[0]}, want...); {
	case len(got) == 0:
		return fmt.Errorf("%w: no MS-CHAP2-Success", ErrUnproved)
	case len(got) < len(expected) || subtle.ConstantTimeCompare(got[:len(expected)], expected) != 1: // a message may follow
		return fmt.Errorf("%w: a wrong MS-CHAP2-Success", ErrUnproved)
	}
	return errors.Join(
		checkKey(answer, asked, sendKey, proof, password),
		checkKey(answer, asked, recvKey, proof, password),
	)
}

// mppeKey is one of the two keys of MPPE (RFC 2548 section 2.4).
type mppeKey struct {
	name   string
	sends  bool
	lookup func(answer, request *radius.Packet) ([]byte, error)
}

var (
	sendKey = mppeKey{"MS-MPPE-Send-Key", true, microsoft.MSMPPESendKey_Lookup}  //nolint:gochecknoglobals // a constant
	recvKey = mppeKey{"MS-MPPE-Recv-Key", false, microsoft.MSMPPERecvKey_Lookup} //nolint:gochecknoglobals // a constant
)

// checkKey opens a key and compares it with that of the login; one that is not there is nobody's fault.
func checkKey(answer, request *radius.Packet, k mppeKey, proof, password []byte) error {
	got, err := k.lookup(answer, request)
	if errors.Is(err, radius.ErrNoAttribute) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("%w: %s cannot be opened: %w", ErrUnproved, k.name, err)
	}
	want, err := rfc3079.MakeKey(proof, password, k.sends)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnproved, err)
	}
	if !bytes.Equal(got, want) {
		return fmt.Errorf("%w: a wrong %s", ErrUnproved, k.name)
	}
	return nil
}
