// Package main writes what is in a binary as an SPDX 2.3 document: each module that the linker took, by the binary's own build information, with its
// checksum, its package URL and its licence from docs/dependencies.md.
package main
