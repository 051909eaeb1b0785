// Package soak leaves the real binary under mixed load with faults for a long time, and says whether it grows.
//
// `make soak` (SOAK=1h) plays logins of all kinds, accounting, guesses, garbage, visitors of the window, reloads and bad days of iVALT and of
// the receivers, and takes a Sample of the process every few seconds. Each figure of the samples has a Rule, and Judge says whether it kept it: the
// slope by Theil and Sen over the second half, so that neither the warm-up nor a peak decides. Behind the load descriptors and goroutines must
// come back to what they were before it. Every answer is judged as well, and the trail at the end.
//
// `go test` without the tag soak tests the rule itself, with series that leak and series that do not.
package soak
