// Package watch looks for attacks and trouble in what happens.
//
//	See, Dropped -> Post       on a login's way, or radius's reader's: bounded, never waits; what does not fit is counted
//	Run          -> detector   one goroutine: marks (package rule), counts (package window), alerts
//
// Each rule has a threshold: so many within a window, for one subject. An alert comes when it is reached, again when its severity
// grows, and otherwise once a minute at most for one rule and subject, with the count that it has by then.
//
// Memory is bounded. For each rule the subjects that were touched last are known, 16,384 people and as many places, each with its last 32
// or so events; who floods the watch with other subjects until an older one is forgotten has to bring more than that within its window,
// of the very kind of that rule, which the limits of the gate and failed_logins see. Packets of strangers have a
// queue and evidence of their own, so that no flood of them hides a login. At most 100 alerts of one rule and severity leave within a minute; one more
// says how many were kept back. Evidence is the newest events that counted for any rule, as many as there is room for: after a flood an
// alert may have less of it, never a lower count for that.
//
// Time is that of Deps.Now, by its monotonic reading where it has one: a clock that is set neither closes a window nor stretches it.
package watch
