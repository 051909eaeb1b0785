package mschap

import (
	"crypto/sha1" //nolint:gosec // demanded by RFC 2759 section 8.7
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"layeh.com/radius/rfc2759"
	"layeh.com/radius/rfc3079"

	"ivalt-radius/auth"
	"ivalt-radius/secret"
)

// The parts of an MS-CHAP2-Response (RFC 2548 section 2.3.2): identifier, flags, the peer's challenge, eight reserved octets, the
// response. Flags and reserved octets prove nothing and are not looked at.
const (
	challengeSize = 16
	responseSize  = 50
	peerAt        = 2
	proofAt       = 26
)

// The constants of RFC 2759 section 8.7.
const (
	magicServer = "Magic server to client signing constant"
	magicPad    = "Pad to make it do more than one iteration"
)

// Names are the names that a peer may have put into its response where the NAS sent this User-Name: that one, and the same
// without a domain before a backslash (RFC 2759 section 8.2). They are always two, so that Verify's work tells nothing.
func Names(username string) []string {
	return []string{username, username[strings.LastIndexByte(username, '\\')+1:]}
}

// Verify checks a response against a person's hash, for each of the names, of which none is left out once one fits. The error wraps
// auth.ErrBadPassword: a wrong response, one of a wrong length, or the zero Hash, which takes the same work as another.
func Verify(hash Hash, names []string, h auth.Handshake) (auth.MSCHAPSuccess, error) {
	if len(h.Challenge) != challengeSize || len(h.Response) != responseSize {
		return auth.MSCHAPSuccess{}, fmt.Errorf("%w: an MS-CHAPv2 challenge has 16 octets and a response 50, not %d and %d",
			auth.ErrBadPassword, len(h.Challenge), len(h.Response))
	}
	key := make([]byte, hashSize) // what nobody has, for the zero Hash
	copy(key, hash.octets.Reveal())
	peer, proof := h.Response[peerAt:peerAt+challengeSize], h.Response[proofAt:]
	var challenge []byte
	fits := 0
	for _, name := range names {
		c := rfc2759.ChallengeHash(peer, h.Challenge, []byte(name))
		if subtle.ConstantTimeCompare(rfc2759.ChallengeResponse(c, key), proof) == 1 {
			challenge, fits = c, 1
		}
	}
	if fits == 0 || hash.Empty() {
		return auth.MSCHAPSuccess{}, fmt.Errorf("%w: the MS-CHAPv2 response is another", auth.ErrBadPassword)
	}
	return success(key, challenge, h.Response[0], proof)
}

// success is what the server shows in turn: that it knows the hash too (RFC 2759 section 8.7), and the keys of MPPE with 128 bits
// (RFC 3079 section 3.3).
func success(hash, challenge []byte, identifier byte, proof []byte) (auth.MSCHAPSuccess, error) {
	twice := rfc2759.NTPasswordHash(hash)
	digest := sum(sum(twice, proof, []byte(magicServer)), challenge, []byte(magicPad))
	master := rfc3079.GetMasterKey(twice, proof)
	send, err1 := rfc3079.GetAsymmetricStartKey(master, rfc3079.KeyLength128Bit, toPerson)
	recv, err2 := rfc3079.GetAsymmetricStartKey(master, rfc3079.KeyLength128Bit, fromPerson)
	if err := errors.Join(err1, err2); err != nil {
		return auth.MSCHAPSuccess{}, fmt.Errorf("making the MPPE keys: %w", err)
	}
	text := "S=" + strings.ToUpper(hex.EncodeToString(digest))
	return auth.MSCHAPSuccess{
		Success: append([]byte{identifier}, text...), SendKey: secret.New(string(send)), RecvKey: secret.New(string(recv)),
	}, nil
}

// Which way a key is for, as the server and its NAS see it: RFC 3079 section 3.3 with IsServer, and the sense of MS-MPPE-Send-Key
// (RFC 2548 section 2.4.2).
const (
	toPerson   = true
	fromPerson = false
)

func sum(parts ...[]byte) []byte {
	d := sha1.New() //nolint:gosec // demanded by RFC 2759 section 8.7
	for _, part := range parts {
		d.Write(part)
	}
	return d.Sum(nil)
}
