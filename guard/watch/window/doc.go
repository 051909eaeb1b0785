// Package window counts what happened lately, for many subjects at once, in bounded memory.
//
//	Table -> Entry      one subject's, by a key; the one that was touched longest ago makes room
//	Entry -> Window     its events within the last while
//	Tally               of the service as a whole: how many, and how long together
//
// Times are offsets on a clock that never goes back. Nothing in here is safe for concurrent use: one goroutine owns it.
package window
