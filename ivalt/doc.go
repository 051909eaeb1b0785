// Package ivalt speaks the iVALT API: it looks people up, has their phones ask them, and polls for what they said, within a
// shared budget of calls. It is the auth.Pusher of the house.
//
// Results at iVALT belong to a mobile, not to a push, and nobody knows whether reading one consumes it. So the package holds
// one claim a mobile, looks right after each push for approvals that cannot be this login's, and counts an approval only
// with the full proof. docs/ivalt.md tells what is asked when, and why.
//
// The calls themselves, and what their answers mean, are package gateway's. One login's way is a pure machine, package course. When a
// poll is worth its request is package pace's, and package breaker keeps an iVALT that fails from being asked in vain. The
// scheduler owns all courses, one timer queue, the budget and a bounded pool of callers (scheduler.go, obey.go, calls.go); a
// waiting login is a record there, and its goroutine is parked on the one channel that Begin gave it. An approval that
// comes behind its login's answer is kept for the very same login (late.go).
package ivalt
