// Package upgrading has a running server replace its own program: what its logins need goes into a document in memory, and the new program is
// executed in the place of the old one, with its sockets and that document. Nothing of it touches a disk.
//
//	Preflight ─> the server leaves its logins ─> Plan.Replace ─> Inherit, in the new program ─> Left.Done, or Left.Back to the program before
//
// Descriptors are handed on as systemd does (LISTEN_PID, LISTEN_FDS, LISTEN_FDNAMES; sd_listen_fds(3)), so that its sockets are taken by the same code.
// LISTEN_FDNUMBERS, which systemd does not know, says which ones they are where they are not 3 and the following.
package upgrading
