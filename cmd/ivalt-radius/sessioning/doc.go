// Package sessioning is the command `sessions`, which lists who is in, as a running server knows it from accounting and from logins, and who was, by
// the trail. It also watches for sessions that go on behind their end.
package sessioning
