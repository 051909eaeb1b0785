// Package link is one node's connection to the servers of the shared memory: one Redis, Sentinel, or Cluster. It runs scripts on the keys of one
// slot, says in the operator's words why that failed, waits for replicas where it must, and knows the digests and seals of what is kept.
package link
