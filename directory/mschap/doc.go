// Package mschap checks MS-CHAPv2 (RFC 2759) for a directory that holds NT hashes.
//
// A Hash is what a directory keeps of a password; HashOf makes one, ParseHash reads one. Verify compares a response from the
// NAS with the one that the hash makes, and gives what the Access-Accept must hold: the server's own proof, and the keys of MPPE
// (RFC 3079). An unknown person has the zero Hash, for which Verify works as hard and refuses.
//
// An NT hash is as good as the password for whoever logs in by MS-CHAPv2, and a recorded exchange gives it away for the price of one DES
// key. So the method is off unless a client is told to take it, and a Hash prints itself nowhere.
package mschap
