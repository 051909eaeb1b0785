// Package statetest has a clock for tests; nothing of it is in the binary.
package statetest
