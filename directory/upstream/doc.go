// Package upstream is the first factor by RADIUS servers that a company already has (`primary.method: radius`).
//
// A Source asks them in order, each as often as the settings say, and sets one aside for a while that stayed silent. What it
// sends is a request of its own: the login's name and credential, where the person comes from, and a Message-Authenticator in
// front. Nothing of the NAS's packet is handed on.
//
// What it believes is little: an answer from the address that it asked, to the port that asked, with the request's identifier, a
// Response Authenticator and a Message-Authenticator that verify over the octets as they came (CVE-2024-3596). Whatever else
// arrives is ignored, and the wait goes on, so that no forged packet ends a login in either way.
//
//	settings.go   what the operator wrote, and what is wrong with it
//	allow.go      which attributes of an answer may pass
//	source.go     Verify: from the login to what was shown; the servers in order
//	request.go    an Access-Request
//	exchange.go   one server, one port, the same packet again
//	reply.go      an answer: whether it counts, and what it says
package upstream
