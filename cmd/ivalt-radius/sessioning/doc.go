// Package sessioning is the command `sessions`, which lists who is in, as a running server knows it from accounting and from the logins since it
// has started.
package sessioning
