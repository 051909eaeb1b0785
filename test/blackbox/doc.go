// Package blackbox runs the real binary and speaks to it as a NAS does, so that its tests hold the program to its contract and
// not to its code.
//
// A Site is one installation: a rehearsed iVALT in the test's process, a loopback address of its own, settings and a state
// directory in a temporary folder, and the binary as a child process that can be stopped, killed and started again. A NAS
// writes and verifies packets with the standard library alone: the server's own codec does not check itself.
//
// Main builds the binary once a test process, with the race detector where the tests have it. BLACKBOX_BINARY names a
// ready-made one instead.
package blackbox
