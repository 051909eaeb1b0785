// Package metrics is what Prometheus reads of the server on /metrics.
//
//	events, ended logins ──> See, Concluded, Approved, Added ──> counters, histograms ──┐
//	                                                                                     ├──> Handler
//	rooms ──> Sources, asked at each scrape ──> gauges and counters that others keep ────┘
//
// What is on a login's way costs some hundred nanoseconds, waits for nothing and allocates nothing. Every metric stands in Table, once; the
// docs are made from it. No label holds a user, an address or a phone. Every label is bounded: words come from closed lists, a client is one
// of the settings, and whatever else comes counts as "other".
package metrics
