// Package auth runs one login attempt from username to verdict.
//
//	Request ── name, identify ──> Subject ── Decide ──> Decision ── prove ──> Proof ── conclude ──> Verdict
//	(radius)         |                         |                      |                  |
//	         rewritten, one canonical     policy, pure          first factor,       pure; the only
//	         name; groups, phones                               then the push       home of fail modes
//
// Flow.Run tells that story in one function and blocks until the verdict: one goroutine an exchange, parked on one channel
// while the phone rings.
//
// Several exchanges may ask for the same login: retransmissions with a new identifier, a new port or a new
// authenticator. Two are one attempt when client, canonical name, calling station, password (by keyed digest) and State are
// the same. The first one leads and pushes; the others join it, after policy and first factor passed for them too, and get
// the same verdict. A concluded Accept stays joinable for ten seconds, a Challenge until it is answered, a Reject does not.
//
// Where a client's NAS puts questions (Access-Challenge), an attempt may end in one, and its push rings on: the answer begins the
// next attempt, which takes over what was proven and who is rung. The State that binds both is drawn by lot, and good once.
//
// Approvals may be remembered (`remember.for`, `fail.mode: allow_remembered`), in memory, and only behind a checked first factor and
// for a known calling station.
//
// Two pure functions hold every security decision: policy's Decide and conclude. The zero Decision denies, the zero
// Answer is no approval, the zero Verdict rejects.
package auth
