// Package rehearsal is the way to a rehearsed iVALT inside one process: no socket, a fixed time there and back, and every fault that the
// simulator knows. On a virtual clock whole hours of logins pass in milliseconds.
package rehearsal
