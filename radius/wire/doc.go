// Package wire reads and writes RADIUS packets (RFC 2865, 2866, 2869, 3579, 5176, 5997) as raw octets.
//
// It does no I/O, keeps nothing and allocates next to nothing. Parse checks the structure of a datagram once; a Packet
// that it gave can be walked without a further check. A Key is one shared secret: it verifies what came (over the raw
// octets, in constant time), uncovers User-Password, signs what goes and seals what travels encrypted. MD5 and HMAC-MD5, which
// the RFCs demand, are used in this package and nowhere else.
package wire
