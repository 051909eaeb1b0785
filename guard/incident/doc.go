// Package incident makes durable incidents of the watch's alerts: one for each thing that goes on.
//
//	alert ──> Take ──> incident-<id>.json ──> steps (guard/respond)
//	                        |   ^
//	      a hold in the     v   | acknowledge, close: by hand, with a reason
//	      trail      <── medium or more
//
// An alert of a rule and subject that has an incident which is not closed grows that one: its count, its evidence, its severity, which
// never falls. What is new or worse is on disk when Take returns, and so is what somebody does by hand; what only grows is written every
// few seconds, so a crash loses no more than that. The steps that follow are taken off Take's way, once for each severity, and
// again where it goes on when a step has lapsed, as a block that has ended; after a
// crash in between they are taken again rather than not at all.
//
// A flood of subjects does not fill the memory: beyond a number of open incidents, further subjects of a rule are counted in one
// incident without a subject. Each rule keeps some places that no flood of another rule takes.
//
// The files are read as if somebody hostile had written them: what is damaged is set aside, and keeps no server from starting.
package incident
