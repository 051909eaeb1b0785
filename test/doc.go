// Package test holds the repository to its own rules: import directions, sizes, words, documents that execute.
//
// Each rule is a function from source text to findings, and each has a test of itself that feeds it a bad piece of code and
// expects the finding: a rule that sees nothing any more would otherwise pass for ever. The sub-packages test the program from
// outside: blackbox drives the real binary with raw packets, interop drives it with RADIUS clients that nobody here wrote.
package test
