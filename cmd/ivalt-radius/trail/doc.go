// Package trail is the command `audit`, which reads the audit trail and names what is wrong with it. It works on the file alone:
// a running server need not be asked.
package trail
