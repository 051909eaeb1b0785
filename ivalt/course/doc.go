// Package course is one login's way to the phone and back, as a pure machine: it takes what happened (a claim, a call that leaves,
// an answer, the end of the time) and says what to do next. It knows neither clock nor network nor any other login; time
// comes in as an argument.
//
//	Started ─> look-up ─> Claimed ─> [drain] ─> push ─> sentinel ─> poll ─> poll ─> … ─> final poll
//
// What an answer means is package gateway's; which of its classes end a login in which phase stands in ends.go. When a poll leaves
// within its floor, and in which order the calls of many logins go, is the scheduler's.
//
// The one place that approves a login is a poll behind the sentinel phase, or, for a login whose own earlier push was
// approved too late for its NAS, the looks before that (Credit).
package course
