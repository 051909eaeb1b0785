// Package trail is the command `audit`, which reads the audit trail: names what is wrong with it, shows its end, and writes it out for
// other programs. It works on the files alone; a running server is asked only to record that they were read.
package trail
