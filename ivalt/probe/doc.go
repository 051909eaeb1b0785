// Package probe walks the live iVALT API once, with one person who holds the phone and has agreed, and finds out what no public
// document tells: whether a result is consumed when it is read, what "not yet" and "no" look like, what the limits are.
//
// Run is the walk: a bounded number of calls, far enough apart that no limit is met, and what the person is to do between them
// (walk.go, steps.go). Nothing here knows a terminal: a Person is told things and asked things. Every call is an exchange as
// it came, which package gateway reads as the server would. Report makes two things of them: findings, a pure function of the
// exchanges (findings.go, settings.go), and a record that can be sent on (record.go).
//
// The record holds shapes: names, types, and of a text its class and length (shape.go). What a few members say in words is
// kept after scrubbing (scrub.go). The bodies themselves stay in memory, and are let go with the walk.
package probe
