// Package claim is what a login has to do with the shared memory of phones, but for the asking itself: the order in which operations
// on one phone leave (Desk), what a login's end leaves behind on it (Ending), and what is kept for another node of how it ended
// (Told).
//
//	Claim ─> Record before a push leaves ─> Record of how far it came ─> End
//
// A Desk does each operation from a goroutine, so nothing that is asked for waits under a lock, and a login that waits for its phone has
// none. An end that the memory could not take is owed: it is tried again before anything else of its phone leaves, and now and then.
package claim
