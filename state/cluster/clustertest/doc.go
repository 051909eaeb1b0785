// Package clustertest is what every memory of several nodes must do, whichever engine keeps it: the sentences of package cluster as named
// cases, and a random walk that looks for two holders of one phone. cluster.Memory and package redis both pass it.
package clustertest
