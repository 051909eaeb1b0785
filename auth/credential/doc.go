// Package credential is what a person shows first: it tells what may have been typed as a password from what nobody typed, and has both
// halves of a handshake.
package credential
