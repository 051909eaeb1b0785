// Package cluster says what the nodes of one cluster know together, so that a login which reaches several of them rings a phone once.
//
//	attempt   one login by one person, whichever node its packets reach: one node leads it, others follow and are told its answer
//	phone     who alone may push to it, what an earlier push may have left there, and how far the push has come that rings
//	feed      what every node tells the others and does not wait for
//	table     what every node keeps a copy of
//
// Memory is all of that for the nodes of one process: for a single node, which is the default, it is the whole memory; package redis is
// the same over several machines. Both pass the suite in package clustertest.
//
// Nothing here is guessed. A node leads an attempt or holds a phone because the memory said so, and an approval counts only when the
// memory has confirmed that the claim was this node's to the end (Phones.End). Where it cannot be asked the error is ErrUnreachable, and the
// login that needs a push ends as unavailable.
//
// A node is alive while it renews its lease. What a dead node led may be taken over, by a node whose exchanges wait for the answer; what
// the dead one does later is refused, since its token is no longer the claim's.
package cluster
