// Package claims is the attempts and phones of all nodes over Redis: cluster.Attempts and cluster.Phones. Each operation is one Lua script on the keys
// of one slot, one round trip. Notices, and the word that an attempt has changed, come by one channel for each node; whoever waits looks by itself
// as well, since a message may be lost.
package claims
