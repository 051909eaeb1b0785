package credential

import "ivalt-radius/secret"

// Handshake is the NAS's half of CHAP or MS-CHAPv2, as its attributes say it; radius checks the lengths.
type Handshake struct {
	Challenge []byte // CHAP-Challenge, else the Request Authenticator; MS-CHAP-Challenge, 16 octets
	Response  []byte // CHAP-Password, 17 octets; MS-CHAP2-Response, 50 octets
}

// MSCHAPSuccess is the server's half of MS-CHAPv2. The zero MSCHAPSuccess says nothing.
type MSCHAPSuccess struct {
	Success          []byte        // MS-CHAP2-Success (RFC 2548 section 2.3.3): the identifier, then "S=" and 40 hexadecimal digits
	SendKey, RecvKey secret.Secret // MS-MPPE-Send-Key and -Recv-Key (RFC 3079), 16 octets in plain text; empty: none
}
