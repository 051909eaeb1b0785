// Package signature signs requests to iVALT for a proxy of the operator's own that verifies them, and verifies them as that
// proxy would. iVALT itself knows no signatures.
//
// A signature is HMAC-SHA256 (RFC 2104) in lowercase hex over five lines without a last line end: the method, the escaped path as the
// server sees it, the lowercase hex SHA-256 of the body, the seconds since 1970, and a nonce. The last two travel beside
// it, so that nothing is signed that the verifier does not see.
package signature
