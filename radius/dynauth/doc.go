// Package dynauth has a NAS end sessions: Disconnect-Requests of RFC 5176.
//
//	Disconnect   a person, an address -> their sessions (package sessions), each of them asked of its NAS at once
//	request      Message-Authenticator first, Event-Timestamp, and what the NAS itself called the session
//	answer       from the NAS's address and port alone, under the same secret and identifier; anything else is ignored
//
// A request leaves from a socket of its own, which the answer must come back to, and at most three times in five seconds, the same octets
// each time. It goes to the address that the NAS sends from, and only while the settings still have a client of the same name there, with
// a `disconnect_port`.
package dynauth
