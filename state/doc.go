// Package state remembers things for a while: typed values with a lifetime, claims, what must outlive a restart, and the
// budget of API calls.
//
// A Cache holds typed values that end by themselves, under a hard cap; its Add is the atomic claim that makes one of
// many equal packets the first. A Store keeps little things over a restart, in one file that one process owns. Learned
// is a set on top of a Store whose question is answered from memory, since it is asked for every packet. Kept
// is the copy on disk of values that somebody has in memory. A Budget says when the next call to an API with rate limits may leave.
//
// All of that is of one node. What several nodes know together is package cluster's, below; an Allowance is the budget of one node or of all.
//
// All types are safe for concurrent use. Nothing in here knows what it remembers: keys that come from the network are the
// caller's to canonicalise, secrets are the caller's to digest.
package state
