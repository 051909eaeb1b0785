// Package notify tells administrators of incidents, in the ways of guard/notify/way.
//
//	Notify ──> spool on disk, one for each receiver ──> one goroutine each: digest, rate, retry ──> way
//
// A notice is on disk before Notify returns, and stays there until its receiver took it: a receiver may get it twice after a crash, and
// tells by its ID. One that fails is tried again, later each time, for three days. A spool has bounds: where more comes than fits, the
// oldest of the lowest severity goes, and the trail says how many went.
//
// Notices that come within `digest` of the first go out as one message; a critical one does not wait, and takes along what does.
// `per_hour` counts messages. A quarter of them is kept for critical notices, so that a stranger who raises many small alarms does not
// delay the large one.
package notify
