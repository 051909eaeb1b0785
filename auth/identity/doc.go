// Package identity holds the two names of a person: the login name in canonical form and the phone number, parsed once at the door.
package identity
