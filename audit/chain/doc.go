// Package chain is the form of a line of the audit trail, and the chain that its hashes make: how a line is written and read, and
// which lines of a trail do not fit.
//
//	{"time":"2026-11-23T09:00:00.5Z","seq":7,"type":"security_event",…fields…,"prev":"64 hex","hash":"64 hex"}
//
// hash is the SHA-256 of the line's bytes before `,"hash"`, prev is the hash of the line before, 64 zeros in the first.
// seq begins with 1 and grows by one.
package chain
