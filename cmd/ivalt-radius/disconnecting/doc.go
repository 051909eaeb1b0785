// Package disconnecting is the command `disconnect`, which has a running server end the sessions of a person or an address, and what is
// wrong with the settings where disconnecting is wanted and no NAS takes it.
package disconnecting
