// Package responding is `guard.respond` and `guard.incidents` as guard understands them, and what incidents need of the trail: holds,
// and who was let in before the server started.
package responding
