// Package sharedtest is what every memory of several nodes must do, whichever engine keeps it: the sentences of package shared as named
// cases, and a random walk that looks for two holders of one phone. shared.Memory and package redis both pass it.
package sharedtest
