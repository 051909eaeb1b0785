// Package exit is how the commands end: the exit codes of the contract, the error that carries one, and the rule that whatever
// a command line gets wrong is a usage error, at every command alike.
package exit
