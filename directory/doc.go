// Package directory knows people: who stands behind a login name, which groups they are in, where iVALT finds their phone, and
// whether the password is theirs.
//
// It knows what `users.file` says, and makes the e-mail of everybody else from `users.email`; it holds no connection for that, so asking it
// never fails and never waits. In the order of the files:
//
//	directory.go  the People of a file, by every name that they may write
//	entry.go      one entry of the file
//	factor.go     the first factor that the file's hashes give; password/ derives them, no more at once than there are cores
//	combine.go    the file before another directory, which may fail
//	cache.go      right passwords that are remembered, where the operator asks for it
package directory
