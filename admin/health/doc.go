// Package health says whether the server lives and whether it can do its work: /healthz and /readyz, the watchdog's heartbeat, and the checks
// that metrics and the page show.
package health
