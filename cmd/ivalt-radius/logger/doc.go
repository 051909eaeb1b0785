// Package logger is the process's one logger: JSON lines (or text) on stderr, with the contract's field names.
//
// Nothing that serves a login waits for whoever reads the log: lines queue up to a bound, one goroutine writes them, and what
// does not fit is dropped, counted, and said as soon as the reader takes lines again. Events of the audit room are rendered by
// themselves, so the log and the trail tell one story.
package logger
