// Package auth runs one login attempt from username to verdict.
//
//	Request ── name, identify ──> Subject ── decide ──> Decision ── primary, enter ──> Proof ── settle ──> Verdict
//	(radius)         |                         |                         |                 |
//	         rewritten, one canonical     policy, pure             first factor,      Conclude, pure; the
//	         name; groups, phones                                  then the push      only home of fail modes
//
// Flow.open and Flow.check tell that story up to where the login waits for its phone, settle ends it. Flow.Open says on which
// goroutine: on the caller's as long as nothing waits, then on one that parks on one channel while the phone rings. Flow.Run is all
// of it in one call, which blocks until the verdict.
//
// Several exchanges may ask for the same login: retransmissions with a new identifier, a new port or a new
// authenticator. Two are one attempt when client, canonical name, calling station, password (by keyed digest) and State are
// the same. The first one leads and pushes; the others join it, after policy and first factor passed for them too, and get
// the same verdict. A concluded Accept stays joinable for ten seconds, a Challenge until it is answered, a Reject does not.
//
// Where several nodes share a memory, another node may lead the attempt, and this one concludes from its answer (together.go). Where
// another process takes this one's place, what waits goes on there (leave.go).
//
// Where a client's NAS puts questions (Access-Challenge), an attempt may end in one, and its push rings on: the answer begins the
// next attempt, which takes over what was proven and who is rung. The State that binds both is drawn by lot, and good once.
//
// Approvals may be remembered (`remember.for`, `fail.mode: allow_remembered`), in memory, and only behind a checked first factor and
// for a known calling station.
//
// Two pure functions hold every security decision: policy's Decide and conclusion's Conclude, with Rejoin for the copy of a login
// that was let in. The zero Decision denies, the zero Answer is no approval, the zero Verdict rejects.
package auth
