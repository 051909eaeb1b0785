// Package logins is the command `logins`: those that have ended, the newest first, and all that is known of one. It reads the trail, from its
// end and for a bounded time, and what is read is in the trail before it is shown.
package logins
