// Package control is the way between a command and the running server: JSON over HTTP on a Unix socket in state.directory, mode
// 0600. The actor is the peer's credentials, which the kernel vouches for.
package control
