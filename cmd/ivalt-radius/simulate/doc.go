// Package simulate is the command that runs an iVALT cloud for rehearsal, with a web page that is the phone. The cloud itself is
// ivalttest; here it gets its flags, a socket that only this machine reaches, and an end.
package simulate
