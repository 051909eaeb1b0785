// Package identity holds the two names of a person: the login name in canonical form and the phone number, parsed once at the door, and what a directory knows
// of them.
package identity
