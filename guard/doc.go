// Package guard stands at the gate before a login and watches what happens after it.
//
//	login ──> gate ──> (first factor, push) ──> verdict
//	            ^                                   |
//	            |  lockouts, blocks                 v
//	         respond <── incident <── watch <── stream of events
//
// The gate (guard/gate) limits attempts, wrong passwords and pushes, locks a person out at one place, and refuses whom somebody blocked
// (guard/block). It is asked on the login's own way and never waits.
//
// The watch (guard/watch) reads the stream of audit events, and of what radius drops, in a goroutine of its own, with bounded memory; a
// login never waits for it. What it finds is an Alert. guard/incident makes durable incidents of alerts, one for each thing that goes on,
// and has guard/respond take the steps that the settings name: notices (guard/notify), blocks, disconnected sessions.
//
// This package holds the words that they share.
package guard
