// Package inforce tells which settings are in force, what has changed since the start, and what a reload would bring; and has one carried out. It is
// the commands /settings and /reload of the running server, and `reload`.
package inforce
