// Package detect measures the watch: how many events a second go through its detectors on one core, and what a login pays for being
// seen.
package detect
