// Package carry is what a server tells the one that takes its place in another process about its exchanges: the packets that have no answer yet, as
// they came, and the answers that are remembered for their duplicates (RFC 5080 section 2.2.2).
package carry
