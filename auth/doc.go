// Package auth runs one login attempt from username to verdict.
//
//	Request ── identify ──> Subject ── Decide ──> Decision ── prove ──> Proof ── conclude ──> Verdict
//	(radius)     |                       |                      |                  |
//	         one canonical          policy, pure          first factor,       pure; the only
//	         name, groups                                 then the push       home of fail modes
//
// Flow.Run tells that story in one function and blocks until the verdict: one goroutine an exchange, parked on one channel
// while the phone rings.
//
// Several exchanges may ask for the same login: retransmissions with a new identifier, a new port or a new
// authenticator. Two are one attempt when client, canonical name, calling station and password (by keyed digest) are
// the same. The first one leads and pushes; the others join it, after policy and first factor passed for them too, and get
// the same verdict. A concluded Accept stays joinable for ten seconds, a Reject does not.
//
// Two pure functions hold every security decision: policy's Decide and conclude. The zero Decision denies, the zero
// Answer is no approval, the zero Verdict rejects.
package auth
