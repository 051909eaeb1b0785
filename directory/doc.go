// Package directory knows people: who stands behind a login name, which groups they are in, and where iVALT finds their phone.
//
// Today it knows what `users.file` says, and makes the e-mail of everybody else from `users.email`. It holds no connection, so
// asking it never fails and never waits; the interface it implements, auth.Directory, already allows for sources that can.
package directory
