// Package naming gives attempts their names, and digests what must not lie in a table. Digests are keyed by this process, or by what the nodes
// of a cluster share, so that the same login has the same digest at each of them.
package naming
