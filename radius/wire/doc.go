// Package wire reads and writes RADIUS packets (RFC 2865, 2866, 2869, 3579, 5176, 5997) as raw octets.
//
// It does no I/O, keeps nothing and allocates next to nothing. Parse checks the structure of a datagram once; a Packet
// that it gave can be walked without a further check. A Key is one shared secret: it verifies what came (over the raw
// octets, in constant time), uncovers User-Password, signs what goes and seals what travels encrypted. The server's MD5 and HMAC-MD5,
// which the RFCs demand, are in this package alone; the test NAS and the upstream client, which share no code with it, have their own.
package wire
