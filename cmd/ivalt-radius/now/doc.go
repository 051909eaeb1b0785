// Package now is the server at one moment: who waits for what, how logins ended lately, what is left of the API budget, what is wrong.
//
//	each login's end, each call to iVALT ──> Tally ──┐
//	logins that wait, budget, breaker, incidents ────┴──> Board ──> POST /now on the control socket
//
// A Tally is told of what happens and counts it, at the cost of a short lock. A Board makes the document, once a second at most for all who ask, and
// not at all while nobody does.
package now
