// Package copies knows the logins whose directory and first factor are being asked, so that a copy that comes meanwhile under a new
// identifier is no second login.
package copies
