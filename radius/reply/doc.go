// Package reply makes the one answer of a verdict: Access-Accept, Access-Reject or Access-Challenge, octet by octet.
//
// Make is the only builder, whatever way a login took, so that nothing is lost on one of them: an Accept always carries the
// attributes of its rule, its group and its person, the encrypted ones sealed under the secret that signs it, the one
// Session-Timeout, and what an MS-CHAPv2 login is owed. What cannot be made whole is not made in part: a Reject leaves instead,
// and the error says why, for the log. A Reject tells a stranger the same whatever its reason was.
//
// The octets hold random numbers (salts, a challenge). Whoever must send a reply again keeps them.
package reply
