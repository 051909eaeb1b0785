// Package voice is what the service says of iVALT and of logins at it: security and system events, the calls of the trail, and lines of the
// log, each once in a while where it would repeat itself.
package voice
