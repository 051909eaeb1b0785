// Package host looks at this machine: its sockets and who has them, the limits and rights of a process, what the kernel is set to. It changes nothing.
//
// Whose socket it is, root alone sees of all processes. The server keeps its memory from its own user too, so of its sockets and files only root is told.
package host
