// Package commandtest runs commands for tests as the program does, so that all that a person would see can be looked at, and writes the least settings
// for them. Nothing of it is in the binary.
package commandtest
