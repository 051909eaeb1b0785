// Package probe is the command `probe`: it lets package ivalt/probe walk the live iVALT API once with the person who holds the phone.
//
// probe.go turns flags and settings into a walk, and its report into words, a file and an exit code; terminal.go asks the person.
package probe
